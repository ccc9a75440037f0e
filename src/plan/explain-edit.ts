import { shellWord } from '../base/quoting/shell-word.ts';
import type { NetworkFacts } from '../model/network-facts.ts';
import type { SourceSpot } from '../model/network-intent.ts';
import type { NetworkScene } from './network-scene.ts';

/** How the owner's dialect says a thing about a bridge or another link, and where: the second half of a fix, which outlives a boot. */
export function editOf({ owner, intent, facts }: NetworkScene, link: string, option: LinkOption): string {
  const words = WORDS[option.kind](option.value);
  const path = intent.links.find(({ name }) => name === link)?.spot.path;
  // Whoever else makes it: nothing is written below what is not there.
  const elsewhere = 'and the same where the link is made at boot';
  if (path === undefined) return elsewhere;
  switch (owner) {
    case 'ifupdown':
      return `in ${path}, below \`iface ${link}\`: ${words.ifupdown}`;
    case 'ifupdown2':
      return `in ${path}, below \`iface ${link}\`: ${words.ifupdown2}`;
    case 'networkd':
      return path.endsWith('.netdev') ? `in ${path}: ${words.networkd}` : elsewhere;
    case 'netplan':
      return `in ${path}, at ${link}: ${words.netplan}`;
    case 'network-manager':
      return `nmcli connection modify ${shellWord(connectionOf(facts, path) ?? link)} ${words.networkManager}`;
    case 'none':
      return elsewhere;
  }
}

/** The id of the keyfile's connection: nmcli knows it by that, and not by its link. */
export function connectionOf({ files }: Pick<NetworkFacts, 'files'>, path: string): string | null {
  const text = files.find((file) => file.path === path)?.text;
  return /^id\s*=\s*(.*\S)\s*$/m.exec(text ?? '')?.[1] ?? null;
}

interface LinkOption {
  kind: keyof typeof WORDS;
  value: string;
}

const WORDS = {
  mac: (mac: string) => ({
    ifupdown: `bridge_hw ${mac}`,
    ifupdown2: `hwaddress ${mac}`,
    networkd: `[NetDev] MACAddress=${mac}`,
    netplan: `macaddress: ${mac}`,
    networkManager: `bridge.mac-address ${mac}`,
  }),
  stp: () => ({
    ifupdown: 'bridge_stp off, bridge_fd 0',
    ifupdown2: 'bridge-stp off, bridge-fd 0',
    networkd: '[Bridge] STP=no ForwardDelaySec=0',
    netplan: 'parameters: {stp: false, forward-delay: 0}',
    networkManager: 'bridge.stp no bridge.forward-delay 0',
  }),
  mtu: (mtu: string) => ({
    ifupdown: `mtu ${mtu}`,
    ifupdown2: `mtu ${mtu}`,
    networkd: `[NetDev] MTUBytes=${mtu}`,
    netplan: `mtu: ${mtu}`,
    networkManager: `802-3-ethernet.mtu ${mtu}`,
  }),
} satisfies Record<string, (value: string) => Record<Exclude<Dialect, 'none'>, string>>;

type Dialect = 'ifupdown' | 'ifupdown2' | 'networkd' | 'netplan' | 'networkManager';

/** A setting of the kernel, at once and after every boot. */
export function settingFix(settings: readonly string[]): string {
  const file = '/etc/sysctl.d/60-network.conf';
  const words = settings.map(shellWord).join(' ');
  return `sysctl -w ${words}; printf '%s\\n' ${words} >> ${file}`;
}

/** `net/ipv4/conf/eth0.100/proxy_arp, 0 -> net/ipv4/conf/eth0.100/proxy_arp=0`: with slashes a dot in a name is a dot. */
export function settingOf(family: 'ipv4' | 'ipv6', link: string, name: string, value: number | string): string {
  const path = `net/${family}/conf/${link}/${name}`;
  return `${link.includes('.') ? path : path.replaceAll('/', '.')}=${value}`;
}

/** `/etc/network/interfaces, line 12` */
export function spotWords({ path, line }: SourceSpot): string {
  return `${path}, line ${line}`;
}

/** The line as it stands in its file, without its indent; null when the facts have no such file. */
export function lineAt(facts: NetworkFacts, { path, line }: SourceSpot): string | null {
  const text = facts.files.find((file) => file.path === path)?.text.split('\n')[line - 1];
  return text === undefined ? null : text.trim();
}

/** How to take out what stands there: of networkd's sections the whole, for what is left of one would mean something else. */
export function takeOut(facts: NetworkFacts, spot: SourceSpot): string {
  const isSection = lineAt(facts, spot)?.startsWith('[') === true;
  return isSection ? `take the whole section out of ${spotWords(spot)}` : `take it out of ${spotWords(spot)}`;
}

/** The first line of the network's files that matches, comments left out. */
export function findLine(facts: NetworkFacts, pattern: RegExp): SourceSpot | null {
  for (const { path, text } of facts.files) {
    const index = text.split('\n').findIndex((line) => !/^\s*[#;]/.test(line) && pattern.test(line));
    if (index >= 0) return { path, line: index + 1 };
  }
  return null;
}

/** `ip` with the option of its family where the family is not IPv4. */
export function ipProgram(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv6' ? 'ip -6' : 'ip';
}

export function familyName(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv6' ? 'IPv6' : 'IPv4';
}
