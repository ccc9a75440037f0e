import { type ShellCommand, splitShellLine } from '../../parse/shell-words.ts';

/**
 * What a command of interfaces(5) is about, as far as that decides whose stanza it belongs to when addresses move to a bridge:
 *
 *     link       the hardware, wherever its addresses are           ethtool -K eth0 gro off, ip link set eth0 …
 *     setting    the kernel's settings of a link                    sysctl -w net.ipv4.conf.eth0.rp_filter=0
 *     addresses  addresses, routes, rules: the link has to be there  ip route add … dev eth0
 *     filter     packets, by the link's name: it need not be there   iptables -A INPUT -i eth0 …
 *     free       nothing of a link                                  modprobe 8021q, sleep 1
 *     unknown    nobody can say, or several of these at once
 */
export type CommandPlace = 'link' | 'setting' | 'addresses' | 'filter' | 'free' | 'unknown';

const OF_LINKS = /^(ethtool|mii-tool|tc|iw|iwconfig|bridge|ebtables(-legacy|-nft)?)$/;
const OF_ADDRESSES = /^(route|arp|dhclient)$/;
const OF_PACKETS = /^((ip6?|arp)tables(-legacy|-nft)?(-restore)?|nft|ipset|conntrack)$/;
const OF_NOTHING = /^(modprobe|logger|sleep|true|:|exit|test|\[|date|touch|mkdir|rm)$/;

/** Reads all commands of a line, also those that only run when another has failed. More of a shell script than a list of them is unknown. */
export function placeOfCommand(text: string): CommandPlace {
  const commands = splitShellLine(text.replaceAll('||', ';'), {});
  if (commands === null) return 'unknown';
  const places = new Set(commands.map(placeOf).filter((place) => place !== 'free'));
  if (places.size === 0) return 'free';
  if (places.size === 1) return [...places][0] ?? 'unknown';
  const isTogether = [...places].every((place) => ['setting', 'addresses', 'filter'].includes(place));
  return isTogether ? 'addresses' : 'unknown';
}

function placeOf({ words, redirections }: ShellCommand): CommandPlace {
  const [path = '', ...args] = words;
  const program = path.slice(path.lastIndexOf('/') + 1);
  const written = redirections.filter(({ operator }) => operator !== '<').map(({ target }) => target);
  if (program === 'echo' || program === 'printf') return placeOfWriting(written);
  if (written.some((target) => target.startsWith('/proc/') || target.startsWith('/sys/'))) return 'unknown';
  if (program === 'ip') return placeOfIp(args);
  if (program === 'ifconfig') return isAboutLink(args) ? 'link' : 'addresses';
  if (program === 'sysctl') return 'setting';
  if (OF_LINKS.test(program)) return 'link';
  if (OF_ADDRESSES.test(program)) return 'addresses';
  if (OF_PACKETS.test(program)) return 'filter';
  return OF_NOTHING.test(program) ? 'free' : 'unknown';
}

function placeOfWriting(targets: readonly string[]): CommandPlace {
  if (targets.some((target) => target.startsWith('/proc/sys/net/'))) return 'setting';
  return targets.some((target) => target.startsWith('/sys/')) ? 'link' : 'free';
}

function placeOfIp(args: readonly string[]): CommandPlace {
  const words = [...args];
  while (words[0]?.startsWith('-')) {
    const option = words.shift()?.replace(/^-+/, '') ?? '';
    if (/^(b|batch|n|netns)/.test(option)) return 'unknown';
    if (/^f(amily)?$/.test(option)) words.shift();
  }
  const [object = '', verb = ''] = words;
  if (object === '') return 'unknown';
  if ('link'.startsWith(object)) return 'link';
  // Taking everything away from a link makes it ready to be a port.
  if ('address'.startsWith(object)) return verb !== '' && 'flush'.startsWith(verb) ? 'link' : 'addresses';
  return ['route', 'rule', 'neighbour', 'neighbor'].some((name) => name.startsWith(object)) ? 'addresses' : 'unknown';
}

/** `ifconfig eth0 up`, `ifconfig eth0 0.0.0.0 promisc up` */
function isAboutLink([, ...words]: readonly string[]): boolean {
  return (
    words.length > 0 &&
    /^(up|down|-?(promisc|allmulti|multicast|arp)|mtu|txqueuelen|hw|0\.0\.0\.0|0)$/.test(words[0] ?? '')
  );
}
