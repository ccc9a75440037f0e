import { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../base/address.ts';
import type { Problem } from '../base/errors.ts';
import { boundedRecord, sizeRule } from '../model/bounded-schema.ts';
import type { NetworkFacts } from '../model/network-facts.ts';

/** The facts, or everything that keeps a value from being facts. */
export type FactsReading = { ok: true; facts: NetworkFacts } | { ok: false; problems: Problem[] };

/**
 * Checks what somebody hands in as facts (`lodge net facts` of any host). Keys that are not known are let through: a newer Lodge may have
 * written them. Addresses are checked as such, because everything that reasons about facts calculates with them.
 */
export function readFactsJson(value: unknown): FactsReading {
  // Before anything is read: each wrong item would be twenty mistakes.
  const tooLong = findTooLong(value);
  if (tooLong.length > 0) return { ok: false, problems: tooLong };
  const result = factsSchema.safeParse(value);
  if (result.success) return { ok: true, facts: result.data };
  return { ok: false, problems: result.error.issues.map((issue) => toProblem(issue, value)) };
}

/** A router with the whole internet's routes is no host that takes guests in; with a thousand guests there are some thousands. */
const ITEMS_MAX = 50_000;
const FILES_MAX = 1000;
/** As much as Lodge itself reads of a file (host/network-files.ts), and of all together. */
const FILE_MAX_CHARACTERS = 1024 * 1024;
const TEXT_MAX_CHARACTERS = 4096;
const FILES_MAX_CHARACTERS = 8 * 1024 * 1024;

/** What is longer than facts of a host ever are. */
function findTooLong(value: unknown): Problem[] {
  if (typeof value !== 'object' || value === null) return [];
  const problems: Problem[] = [];
  for (const [key, list] of Object.entries(value)) {
    if (typeof list !== 'object' || list === null) continue;
    const count = Array.isArray(list) ? list.length : Object.keys(list).length;
    const most = key === 'files' ? FILES_MAX : ITEMS_MAX;
    if (count > most) problems.push({ path: key, rule: `must have at most ${most} items`, value: count });
  }
  const { files } = value as { files?: unknown };
  if (!Array.isArray(files) || problems.length > 0) return problems;
  let together = 0;
  for (const [index, file] of files.entries()) {
    const { text } = (file ?? {}) as { text?: unknown };
    if (typeof text !== 'string') continue;
    together += text.length;
    if (text.length <= FILE_MAX_CHARACTERS) continue;
    const rule = `must have at most ${FILE_MAX_CHARACTERS} characters`;
    problems.push({ path: `files[${index}].text`, rule, value: text.length });
  }
  if (together > FILES_MAX_CHARACTERS) {
    const rule = `must have at most ${FILES_MAX_CHARACTERS} characters in all`;
    problems.push({ path: 'files', rule, value: together });
  }
  return problems;
}

const family = z.enum(['ipv4', 'ipv6']);
const address = z
  .string()
  .max(TEXT_MAX_CHARACTERS)
  .refine((text) => parseIpv4(text).ok || parseIpv6(text).ok, 'must be an IP address');
const destination = z
  .string()
  .max(TEXT_MAX_CHARACTERS)
  .refine((text) => {
    const [head = '', length, ...more] = text.split('/');
    const bits = parseIpv4(head).ok ? 32 : 128;
    return text === 'default' || (address.safeParse(head).success && isLength(length, bits) && more.length === 0);
  }, 'must be `default` or a prefix such as 203.0.113.0/29');
const name = z.string().min(1, 'must not be empty').max(TEXT_MAX_CHARACTERS);
/** Nothing that the kernel or a program names is a tenth as long. */
const text = z.string().max(TEXT_MAX_CHARACTERS);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).max(ITEMS_MAX);
const count = z.number().min(0);
const service = z.enum(['active', 'inactive', 'absent']);

