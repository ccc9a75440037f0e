import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { wordsOfJson } from './ifup-host.ts';

const BRIDGE_SCRIPTS = '/lib/bridge-utils/ifupdown.sh';

/**
 * A host of its own for one run: network, mounts and processes end with it. The system is read-only there, /etc/network is the shape's, and
 * clients that would wait for an answer nobody gives do nothing. Each link is a cable to a port that is up.
 */
const SCRIPT = `set -e
mount --make-rprivate /
mount -t sysfs none /sys
mount --bind "$1" /etc/network
mount -t tmpfs none /run
mount -t tmpfs none /var/tmp
mkdir -p /run/network /run/lock
for client in dhclient wpa_supplicant pppd wvdial avahi-autoipd; do
  for place in /usr/sbin /usr/bin; do [ ! -e $place/$client ] || mount --bind /bin/true $place/$client; done
done
mount -o remount,bind,ro /
echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
ip link set lo up
ip -batch "$1/links"
shift
code=0
"$@" >/run/said 2>&1 </dev/null || code=$?
printf '{"exitCode":%s,"links":' $code; ip -j -d link
printf ',"addresses":'; ip -j address
printf ',"ipv4":'; ip -j -4 route | grep . || echo '[]'
printf ',"ipv6":'; ip -j -6 route | grep . || echo '[]'
printf '}\\n'
cat /run/said
`;

export interface WorldLink {
  name: string;
  mac: string;
  altNames: string[];
}

export interface IfupRun {
  exitCode: number;
  /** What the program said. */
  text: string;
  /** Addresses, routes and ports that run afterwards, sorted. */
  words: string[];
}

/** Runs a program that brings the network up, with these files in /etc/network and these links plugged in. */
export async function runIfup(
  files: readonly { path: string; text: string }[],
  links: readonly WorldLink[],
  program: readonly string[],
  more: (directory: string) => Promise<void> = async () => {},
): Promise<IfupRun> {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-ifup-'));
  try {
    for (const hook of ['if-pre-up.d', 'if-up.d', 'if-down.d', 'if-post-down.d']) await mkdir(join(directory, hook));
    for (const hook of ['if-pre-up.d', 'if-post-down.d'])
      await symlink(BRIDGE_SCRIPTS, join(directory, hook, 'bridge'));
    for (const { path, text } of files) {
      const target = join(directory, path.slice('/etc/network/'.length));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text);
    }
    await writeFile(join(directory, 'links'), links.flatMap(plugLines).join('\n'));
    await more(directory);
    const own = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
    const { stdout } = await exec('unshare', [...own, 'sh', '-c', SCRIPT, 'world', directory, ...program], {
      timeoutMs: 120_000,
    });
    const end = stdout.indexOf('}\n') + 2;
    const found = JSON.parse(stdout.slice(0, end));
    const ports = (found.links as { ifname: string; master?: string }[]).flatMap(({ ifname, master }) =>
      master === undefined ? [] : [portWords(ifname, master)],
    );
    const words = [...wordsOfJson(found.addresses, found.ipv4, found.ipv6), ...ports].sort();
    return { exitCode: found.exitCode, text: stdout.slice(end), words };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function portWords(port: string, master: string): string {
  return `${port} is a port of ${master}`;
}

function plugLines({ name, mac, altNames }: WorldLink, index: number): string[] {
  return [
    `link add ${name} address ${mac} type veth peer name wire${index}`,
    `link set wire${index} addrgenmode none up`,
    ...altNames.map((other) => `link property add dev ${name} altname ${other}`),
  ];
}
