import { randomBytes } from 'node:crypto';
import { shellWord } from '../base/quoting/shell-word.ts';
import { type ExecOptions, type ExecResult, exec, type HeldProcess } from '../host/exec.ts';
import { renderPiped } from '../render/shell-text.ts';
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

  /** The process that clears away after us. */
  get reaperPid(): number {
    return this.#reaper.pid;
  }

  /** The name `ip netns` knows it by. */
  nameOf(name: string): string {
    return `${this.#prefix}${name}`;
  }

  /** Makes namespaces with loopback up, in which nothing is forwarded and no answer is held back. */
  async add(...names: string[]): Promise<void> {
    const settings = renderPiped(WRITE_SETTINGS, settingLines(QUIET));
    const script = `set -e\nfor name do ip netns add "$name"; ip netns exec "$name" sh -ec ${shellWord(`${settings}\nip link set lo up`)}; done`;
    await exec('sh', ['-c', script, 'sh', ...names.map((name) => this.nameOf(name))]);
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

  /**
   * Sets a namespace up, one part after the other, in one process of ours: the twin consists of many small steps, and starting a
   * program is what costs.
   *
   * @throws COMMAND_FAILED at the first line that is refused; settings that this kernel does not have are left out
   */
  async setUp(name: string, ...parts: SetUpPart[]): Promise<void> {
    const texts = parts.flatMap((part) => {
      if ('ip' in part) return part.ip.length === 0 ? [] : [renderPiped('ip -batch -', part.ip.join('\n'))];
      if ('tryIp' in part)
        return part.tryIp.length === 0 ? [] : [renderPiped('{ ip -force -batch - || true; }', part.tryIp.join('\n'))];
      if ('nft' in part) return [renderPiped('nft -f -', part.nft)];
      return [renderPiped(WRITE_SETTINGS, settingLines(part.settings))];
    });
    if (texts.length > 0) await this.run(name, 'sh', ['-e'], { input: texts.join('\n') });
  }

  async close(): Promise<void> {
    await this.#reaper.release('done');
  }
}

/** `ip`: lines of `ip -batch`; `tryIp`: those that may fail. `settings`: `net/ipv4/ip_forward -> 1`, written in the order given. `nft`: a ruleset. */
export type SetUpPart =
  | { ip: readonly string[] }
  | { tryIp: readonly string[] }
  | { nft: string }
  | { settings: Readonly<Record<string, string>> };

/** A tab between the two: no name of a link has one, and any name may have a `=`. */
const WRITE_SETTINGS =
  'while IFS="\t" read -r path value; do if [ -w "/proc/sys/$path" ]; then printf "%s\\n" "$value" >"/proc/sys/$path" || true; fi; done 2>/dev/null';

function settingLines(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([path, value]) => `${path}\t${value}`)
    .join('\n');
}

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
