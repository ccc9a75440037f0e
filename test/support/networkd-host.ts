import { mkdir, rm, writeFile } from 'node:fs/promises';
import { exec } from '../../src/host/exec.ts';

/**
 * Makes the namespace a host of systemd's: networkd and a bus run there, with files of their own, and the program after them is the first
 * process. /sys is read-only for networkd: so it knows a container, where nobody waits for udev.
 */
const SCRIPT = `set -e
if [ "$2" = shared ]; then mount --rbind /run/netns "$1/run/netns"; fi
mount --rbind "$1/run" /run
mount --bind "$1/etc" /etc/systemd/network
mount -t tmpfs tmpfs /usr/lib/systemd/network
chown -R systemd-network:systemd-network /run/systemd/netif
dbus-daemon --config-file="$1/bus.conf" --fork --nopidfile
unshare --mount sh -c 'mount -o remount,bind,ro /sys; exec /lib/systemd/systemd-networkd' 2> "$1/log" < /dev/null > /dev/null &
shift 2
exec "$@"`;

const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
`;

/** What the host of a test has in place of /run and /etc/systemd/network: both can be read and written from outside. */
export class NetworkdHost {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = `${directory}/networkd`;
  }

  /** Lays out an empty host. `etc`: what its owner has written, by the name of the file. */
  async layOut(etc: Record<string, string>): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
    for (const path of ['etc', 'run/dbus', 'run/netns', 'run/systemd/netif/links', 'run/systemd/netif/leases']) {
      await mkdir(`${this.#directory}/${path}`, { recursive: true });
    }
    await writeFile(`${this.#directory}/bus.conf`, BUS);
    for (const [name, text] of Object.entries(etc)) await this.write(name, text);
  }

  /**
   * The words before a program that runs on that host. `shared`: it sees the namespaces of the test, and everybody sees its own; doctor's are
   * named after a process that nobody else can find by its number, and whoever clears away after dead ones would take them.
   */
  around(namespaces: 'shared' | 'own'): string[] {
    const apart = ['--mount', '--propagation=slave', '--pid', '--fork', '--kill-child', '--mount-proc'];
    return ['unshare', ...apart, 'sh', '-c', SCRIPT, 'networkd-host', this.#directory, namespaces];
  }

  get run(): string {
    return `${this.#directory}/run`;
  }

  get log(): string {
    return `${this.#directory}/log`;
  }

  /** A file of the owner's; networkd does not see it before it is told. */
  async write(name: string, text: string): Promise<void> {
    await writeFile(`${this.#directory}/etc/${name}`, text);
  }

  async remove(name: string): Promise<void> {
    await rm(`${this.#directory}/etc/${name}`);
  }

  /** What `networkctl reload` does. */
  async reload(): Promise<void> {
    const manager = ['org.freedesktop.network1', '/org/freedesktop/network1', 'org.freedesktop.network1.Manager'];
    const env = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${this.run}/dbus/system_bus_socket` };
    await exec('busctl', ['--auto-start=no', 'call', ...manager, 'Reload'], { env });
  }
}
