import { LodgeError } from '../base/errors.ts';
import { ipBatchWord } from '../base/quoting/ip-batch-word.ts';
import { readLinks } from '../host/network-links.ts';
import { readRoutes } from '../host/network-routes.ts';
import type { HostConfig } from '../model/host-config.ts';
import type { AddressFact, NetworkFacts } from '../model/network-facts.ts';
import { renderGuardLoad } from '../render/mac-guard.ts';
import {
  bridgeTimerLines,
  type CopiedLinks,
  chooseLinks,
  farEndLines,
  hasOwnLinkLocal,
  linkLines,
  noLinkLocalLines,
  upLines,
} from './copy-links.ts';
import { addRouteLine, routeLines } from './copy-routes.ts';
import type { SetUpPart, TwinSpaces } from './spaces.ts';
import { until } from './until.ts';

/**
 * Makes the namespace `host` what the facts say: links, addresses, routes, policy rules, settings. The uplink, with its name and MAC, is
 * there already and leads to the switch.
 *
 * @throws PLAN_REFUSED when the facts have no such uplink, COMMAND_FAILED when something cannot be made again
 */
export async function copyHost(
  spaces: TwinSpaces,
  host: HostConfig,
  facts: NetworkFacts,
  origin: 'observed' | 'derived',
): Promise<CopiedLinks> {
  const uplink = host.uplink.name;
  const copied = chooseLinks(facts, uplink);
  if (!copied.links.some(({ name }) => name === uplink)) {
    throw new LodgeError('PLAN_REFUSED', `host.yaml names ${uplink} as the uplink, and this host has no such link`, {
      hint: 'lodge net import',
    });
  }
  const names = new Set(['lo', ...copied.links.map(({ name }) => name)]);
  await spaces.setUp(
    'host',
    { ip: linkLines(copied, spaces.nameOf('switch')) },
    { settings: settingsOf(facts, names) },
    { ip: [...(origin === 'observed' ? noLinkLocalLines(copied, facts) : []), ...upLines(copied)] },
  );
  await spaces.setUp('switch', { ip: farEndLines(copied) });
  const hasBridges = copied.links.some(({ bridge }) => bridge !== null);
  if (hasBridges) await portsForward(spaces);
  await spaces.setUp('host', { ip: addressLines(facts, copied) });
  await copyRoutes(spaces, facts, names, origin);
  if (hasBridges) await copyTimers(spaces, copied);
  await copyEntries(spaces, facts, copied);
  await spaces.setUp('host', { settings: askForDuplicates(copied, facts) }, ...guardOf(facts));
  return copied;
}

/** A host that has a guard has it in the twin too: a plan may take it off, and the way back has to bring it again. */
function guardOf({ firewall, abilities }: NetworkFacts): SetUpPart[] {
  if (firewall.guard === null) return [];
  const hook = abilities.netdevEgress ? 'netdev-egress' : 'bridge';
  return renderGuardLoad({ ...firewall.guard, hook }).map(({ input = '' }) => ({ nft: input }));
}

/**
 * The host looks for duplicate addresses from here on, as the real one does: what a plan adds is not usable at once unless the plan sees
 * to it. `all` is 0 by itself, and the others 1 (ipv6_devconf of the kernel's addrconf.c).
 */
function askForDuplicates({ links }: CopiedLinks, { sysctls }: NetworkFacts): Record<string, string> {
  const names = ['default', ...links.map(({ name }) => name)];
  const paths = names.map((name) => `net/ipv6/conf/${name}/accept_dad`);
  return Object.fromEntries(paths.map((path) => [path, sysctls[path] ?? '1']));
}

/** What bridges have learned comes again by itself; what somebody set does not. */
async function copyEntries(
  spaces: TwinSpaces,
  { forwardingDatabase }: NetworkFacts,
  { links }: CopiedLinks,
): Promise<void> {
  for (const { bridge, port, mac, isStatic } of forwardingDatabase) {
    const isThere = links.some(({ name, master }) => name === port && master === bridge);
    if (isStatic !== true || !isThere) continue;
    await spaces.run('host', 'bridge', ['fdb', 'replace', mac, 'dev', port, 'master', 'static']);
  }
}

