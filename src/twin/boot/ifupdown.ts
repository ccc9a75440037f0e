import { shellWord } from '../../base/quoting/shell-word.ts';
import type { BootRoom } from './room.ts';
import { ROOM } from './room.ts';

/** Something that did not go well at a boot, with the place that it comes from where that is known. */
export interface BootFailure {
  /** `/etc/network/interfaces:12`; null where no line of a file is behind it. */
  spot: string | null;
  text: string;
}

/**
 * What systemd runs at a boot (networking.service, ifup@.service): `ifup` of what is plugged in, then of everything that is `auto`.
 *
 * @param links of hardware, which udev announces
 */
export function ifupdownCommand(links: readonly string[]): string {
  const hotplug = links.map((link) => `ifup -v --allow=hotplug ${shellWord(link)}`);
  return [
    'case "$(readlink -f /sbin/ifup)" in ""|*ifupdown2*) exit 127;; esac',
    '[ -x /sbin/ifup ] || exit 127',
    'if [ -r /etc/default/networking ]; then set -a; . /etc/default/networking; set +a; fi',
    ...hotplug,
    'ifup -v -a --read-environment && code=0 || code=$?',
    ADVERTISEMENTS,
    'exit $code',
  ].join('\n');
}

/** What routers advertise comes to every link that is up and listens, whatever its file says. What is of IPv6 has a colon. */
const ADVERTISEMENTS = `for file in ${ROOM}/leases/*; do
  link=\${file##*/}
  case $(cat "/proc/sys/net/ipv6/conf/$link/accept_ra") in ''|0) continue;; esac
  ip link show dev "$link" up | grep -q . || continue
  grep : "$file" | ip -force -batch - > /dev/null 2>&1
done 2> /dev/null`;

/**
 * The same of ifupdown2, which says what failed by itself and goes on after it.
 *
 * @param links of hardware
 */
export function ifupdown2Command(links: readonly string[]): string {
  return `[ -e /usr/share/ifupdown2/__main__.py ] || exit 127
# The name that it is called by says what it is to do.
ln -s /usr/share/ifupdown2/__main__.py ${ROOM}/ifup
code=0
for link in ${links.map(shellWord).join(' ')}; do
  grep -rqsE "^[[:space:]]*allow-hotplug.*[[:space:]]$link([[:space:]]|$)" /etc/network/interfaces /etc/network/interfaces.d || continue
  python3 -B ${ROOM}/ifup --allow=hotplug "$link" || code=$?
done
python3 -B ${ROOM}/ifup -a || code=$?
${ADVERTISEMENTS}
exit $code`;
}

/** `error: eth0: cmd '/bin/ip route add …' failed: returned 2 (Error: Nexthop has invalid gateway.)` */
export function readIfupdown2Said(said: string): BootFailure[] {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.filter((line) => line.startsWith('error: ')).map((text) => ({ spot: null, text }));
}

const FAILED = /^ifup: failed to bring up (\S+)$/;
const COMPLAINT =
  /^(ifup: (?!configuring interface|interface \S+ already configured|waiting for lock)|\S*interfaces\S*:\d+: )/;
/** The last lines of a program say what was wrong. */
const WORDS = 3;
/** What `ifup -v` says of its own doings. */
const BEGINNING = /^(ifup: configuring interface|run-parts: executing|run-parts --)/;

/**
 *     ip route add 203.0.113.97/27 dev eth0
 *     Error: Invalid prefix for given prefix length.
 *     ifup: failed to bring up eth0
 */
export function readIfupSaid(said: string, files: BootRoom['files']): BootFailure[] {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.flatMap((line, index): BootFailure[] => {
    const link = FAILED.exec(line)?.[1];
    if (link === undefined) return COMPLAINT.test(line) ? [{ spot: null, text: line }] : [];
    const before = lines.slice(0, index);
    const begin = before.findLastIndex((one) => BEGINNING.test(one));
    const from = before.findLastIndex((one, at) => at > begin && spotOf(one, files) !== null);
    const command = before[from];
    const words = before
      .slice(Math.max(from, begin) + 1)
      .filter(Boolean)
      .slice(-WORDS);
    const what = command === undefined ? '' : `${command}: `;
    return [
      {
        spot: command === undefined ? null : spotOf(command, files),
        text: `${what}${words.join('; ') || 'it failed'}: ifup gives ${link} up here, and what stands behind it does not come`,
      },
    ];
  });
}

/** The line of a file that has this command. */
export function spotOf(command: string, files: BootRoom['files']): string | null {
  if (command === '') return null;
  for (const { path, text } of files) {
    const joined = text.replaceAll('\\\n', '\u0000');
    let line = 1;
    for (const one of joined.split('\n')) {
      const plain = one.replaceAll('\u0000', '').trim();
      if (/^(pre-up|up|post-up|down|pre-down|post-down)\s/.test(plain) && plain.replace(/^\S+\s+/, '') === command)
        return `${path}:${line}`;
      line += 1 + one.split('\u0000').length - 1;
    }
  }
  return null;
}
