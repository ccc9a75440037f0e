import { linkLocalFromMac, type MacAddress } from '../base/address.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import { covers, isLinkLocal } from './address-reach.ts';
import { settingFix, settingOf } from './explain-edit.ts';
import { isModeDoubtful } from './explain-host-file.ts';
import type { ExplainRule } from './explain-rule.ts';
import { defaultRoutes, isMain, type NetworkScene } from './network-scene.ts';

/** The prefix is routed to fe80::, made of the MAC: an uplink without that address does not get it. */
export const linkLocalNotOfMac: ExplainRule = {
  id: 'link-local-not-of-mac',
  judge(scene) {
    const { facts, uplink, outside, host } = scene;
    const mac = host?.uplink.mac ?? uplink?.permanentMac ?? uplink?.mac ?? null;
    if (outside === null || mac === null || !isRoutedToLinkLocal(scene)) return [];
    const expected = linkLocalFromMac(mac as MacAddress);
    const found = facts.addresses.filter(
      ({ link, address, family }) => link === outside.name && family === 'ipv6' && isLinkLocal(address),
    );
    if (found.some(({ address }) => address === expected)) return [];
    const { name } = outside;
    return [
      {
        level: 'alarm',
        what:
          found.length === 0
            ? `${name} has no link-local address; it should have ${expected}`
            : `the link-local address of ${name} is ${found[0]?.address}, not ${expected}, which its MAC ${mac} makes`,
        cause:
          outside.addrGenMode === null || outside.addrGenMode === 'eui64'
            ? `the MAC of ${name} was another when the address was made, or somebody took it away.`
            : `addr_gen_mode of ${name} is ${outside.addrGenMode}: the address is not made of the MAC.`,
        consequence: `the provider routes the IPv6 prefix to ${expected}: nobody has it, so no packet of the prefix arrives.`,
        fix: `ip link set dev ${shellWord(name)} addrgenmode eui64; ip -6 address add ${expected}/64 dev ${shellWord(name)}`,
      },
    ];
  },
};

/** Only where the prefix is routed to it: of host.yaml, or where the gateway is the same fe80::1 for everybody. */
function isRoutedToLinkLocal({ facts, host, outside }: NetworkScene): boolean {
  if (host !== null) return host.ipv6?.mode === 'routed';
  return defaultRoutes(facts, 'ipv6').some(
    ({ via, link, protocol }) => via === 'fe80::1' && link === outside?.name && protocol !== 'ra',
  );
}

/** Commands that are printed; a reader with more guests knows the pattern by then. */
const MOST = 10;

/** The provider asks for each address of an on-link prefix: somebody has to answer for the guests'. */
export const proxyEntryMissing: ExplainRule = {
  id: 'proxy-entry-missing',
  judge(scene) {
    const { facts, host, outside } = scene;
    if (host?.ipv6?.mode !== 'on-link' || outside === null || isModeDoubtful(scene)) return [];
    const { prefix } = host.ipv6;
    const { name } = outside;
    const guests = facts.routes
      .filter(
        (route) => route.family === 'ipv6' && isMain(route) && route.type === 'unicast' && route.protocol !== 'kernel',
      )
      .filter(
        ({ destination, link }) =>
          link !== null && link !== name && link !== 'lo' && /\/128$/.test(destination) && covers(prefix, destination),
      )
      .map(({ destination }) => destination.replace('/128', ''));
    if (guests.length === 0) return [];
    const hasEntry = (address: string) =>
      facts.neighbours.some((one) => one.isProxy && one.link === name && one.address === address);
    const missing = guests.filter((address) => !hasEntry(address));
    const isOff =
      facts.sysctls[`net/ipv6/conf/${name}/proxy_ndp`] !== '1' && facts.sysctls['net/ipv6/conf/all/proxy_ndp'] !== '1';
    if (missing.length === 0 && !isOff) return [];
    const unanswered = isOff ? guests : missing;
    const entries = missing
      .slice(0, MOST)
      .map((address) => `ip -6 neighbour replace proxy ${address} dev ${shellWord(name)}`);
    if (missing.length > MOST) entries.push(`and the same for the other ${missing.length - MOST}`);
    return [
      {
        level: 'alarm',
        what: `nobody answers the provider for ${unanswered.slice(0, 3).join(', ')}${unanswered.length > 3 ? ` and ${unanswered.length - 3} more` : ''}`,
        cause:
          `${prefix} is on-link: the provider asks for each address by neighbour solicitation. ` +
          (isOff
            ? `proxy_ndp of ${name} is 0, so entries are not answered from.`
            : `${name} has no proxy entry for ${missing.length === 1 ? 'it' : 'them'}.`),
        consequence: 'these guests have no IPv6: what they send goes out, and no answer finds its way back.',
        fix: [...entries, ...(isOff ? [settingFix([settingOf('ipv6', name, 'proxy_ndp', 1)])] : [])].join('; '),
      },
    ];
  },
};