async function copyTimers(spaces: TwinSpaces, copied: CopiedLinks): Promise<void> {
  const { spanning, delays } = bridgeTimerLines(copied);
  await spaces.setUp('host', { ip: spanning });
  if (spanning.length > 0) await portsForward(spaces);
  await spaces.setUp('host', { ip: delays });
}

async function copyRoutes(
  spaces: TwinSpaces,
  facts: NetworkFacts,
  names: ReadonlySet<string>,
  origin: 'observed' | 'derived',
): Promise<void> {
  for (const { family, priority, text } of facts.rules) {
    const option = family === 'ipv4' ? '-4' : '-6';
    await spaces.run('host', 'ip', [option, 'rule', 'add', 'priority', String(priority), ...text.split(' ')]);
  }
  const present = await readRoutes(spaces.nameOf('host'), facts.rules);
  const wanted = facts.routes.filter(({ link }) => link === null || names.has(link));
  if (origin === 'observed') return spaces.setUp('host', { ip: routeLines(present, wanted) });
  // At a boot a line that is refused is one that is missing: the probes say what comes of it.
  await spaces.setUp('host', { tryIp: wanted.map(addRouteLine) });
}

/**
 * Settings of links that are in the twin: `all` before `default` before each link's, because the kernel copies downwards. The
 * looking for duplicate addresses comes last: the copy needs it no more than the host, whose addresses are in use.
 */
function settingsOf(facts: NetworkFacts, names: ReadonlySet<string>): Record<string, string> {
  const rank = (path: string) => {
    const link = path.split('/').at(-2) ?? '';
    if (!/^net\/ipv[46]\/(conf|neigh)\//.test(path)) return 0;
    return link === 'all' ? 1 : link === 'default' ? 2 : names.has(link) ? 3 : null;
  };
  const ranked = Object.entries(facts.sysctls).flatMap(([path, value]) => {
    const place = path.startsWith('net/ipv') && !path.endsWith('/accept_dad') ? rank(path) : null;
    // Through `all` the kernel would write the mode of every link, and refuses what it has no secret for.
    return place === null || path.endsWith('/addr_gen_mode') ? [] : [{ path, value, place }];
  });
  return Object.fromEntries(ranked.sort((a, b) => a.place - b.place).map(({ path, value }) => [path, value]));
}

function addressLines(facts: NetworkFacts, { links }: CopiedLinks): string[] {
  return links.flatMap((link) =>
    facts.addresses
      .filter(({ link: name }) => name === link.name)
      .filter(({ scope, family }) => !(family === 'ipv6' && scope === 'link' && hasOwnLinkLocal(link, facts)))
      .map((address) => `address replace ${addressWords(address)}`),
  );
}

export function addressWords(fact: AddressFact): string {
  const { address, prefixLength, peer, link, family, scope } = fact;
  return [
    ...(peer === null ? [`${address}/${prefixLength}`] : [address, 'peer', `${peer}/${prefixLength}`]),
    ...(fact.broadcast === undefined || fact.broadcast === null ? [] : ['broadcast', fact.broadcast]),
    'dev',
    ipBatchWord(link),
    ...(fact.label === undefined || fact.label === null ? [] : ['label', ipBatchWord(fact.label)]),
    ...(family === 'ipv4' ? ['scope', scope] : ['nodad']),
    ...(fact.noPrefixRoute ? ['noprefixroute'] : []),
    ...lifetimeWords(fact),
  ].join(' ');
}

/** The twin is gone long before an hour is over: an address with a lifetime does not run out in it. */
function lifetimeWords({ isDynamic, preferredSec }: AddressFact): string[] {
  if (!isDynamic && preferredSec === null) return [];
  const valid = isDynamic ? String(Math.max(preferredSec ?? 0, 3600)) : 'forever';
  return ['valid_lft', valid, 'preferred_lft', String(preferredSec ?? 'forever')];
}

/** Ports of bridges, and the links above them, are in use; the kernel has made its addresses and routes. */
async function portsForward(spaces: TwinSpaces): Promise<void> {
  await until('every port of a bridge forwards', 6000, async () => {
    const links = await readLinks(spaces.nameOf('host'));
    return links.every(
      ({ bridgePort, flags }) =>
        bridgePort === null || !flags.includes('LOWER_UP') || bridgePort.state === 'forwarding',
    );
  });
}
