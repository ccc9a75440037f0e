import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { eventually, type Namespaces } from './netns.ts';

/**
 * firewalld as Debian ships it, unpacked and not installed: an installed one would be the firewall of this machine at its next start.
 * It is laid over /usr in mount namespaces that `ip netns exec` makes, and talks over a bus of its own.
 */
export class RealFirewalld {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async unpack(directory: string): Promise<RealFirewalld> {
    const archives = join(directory, 'archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    const options = ['-y', '--no-install-recommends', '--download-only', '-o', `Dir::Cache::archives=${archives}`];
    await exec('apt-get', [...options, 'install', 'firewalld'], { timeoutMs: 300_000 });
    const files = (await readdir(archives)).filter((name) => name.endsWith('.deb'));
    const root = join(directory, 'root');
    for (const file of files) await exec('dpkg', ['-x', join(archives, file), root]);
    // /lib is a link into /usr, which is all that is laid over.
    await exec('sh', ['-ec', `[ ! -d ${root}/lib ] || cp -a ${root}/lib/. ${root}/usr/lib/`]);
    const policy = ['<allow user="*"/>', '<allow own="*"/>', '<allow send_destination="*"/>'].join('');
    const bus = `<busconfig><type>system</type><listen>unix:path=${directory}/bus</listen><auth>EXTERNAL</auth>
<policy context="default">${policy}<allow receive_sender="*"/></policy></busconfig>`;
    await writeFile(join(directory, 'bus.conf'), bus);
    return new RealFirewalld(directory);
  }

  /** For a shell in a mount namespace of its own: its programs are there, and firewall-cmd finds the daemon. */
  get prefix(): string {
    const { overlay } = this;
    return `${overlay}\nexport DBUS_SYSTEM_BUS_ADDRESS=unix:path=${this.#directory}/bus`;
  }

  /** Refuses to lay anything over the /usr of the machine. */
  get overlay(): string {
    return `[ "$(readlink /proc/self/ns/mnt)" != "$(readlink /proc/1/ns/mnt)" ]
mount -t overlay -o lowerdir=${this.#directory}/root/usr:/usr none /usr`;
  }

  /** @returns what ends it, whereupon its table is gone */
  async start(spaces: Namespaces, name: string): Promise<() => Promise<void>> {
    const bus = `dbus-daemon --config-file=${this.#directory}/bus.conf --nofork --nopidfile &`;
    const firewalld = `exec firewalld --nofork --nopid --system-config ${this.#directory}/root/etc/firewalld`;
    const isBusThere = `while [ ! -S ${this.#directory}/bus ]; do sleep 0.1; done`;
    const script = [this.prefix, bus, isBusThere, firewalld].join('\n');
    const child = spaces.start(name, 'sh', ['-ec', script]);
    let said = '';
    child.stderr?.on('data', (data) => (said += data));
    const isRunning = async () => {
      if (child.exitCode !== null) throw new Error(`firewalld ended: ${said}`);
      const asked = ['-ec', `${this.prefix}\nfirewall-cmd --state`];
      return (await spaces.run(name, 'sh', asked, { okExitCodes: [0, 252, 251, 1, 36] })).exitCode === 0;
    };
    await eventually('firewalld runs', isRunning, 120_000);
    return async () => {
      // Not its pipes' end: the bus has them too.
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    };
  }
}
