import { removeTree } from '../../host/files.ts';
import { listDefaultRouteLinks } from '../../host/ip.ts';
import { listIpv6DefaultRoutes } from '../../host/ipv6-default-routes.ts';
import { listSysctls, readSysctl, type SysctlPath, writeSysctl } from '../../host/sysctl.ts';
import type { Ipv6State } from '../../model/nat-families.ts';
import { IPV4_FORWARDING, loadForwardingRecord, noteChanges, type SettingChange } from './forwarding-record.ts';
import { wantedFragmentRoom } from './fragment-room.ts';

const IPV6_FORWARDING: SysctlPath = ['net', 'ipv6', 'conf', 'all', 'forwarding'];

export interface ForwardingInput {
  /** Where the settings are noted before they are changed. */
  file: string;
  isOurTap: (name: string) => boolean;
  /** Whether the plan of the host's network wants the setting, `net/ipv6/conf/all/forwarding`, for itself: then it stays. */
  isWantedElsewhere: (path: string) => boolean;
  /** False only in tests: goes the way of kernels without `force_forwarding`. */
  isPerLinkIpv6Allowed: boolean;
}

/** The links that default routes lead to, without our taps. */
export async function listUplinks({ isOurTap }: ForwardingInput): Promise<string[]> {
  return (await listDefaultRouteLinks()).filter((name) => !isOurTap(name));
}

/**
 * Lets the uplinks forward, as narrowly as the kernel allows, and notes what was
 * there before it changes anything. Taps forward by their own settings.
 */
export async function enableForwarding(input: ForwardingInput, uplinks: string[], ipv6: Ipv6State): Promise<void> {
  const wanted = uplinks.map((name): [SysctlPath, string] => [['net', 'ipv4', 'conf', name, 'forwarding'], '1']);
  const room = await wantedFragmentRoom();
  await change(input, [...wanted, ...(ipv6 === 'on' ? await wantedIpv6(input, uplinks) : []), ...room]);
}

/**
 * Makes links whose default route was learned from router advertisements keep it. To be called before any setting `forwarding` of
 * IPv6 is switched on, a tap's too: Linux then deletes the default routes that it learned from advertisements on every
 * interface whose `accept_ra` is not 2 (addrconf_fixup_forwarding and rt6_purge_dflt_routers of the kernel).
 */
export async function keepRouterAdvertisements(input: ForwardingInput): Promise<void> {
  const learned = (await listIpv6DefaultRoutes()).filter((route) => route.isLearned).map((route) => route.dev);
  await change(input, await listeners([...new Set(learned)]));
}

/**
 * Puts the settings back, last first. One that is no longer as we left it belongs to somebody else by now, and when
 * IPv4 forwarding was switched on for the whole host meanwhile (Docker does) the uplinks keep it.
 *
 * @param heir file of another instance in this namespace that still needs the settings: it gets the notes instead.
 */
export async function restoreForwarding(
  { file, isWantedElsewhere }: Pick<ForwardingInput, 'file' | 'isWantedElsewhere'>,
  heir: string | null,
): Promise<void> {
  const record = await loadForwardingRecord(file);
  if (record !== null && heir !== null) await noteChanges(heir, record.changes, record.ipv4Forwarding);
  if (record !== null && heir === null) {
    const isGlobalNow = record.ipv4Forwarding === '0' && (await readSysctl(IPV4_FORWARDING)) === '1';
    const isIpv6Kept = isWantedElsewhere(IPV6_FORWARDING.join('/'));
    for (const { path, before, during } of record.changes.toReversed()) {
      if (isWantedElsewhere(path.join('/')) || (isIpv6Kept && path[1] === 'ipv6' && path.at(-1) === 'forwarding'))
        continue;
      if (path[1] === 'ipv4' && path.at(-1) === 'forwarding' && isGlobalNow) continue;
      const isOurs = (await readSysctl(path)) === during || before === during;
      if (isOurs) await writeSysctl(path, before);
    }
  }
  await removeTree(file);
}

async function listeners(links: string[]): Promise<[SysctlPath, string][]> {
  const found = await Promise.all(
    links.map(async (name): Promise<[SysctlPath, string][]> => {
      const acceptRa = ['net', 'ipv6', 'conf', name, 'accept_ra'];
      const forwarding = await readSysctl(['net', 'ipv6', 'conf', name, 'forwarding']);
      return forwarding === '0' && (await readSysctl(acceptRa)) === '1' ? [[acceptRa, '2']] : [];
    }),
  );
  return found.flat();
}

/**
 * Kernels since 6.17 have `force_forwarding` for each interface. Before, IPv6 forwards for all or for none, and a host
 * that forwards ignores router advertisements unless `accept_ra` is 2 (Documentation/networking/ip-sysctl.rst).
 */
async function wantedIpv6(input: ForwardingInput, uplinks: string[]): Promise<[SysctlPath, string][]> {
  if ((await readSysctl(IPV6_FORWARDING)) !== '0') return [];
  const perLink = (name: string) => ['net', 'ipv6', 'conf', name, 'force_forwarding'];
  if (input.isPerLinkIpv6Allowed && (await readSysctl(perLink('all'))) !== null) {
    return uplinks.map((name) => [perLink(name), '1']);
  }
  const names = (await listSysctls(['net', 'ipv6', 'conf'])).filter(
    (name) => name !== 'all' && name !== 'default' && !input.isOurTap(name),
  );
  // Switching `all` off again switches every interface off: those that forward now are noted as they are.
  const forwarding = ['default', ...names].map((name) => ['net', 'ipv6', 'conf', name, 'forwarding']);
  const isOn = await Promise.all(forwarding.map(async (path) => (await readSysctl(path)) === '1'));
  const dragged = forwarding.filter((_, index) => isOn[index]).map((path): [SysctlPath, string] => [path, '1']);
  return [...(await listeners(names)), ...dragged, [IPV6_FORWARDING, '1']];
}

async function change({ file }: ForwardingInput, wanted: [SysctlPath, string][]): Promise<void> {
  const changes: SettingChange[] = [];
  for (const [path, during] of wanted) {
    const before = await readSysctl(path);
    if (before !== null) changes.push({ path: [...path], before, during });
  }
  if (changes.every(({ before, during }) => before === during)) return;
  const isDragged = ({ path }: SettingChange) => path[1] === 'ipv6' && path.at(-1) === 'forwarding';
  await noteChanges(
    file,
    changes.filter((each) => each.before !== each.during || isDragged(each)),
  );
  for (const { path, during } of changes) await writeSysctl(path, during);
}
