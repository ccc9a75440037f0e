import { z } from 'zod';
import {
  type Ipv4Address,
  type Ipv4Prefix,
  type Ipv6Address,
  type Ipv6Prefix,
  type MacAddress,
  parseIpv4,
  parseIpv4Prefix,
  parseIpv6,
  parseIpv6Prefix,
  parseMac,
} from '../base/address.ts';
import type { Parsed } from '../base/parsed.ts';
import type { HostConfig, ProviderId } from './host-config.ts';
import { PLAIN_LINK_NAME, PLAIN_LINK_RULE } from './link-name.ts';
import { PROVIDER_IDS } from './providers/providers.ts';

/** Twice the longest address with its prefix. */
const TEXT_MAX_CHARACTERS = 100;
/** As many as OVH gives one host, which is the most of all; a subnet is one of them. */
export const EXTRA_IPV4_MAX = 256;

/** A text that one of our parsers understands. The pattern is for editors: it is looser than the parser. */
function text<Value extends string>(
  parse: (text: string) => Parsed<Value>,
  description: string,
  pattern: string,
  examples: string[],
) {
  return z
    .string()
    .max(TEXT_MAX_CHARACTERS)
    .transform((value, context): Value => {
      const result = parse(value);
      if (result.ok) return result.value;
      context.issues.push({ code: 'custom', message: `must be ${result.reason}`, input: value });
      return z.NEVER;
    })
    .meta({ description, pattern, examples });
}

const V4 = '\\d{1,3}(\\.\\d{1,3}){3}';
const V6 = '[0-9a-fA-F:.]*:[0-9a-fA-F:.]*';
const ipv4 = (description: string) => text<Ipv4Address>(parseIpv4, description, `^${V4}$`, ['198.51.100.20']);
const ipv6 = (description: string) => text<Ipv6Address>(parseIpv6, description, `^${V6}$`, ['2001:db8:1:2::2']);
const ipv4Prefix = (description: string) =>
  text<Ipv4Prefix>(parseIpv4Prefix, description, `^${V4}/\\d{1,2}$`, ['203.0.113.0/29']);
const ipv6Prefix = (description: string) =>
  text<Ipv6Prefix>(parseIpv6Prefix, description, `^${V6}/\\d{1,3}$`, ['2001:db8:1:2::/64']);
const mac = (description: string) =>
  text<MacAddress>(parseMac, description, '^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$', ['00:50:56:00:12:34']);

const linkName = z
  .string()
  .regex(PLAIN_LINK_NAME, PLAIN_LINK_RULE)
  .meta({ description: 'The NIC to the provider, as `ip link` names it.', maxLength: 15 });

const extraIpv4 = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('single').meta({ description: 'One more address.' }),
      address: ipv4('The address.'),
      gateway: ipv4("The gateway the provider names for it, when it is bridged with the provider's virtual MAC.")
        .nullable()
        .default(null),
      mac: mac("The provider's virtual MAC for it; none: the address is routed to the host.").nullable().default(null),
    }),
    z.strictObject({
      kind: z.literal('subnet').meta({ description: 'A subnet that is routed to the main address.' }),
      prefix: ipv4Prefix('The subnet.'),
    }),
    z.strictObject({
      kind: z
        .literal('failover')
        .meta({ description: 'An address or subnet that the provider can move to another host.' }),
      prefix: ipv4Prefix('The subnet; one address is a /32.'),
    }),
  ])
  .meta({ description: 'Addresses beyond the main one.' });

/** `/etc/lodge/host.yaml`, and what an editor is told of it. Rules between keys are in `parse/host-rules.ts`. */
export const hostSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: 'Of the form of this file.' }),
    provider: z
      .enum(PROVIDER_IDS as [ProviderId, ...ProviderId[]])
      .meta({ description: 'Who rents the host out; `generic`: nothing is known of it.' }),
    uplink: z
      .strictObject({ name: linkName, mac: mac('Its MAC address, as the provider knows it.') })
      .meta({ description: 'The link to the provider.' }),
    ipv4: z
      .strictObject({
        address: ipv4("The host's main address."),
        prefixLength: z.int().min(1).max(32).meta({ description: 'As the provider delivered it.' }),
        gateway: ipv4('Where everything else goes first.'),
      })
      .nullable()
      .default(null)
      .meta({ description: 'The main IPv4 address; null: the host has none.' }),
    ipv6: z
      .strictObject({
        prefix: ipv6Prefix('What the provider gives the host.'),
        address: ipv6("The host's own address in it.").nullable().default(null),
        gateway: ipv6('Where everything else goes first.'),
        mode: z.enum(['routed', 'on-link', 'delegated']).meta({
          description:
            "How the prefix comes: routed to the link-local address of the uplink's MAC, on-link (the router asks for each address), or delegated by DHCPv6.",
        }),
      })
      .nullable()
      .default(null)
      .meta({ description: 'The IPv6 prefix; null: the host has none.' }),
    extraIpv4: z
      .array(extraIpv4)
      .max(EXTRA_IPV4_MAX)
      .default([])
      .meta({ description: 'IPv4 beyond the main address.' }),
  })
  .meta({ title: 'host.yaml of Lodge', description: 'What the provider gave this host.' });

/** Fails to compile when the schema and the model differ. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
true satisfies Same<z.output<typeof hostSchema>, HostConfig>;
