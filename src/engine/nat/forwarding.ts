import { z } from 'zod';
import { makeDirectory, readIfPresent, removeTree, writeFileAtomically } from '../../host/files.ts';
import { listDefaultRouteLinks } from '../../host/ip.ts';
import { readBootId } from '../../host/kernel.ts';
import { readNetworkNamespace } from '../../host/netns.ts';
import { listSysctls, readSysctl, type SysctlPath, writeSysctl } from '../../host/sysctl.ts';

const SavedSchema = z.object({
  bootId: z.string(),
  namespace: z.string(),
  /** net.ipv4.ip_forward as we found it. */
  ipv4Forwarding: z.string(),
  changes: z.array(z.object({ path: z.array(z.string()), before: z.string(), during: z.string() })),
});
type Saved = z.infer<typeof SavedSchema>;
type Change = Saved['changes'][number];

const IPV4_ALL = ['net', 'ipv4', 'conf', 'all', 'forwarding'];
const IPV6_ALL = ['net', 'ipv6', 'conf', 'all', 'forwarding'];

export interface ForwardingFile {
  directory: string;
  path: string;
}

/**
 * Lets the uplinks (the links default routes lead to) forward, as narrowly as the kernel allows, and writes what was
 * there before to a file before it changes anything. Taps forward by their own settings.
 *
 * @param isPerLinkIpv6Allowed false only in tests, to walk the way of kernels without `force_forwarding`.
 */
export async function enableForwarding(
  file: ForwardingFile,
  isOurTap: (name: string) => boolean,
  isPerLinkIpv6Allowed: boolean,
): Promise<void> {
  const uplinks = (await listDefaultRouteLinks()).filter((name) => !isOurTap(name));
  const saved = (await loadSaved(file)) ?? (await emptySaved());
  const wanted = [
    ...uplinks.map((name): [SysctlPath, string] => [['net', 'ipv4', 'conf', name, 'forwarding'], '1']),
    ...(await wantedIpv6(uplinks, isPerLinkIpv6Allowed, isOurTap)),
  ];
  const changes = await changesOf(wanted);
  if (changes.length === 0) return;
  const known = new Set(saved.changes.map((change) => change.path.join('/')));
  saved.changes.push(...changes.filter((change) => !known.has(change.path.join('/'))));
  await makeDirectory(file.directory);
  await writeFileAtomically(file.path, `${JSON.stringify(saved, null, 2)}\n`);
  for (const change of changes) await writeSysctl(change.path, change.during);
}

/**
 * Puts the settings back, last first. A setting that is no longer as we left it belongs to somebody else by now, and
 * when IPv4 forwarding was switched on for the whole host meanwhile (Docker does) the uplinks keep it.
 */
export async function restoreForwarding(file: ForwardingFile): Promise<void> {
  const saved = await loadSaved(file);
  if (saved !== null) {
    const isGlobalNow = saved.ipv4Forwarding === '0' && (await readSysctl(IPV4_ALL)) === '1';
    for (const { path, before, during } of saved.changes.toReversed()) {
      if (path[1] === 'ipv4' && isGlobalNow) continue;
      const isOurs = (await readSysctl(path)) === during || before === during;
      if (isOurs) await writeSysctl(path, before);
    }
  }
  await removeTree(file.path);
}

/**
 * Kernels since 6.17 have `force_forwarding` for each interface. Before, IPv6 forwards for all or for none, and a host
 * that forwards stops listening to router advertisements unless `accept_ra` is 2: that is set first, or the host would
 * lose its default route (Documentation/networking/ip-sysctl.rst).
 */
async function wantedIpv6(
  uplinks: string[],
  isPerLinkAllowed: boolean,
  isOurTap: (name: string) => boolean,
): Promise<[SysctlPath, string][]> {
  if ((await readSysctl(IPV6_ALL)) !== '0') return [];
  const perLink = (name: string) => ['net', 'ipv6', 'conf', name, 'force_forwarding'];
  if (isPerLinkAllowed && (await readSysctl(perLink('all'))) !== null) {
    return uplinks.map((name) => [perLink(name), '1']);
  }
  const wanted: [SysctlPath, string][] = [];
  for (const name of await listSysctls(['net', 'ipv6', 'conf'])) {
    if (name === 'all' || isOurTap(name)) continue;
    const setting = (key: string) => ['net', 'ipv6', 'conf', name, key];
    const [acceptRa, forwarding] = await Promise.all([
      readSysctl(setting('accept_ra')),
      readSysctl(setting('forwarding')),
    ]);
    if (forwarding === '0' && acceptRa === '1' && name !== 'default') wanted.push([setting('accept_ra'), '2']);
    // Switching `all` off again would switch off those that forwarded before us: they are noted as they are.
    if (forwarding === '1') wanted.push([setting('forwarding'), '1']);
  }
  return [...wanted, [IPV6_ALL, '1']];
}

/** What really changes; a setting that stays as it is comes along only when another one may drag it. */
async function changesOf(wanted: [SysctlPath, string][]): Promise<Change[]> {
  const changes: Change[] = [];
  for (const [path, during] of wanted) {
    const before = await readSysctl(path);
    const isDragged = path.at(-1) === 'forwarding' && path[1] === 'ipv6';
    if (before !== null && (before !== during || isDragged)) changes.push({ path: [...path], before, during });
  }
  return changes;
}

/** Null when there is none, or when it speaks of another boot or namespace, whose settings are gone. */
async function loadSaved(file: ForwardingFile): Promise<Saved | null> {
  const text = await readIfPresent(file.path);
  if (text === null) return null;
  const saved = SavedSchema.parse(JSON.parse(text));
  const isHere = saved.bootId === (await readBootId()) && saved.namespace === (await readNetworkNamespace('self'));
  return isHere ? saved : null;
}

async function emptySaved(): Promise<Saved> {
  return {
    bootId: await readBootId(),
    namespace: (await readNetworkNamespace('self')) ?? '',
    ipv4Forwarding: (await readSysctl(IPV4_ALL)) ?? '0',
    changes: [],
  };
}
