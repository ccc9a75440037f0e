import { type IpReading, readIpCommand } from './ip-command.ts';
import { readRouteCommand } from './route-command.ts';
import { type ShellCommand, splitShellLine } from './shell-words.ts';

/** What one command of an `up` line does; `dynamic` starts a client that gets addresses from outside. */
export type CommandEffect =
  | IpReading
  | { kind: 'dynamic'; link: string; family: 'ipv4' | 'ipv6'; method: 'dhcp' | 'delegated' }
  | { kind: 'bridge'; name: string; port: string | null; stp?: boolean; forwardDelaySec?: number };

/** Programs that neither give addresses nor set routes. */
const HARMLESS =
  /^(sysctl|(ip6?|eb|arp)tables(-restore|-legacy|-nft)?|nft|ipset|ethtool|modprobe|sleep|true|:|exit|logger|tc|iw|iwconfig|wpa_\w+|ifup|ifdown|rm|mkdir|touch|cat|nameif|mii-tool|start-stop-daemon)$/;

const KNOWN = { kind: 'known' } as const;

/** One command of a line, and what stands behind it. */
export interface CommandStep {
  effect: CommandEffect;
  end: ShellCommand['end'];
}

/** Reads the commands of an option of the stanza `iface`. A line that is more than plain commands is one unknown. */
export function readCommandLine(text: string, iface: string): CommandStep[] {
  const commands = splitShellLine(text, { IFACE: iface, LOGICAL: iface });
  if (commands === null) {
    return [{ effect: { kind: 'unknown', why: 'more of a shell script than Lodge follows' }, end: null }];
  }
  return commands.map((command) => ({ effect: readCommand(command), end: command.end }));
}

function readCommand({ words, redirections }: ShellCommand): CommandEffect {
  const [path = '', ...args] = words;
  const program = path.slice(path.lastIndexOf('/') + 1);
  const writes = redirections.filter(({ operator }) => operator !== '<').map(({ target }) => target);
  if (program === 'echo' || program === 'printf') {
    const isSetting = writes.every((target) => /^\/(proc\/sys|sys)\//.test(target));
    return isSetting ? KNOWN : { kind: 'unknown', why: `it writes to ${writes.join(', ')}` };
  }
  if (HARMLESS.test(program)) return KNOWN;
  switch (program) {
    case 'ip':
      return readIpCommand(args);
    case 'route':
      return readRouteCommand(args);
    case 'ifconfig':
      return readIfconfig(args);
    case 'brctl':
      return readBrctl(args);
    case 'dhclient':
      return readDhclient(args);
    default:
      return { kind: 'unknown', why: `${program} is no program that Lodge follows` };
  }
}

/** As far as it only brings a link up or down; addresses go by `ip address` or a stanza of their own. */
function readIfconfig([link = '', ...words]: string[]): CommandEffect {
  const rest = words.filter((word) => !/^-?(up|down|0\.0\.0\.0|promisc|arp|multicast|allmulti)$/.test(word));
  if (rest[0] === 'mtu' && rest.length === 2) {
    return { kind: 'link', name: link, said: { mtu: Number(rest[1]) }, master: null };
  }
  if (rest[0] === 'inet6' && rest[1] === 'add' && rest.length === 3) {
    return readIpCommand(['-6', 'address', 'add', rest[2] ?? '', 'dev', link]);
  }
  if (rest[1] === 'netmask' && (rest.length === 3 || (rest[3] === 'broadcast' && rest.length === 5))) {
    return readIpCommand(['address', 'add', `${rest[0]}/${rest[2]}`, 'dev', link]);
  }
  return rest.length === 0 ? KNOWN : { kind: 'unknown', why: `ifconfig ${rest[0]} is not followed` };
}

function readBrctl([verb, name = '', value = '']: string[]): CommandEffect {
  switch (verb) {
    case 'addbr':
      return { kind: 'bridge', name, port: null };
    case 'addif':
      return { kind: 'bridge', name, port: value };
    case 'stp':
      return { kind: 'bridge', name, port: null, stp: isYes(value) };
    case 'setfd':
      return { kind: 'bridge', name, port: null, forwardDelaySec: Number(value) };
    default:
      return KNOWN;
  }
}

/** `-x` and `-r` end a client. `-P` asks for a prefix. */
function readDhclient(args: string[]): CommandEffect {
  if (args.includes('-x') || args.includes('-r')) return KNOWN;
  const family = args.includes('-6') ? 'ipv6' : 'ipv4';
  return { kind: 'dynamic', link: args.at(-1) ?? '', family, method: args.includes('-P') ? 'delegated' : 'dhcp' };
}

/** What brctl(8) takes for yes. */
export function isYes(text: string): boolean {
  return /^(on|yes|1|true)$/i.test(text);
}
