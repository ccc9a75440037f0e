import { randomBytes } from 'node:crypto';
import { type ExecOptions, type ExecResult, exec, type HeldProcess } from '../host/exec.ts';
import { startReaper, sweepStaleTwins, twinPrefix } from './reaper.ts';

/** The network namespaces of one twin. They are gone with `close`, or soon after this process, however it ends. */
export class TwinSpaces {
  readonly #prefix: string;
  readonly #reaper: HeldProcess;

  private constructor(prefix: string, reaper: HeldProcess) {
    this.#prefix = prefix;
    this.#reaper = reaper;
  }

  /** Clears stale twins away first. `label`: letters and digits, for whoever lists namespaces. */
  static async open(label: string): Promise<TwinSpaces> {
    await sweepStaleTwins();
    const prefix = await twinPrefix(`${label}${randomBytes(3).toString('hex')}`);
    return new TwinSpaces(prefix, await startReaper(prefix));
  }

  /** The name `ip netns` knows it by. */
  nameOf(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** Makes namespaces with loopback up, in which nothing is forwarded and no answer is held back. */
  async add(...names: string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        await exec('ip', ['netns', 'add', this.nameOf(name)]);
        await Promise.all([this.ip(name, ['link set lo up']), this.sysctls(name, QUIET)]);
      }),
    );
  }

  /** Deletes one namespace before the others. */
  async remove(name: string): Promise<void> {
    await exec('ip', ['netns', 'delete', this.nameOf(name)]);
  }

  run(name: string, program: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
    return exec('ip', ['netns', 'exec', this.nameOf(name), program, ...args], options);
  }

  /** What `ip -j` says there: an array, empty where it prints nothing. */
  async ipJson(name: string, args: string[]): Promise<unknown[]> {
    const { stdout } = await exec('ip', ['-n', this.nameOf(name), '-j', ...args], { okExitCodes: [0, 1, 2] });
    return stdout.trim() === '' ? [] : (JSON.parse(stdout) as unknown[]);
  }

  /** Lines for `ip -batch`. It stops at the first that fails, unless `force`; what failed is returned. */
  async ip(name: string, lines: readonly string[], options: { force?: boolean } = {}): Promise<string> {
    if (lines.length === 0) return '';
    const force = options.force === true;
    const { stderr } = await exec('ip', ['-n', this.nameOf(name), ...(force ? ['-force'] : []), '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      okExitCodes: force ? [0, 1, 2] : [0],
    });
    return stderr;
  }

  async nft(name: string, text: string): Promise<void> {
    await this.run(name, 'nft', ['-f', '-'], { input: text });
  }

  /** `net/ipv4/ip_forward -> 1`, written in the order given; what this kernel does not have is left out. */
  async sysctls(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(values).map(([path, value]) => `${path}=${value}`);
    if (lines.length === 0) return;
    await this.run(name, 'sh', ['-c', WRITE_SETTINGS], { input: `${lines.join('\n')}\n` });
  }

  async close(): Promise<void> {
    await this.#reaper.release('done');
  }
}

const WRITE_SETTINGS =
  'while IFS== read -r path value; do [ -w "/proc/sys/$path" ] && echo "$value" > "/proc/sys/$path"; done 2>/dev/null; true';

/**
 * New namespaces have the settings of the first one in IPv4 (net.core.devconf_inherit_init_net): they are all written. Limits to the
 * rate of ICMP errors are off, because the probes are asking for many of them.
 */
const QUIET: Readonly<Record<string, string>> = {
  'net/ipv4/ip_forward': '0',
  'net/ipv4/icmp_ratelimit': '0',
  'net/ipv6/icmp/ratelimit': '0',
  ...Object.fromEntries(
    ['all', 'default'].flatMap((link) => [
      ...['rp_filter', 'proxy_arp', 'arp_ignore', 'arp_announce', 'arp_filter', 'send_redirects'].map(
        (setting): [string, string] => [`net/ipv4/conf/${link}/${setting}`, '0'],
      ),
      [`net/ipv6/conf/${link}/accept_dad`, '0'],
      [`net/ipv6/conf/${link}/forwarding`, '0'],
    ]),
  ),
};
