import { shellWord } from '../../base/quoting/shell-word.ts';
import type { BootFailure } from './ifupdown.ts';
import { ROOM } from './room.ts';

/** How long networkd gets, in tenths of a second: until no link is being configured any more, or nothing has changed for a while. */
const LONGEST = 200;
/** A duplicate address is looked for in a second or two; what is still to come after that is a lease. */
const QUIET = 30;

/**
 * Conditions that no link of a namespace meets: the MAC that is burnt in, a driver, a place on the bus. The first is known; the others are
 * supposed to be met by what stands for hardware, whose driver is veth.
 */
function matchLines(hardware: readonly { name: string; permanentMac: string | null }[]): string {
  const known = hardware.flatMap(({ name, permanentMac }) =>
    permanentMac === null
      ? []
      : [`s/^PermanentMACAddress=${permanentMac}[ \\t]*$/Name=${name.replace(/[&\\/]/g, '\\$&')}/I`],
  );
  const edits = [...known, 's/^Kind=!\\*[ \\t]*$/Driver=veth/', 's/^(Driver|Path|Property)=.*$/Driver=veth/'];
  return `for file in /etc/systemd/network/* /run/systemd/network/*; do
  case $file in *.network|*.netdev) ;; *) continue;; esac
  if grep -qE '^(Driver|Path|Property)=' "$file"; then echo "supposed $(grep -E '^(Driver|Path|Property)=' "$file" | head -n 1) of $file" >> ${ROOM}/notes; fi
  sed -i -E ${edits.map((edit) => `-e ${shellWord(edit)}`).join(' ')} "$file"
done
`;
}

/**
 * systemd-networkd by itself, as it is installed. /sys is read-only: so it knows a container, where nobody waits for udev. It is asked
 * how it is getting on through the files that it keeps for others, and says at the end how each link stands. What is leased comes then:
 * nobody answers here who asks for it.
 */
export function networkdCommand(hardware: readonly { name: string; permanentMac: string | null }[]): string {
  return `for program in /usr/lib/systemd/systemd-networkd /lib/systemd/systemd-networkd ''; do [ ! -x "$program" ] || break; done
[ -n "$program" ] || exit 127
mkdir -p /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp /run/systemd/network
chown -R systemd-network:systemd-network /run/systemd/netif
${matchLines(hardware)}$program &
networkd=$!
standing() { for path in /sys/class/net/*; do read -r index < "$path/ifindex" && sed -n "s/^ADMIN_STATE=/\${path##*/} /p" "/run/systemd/netif/links/$index"; done 2>/dev/null; }
tenths=0; quiet=0; before=
while [ $tenths -lt ${LONGEST} ] && [ $quiet -lt ${QUIET} ] && kill -0 $networkd; do
  sleep 0.1
  tenths=$((tenths + 1)); quiet=$((quiet + 1))
  [ $((tenths % 5)) = 0 ] || continue
  now="$(standing; ip -o address; ip route; ip -6 route)"
  [ "$(echo "$now" | sed 's/[a-z_]*_lft.*//')" = "$before" ] || quiet=0
  before="$(echo "$now" | sed 's/[a-z_]*_lft.*//')"
  case "$(standing)" in ''|*' pending'*|*' initialized'*|*' configuring'*) ;; *) break;; esac
done 2>/dev/null
kill -0 $networkd 2>/dev/null || { echo 'it has ended by itself'; exit 1; }
standing | sed 's/^/standing: /'
kill -9 $networkd
standing | while read -r link state; do
  case $state in configured|configuring) ;; *) continue;; esac
  [ -s "${ROOM}/leases/$link" ] || continue
  ip -force -batch - < "${ROOM}/leases/$link" > /dev/null 2>&1
  echo "lease $link" >> ${ROOM}/notes
done
exit 0`;
}

/** netplan's own generator writes networkd's files, as at a boot. */
export function netplanCommand(hardware: Parameters<typeof networkdCommand>[0]): string {
  return `command -v netplan > /dev/null || exit 127
netplan generate || exit 1
${networkdCommand(hardware)}`;
}

/**
 *     eno1: Could not set route with gateway "203.0.113.1": Nexthop has invalid gateway. Network is unreachable
 *     standing: eno1 failed
 */
export function readNetworkdSaid(said: string): BootFailure[] {
  const lines = said.split('\n').map((line) => line.trim());
  const failed = lines.flatMap((line) => /^standing: (\S+) failed$/.exec(line)?.[1] ?? []);
  return failed.map((link) => {
    const words = lines.filter((line) => line.startsWith(`${link}: `) && /could not|failed|invalid/i.test(line));
    return { spot: null, text: `${words.join('; ') || `${link}: it failed`}: systemd-networkd gives ${link} up here` };
  });
}