const link = z.object({
  index: count,
  name,
  kind: text.nullable(),
  mac: text.nullable(),
  permanentMac: text.nullable(),
  mtu: count,
  flags: list(text),
  operState: text,
  master: text.nullable(),
  parent: text.nullable(),
  vlanId: count.nullable(),
  alias: text.nullable(),
  altNames: list(text),
  addrGenMode: text.nullable(),
  bridge: z.object({ stp: z.boolean(), forwardDelayMs: count, vlanFiltering: z.boolean() }).nullable(),
  bridgePort: z.object({ state: text, isolated: z.boolean(), learning: z.boolean() }).nullable(),
});

const addressFact = z
  .object({
    link: name,
    family,
    address,
    prefixLength: z.int().min(0).max(128),
    peer: address.nullable(),
    broadcast: address.nullable().exactOptional(),
    label: text.nullable().exactOptional(),
    scope: text,
    isDynamic: z.boolean(),
    noPrefixRoute: z.boolean(),
    isTentative: z.boolean(),
    preferredSec: count.nullable(),
  })
  .refine((one) => one.family !== 'ipv4' || one.prefixLength <= 32, {
    path: ['prefixLength'],
    message: 'must be at most 32 of IPv4',
  })
  .refine((one) => (one.family === 'ipv6') === one.address.includes(':'), {
    path: ['address'],
    message: 'must be of its family',
  });

const route = z.object({
  family,
  destination,
  type: text,
  via: address.nullable(),
  link: text.nullable(),
  source: address.nullable(),
  metric: count.nullable(),
  protocol: text,
  scope: text.nullable(),
  table: text,
  isOnLink: z.boolean(),
  flags: list(text),
});

const neighbour = z.object({
  link: name,
  family,
  address,
  mac: text.nullable(),
  state: text,
  isProxy: z.boolean(),
  isRouter: z.boolean(),
});

const guard = z.object({
  uplink: name,
  allowedMacs: list(text),
  droppedFrames: count,
  foreignMacs: list(text),
});

const chain = z.object({ family: text, table: text, name: text, hook: text, policy: z.enum(['accept', 'drop']) });

const services = z.object({
  systemd: z.boolean(),
  networking: service,
  hasIfupdown2: z.boolean(),
  networkd: service,
  networkManager: service,
  hasNetplan: z.boolean(),
  cloudInit: service,
});

/** What `lodge net facts` prints. */
export const factsSchema = z.object({
  version: z.literal(1, 'must be 1: facts of another version are not understood'),
  takenAtMs: z.number(),
  hostname: text,
  kernelRelease: text,
  links: list(link),
  addresses: list(addressFact),
  routes: list(route),
  rules: list(z.object({ family, priority: z.number(), text })),
  neighbours: list(neighbour),
  forwardingDatabase: list(
    z.object({ bridge: text, port: text, mac: text, isLocal: z.boolean(), isStatic: z.boolean().optional() }),
  ),
  sysctls: boundedRecord(z.string().max(TEXT_MAX_CHARACTERS), text, ITEMS_MAX),
  firewall: z.object({ chains: list(chain), hasDocker: z.boolean(), guard: guard.nullable() }),
  services,
  files: z.array(z.object({ path: name, text: z.string().max(FILE_MAX_CHARACTERS), mode: z.number() })).max(FILES_MAX),
  abilities: z.object({ netdevEgress: z.boolean(), bridgeUtils: z.boolean() }),
});

function isLength(length: string | undefined, bits: number): boolean {
  return length !== undefined && /^\d{1,3}$/.test(length) && Number(length) <= bits;
}

/** `{path: 'links[2].mtu', rule: 'must be a number', value: 'big'}` */
function toProblem(issue: z.core.$ZodIssue, input: unknown): Problem {
  const path = issue.path.reduce<string>((whole, key) => {
    if (typeof key === 'number') return `${whole}[${key}]`;
    return whole === '' ? String(key) : `${whole}.${String(key)}`;
  }, '');
  let value: unknown = input;
  for (const key of issue.path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return { path: path === '' ? '(the whole)' : path, rule: ruleOf(issue), value: shortValue(value) };
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith('must ')) return issue.message;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type') return `must be of the type ${issue.expected}`;
  if (issue.code === 'too_small' || issue.code === 'too_big') return sizeRule(issue);
  return issue.message;
}

/** A whole list in the place of a number says nothing more than that it is a list. */
function shortValue(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? 'a list' : 'an object';
}
