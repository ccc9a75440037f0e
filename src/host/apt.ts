import { readdir } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { LodgeError } from '../base/errors.ts';
import { stallError } from './apt-indexes.ts';
import { exec } from './exec.ts';
import { watchStall } from './stall-watch.ts';

const NONINTERACTIVE = { DEBIAN_FRONTEND: 'noninteractive' };
/** Another apt or unattended-upgrades at first boot may hold dpkg's lock for minutes. */
const LOCK_WAIT_S = 300;
/** Hundreds of megabytes through a slow mirror. */
const INSTALL_TIMEOUT_MS = 30 * 60_000;
/** apt's methods can wait for ever; its own limits for one connection are far below this. */
const STALL_MS = 180_000;

/** Versions of the packages that are installed and configured; others are not in the map. One process. */
export async function installedVersions(names: readonly string[]): Promise<Map<string, string>> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's own.
  const format = '${Package}\t${db:Status-Status}\t${Version}\n';
  // 1: some name is unknown to dpkg, which is an answer.
  const { stdout } = await exec('dpkg-query', ['--show', `--showformat=${format}`, ...names], { okExitCodes: [0, 1] });
  const versions = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [name, status, version] = line.split('\t');
    if (name !== undefined && status === 'installed' && version !== undefined) versions.set(name, version);
  }
  return versions;
}

interface AptOptions {
  /** Called with what apt is doing, for people: `unpacking qemu-utils`. */
  onProgress?: (detail: string) => void;
  /** Obeyed while waiting for a lock. A running apt or dpkg is never ended half-way: that would break the host's packages. */
  signal?: AbortSignal;
}

/**
 * Installs packages without their recommendations, asking nothing and keeping the host's changed configuration files.
 * Fetches the package lists only when there are none or they prove stale.
 *
 * @throws COMMAND_FAILED with apt's own words, CANCELLED.
 */
export async function installPackages(
  names: readonly string[],
  options: AptOptions & { targetRelease?: string } = {},
): Promise<void> {
  const release = options.targetRelease === undefined ? [] : ['--target-release', options.targetRelease];
  const install = () => apt(['install', '--yes', '--no-install-recommends', ...release, ...names], options);
  if (!(await hasPackageLists())) await updatePackageLists(options);
  try {
    await install();
  } catch (error) {
    if (!(error instanceof LodgeError) || error.code !== 'COMMAND_FAILED') throw error;
    if (/dpkg --configure -a/.test(error.message)) {
      options.onProgress?.('finishing an installation that was interrupted: dpkg --configure -a');
      await exec('dpkg', ['--configure', '-a'], { env: NONINTERACTIVE, timeoutMs: INSTALL_TIMEOUT_MS });
    } else {
      await updatePackageLists(options);
    }
    await install();
  }
}

/** `apt-get update`; waits for another one, which apt itself does not do for this lock. */
export async function updatePackageLists(options: AptOptions = {}): Promise<void> {
  options.onProgress?.('fetching the package lists (apt-get update)');
  for (let waitedS = 0; ; waitedS += 1) {
    try {
      return await apt(['update'], options);
    } catch (error) {
      const locked = error instanceof LodgeError && /Could not get lock/.test(error.message);
      if (!locked || waitedS >= LOCK_WAIT_S) throw error;
      if (waitedS === 0) options.onProgress?.('waiting for another apt to end');
      await sleep(1000, options.signal);
    }
  }
}

async function hasPackageLists(): Promise<boolean> {
  const lists = await readdir('/var/lib/apt/lists').catch(() => []);
  return lists.some((name) => name.includes('_Packages'));
}

async function apt(args: string[], options: AptOptions): Promise<void> {
  if (options.signal?.aborted) throw new LodgeError('CANCELLED', 'the installation of packages was cancelled');
  const { onProgress = () => {} } = options;
  const settings = ['-q', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_S}`, '-o', 'Dpkg::Use-Pty=0'];
  const keepFiles = ['-o', 'Dpkg::Options::=--force-confdef', '-o', 'Dpkg::Options::=--force-confold'];
  // Lists alone are fetched: to end that breaks nothing.
  const watch = args[0] === 'update' ? watchStall(STALL_MS) : null;
  const said: string[] = [];
  const onLine = (line: string) => {
    watch?.see(line);
    if (watch !== null) said.push(line);
    reportLine(line, onProgress);
  };
  const status = watch === null ? [] : ['-o', 'APT::Status-Fd=1'];
  try {
    await exec('apt-get', [...settings, ...keepFiles, ...status, ...args], {
      env: NONINTERACTIVE,
      timeoutMs: INSTALL_TIMEOUT_MS,
      onLine,
      ...(watch === null ? {} : { signal: watch.signal }),
    });
  } catch (error) {
    throw watch?.signal.aborted ? stallError(said, STALL_MS) : error;
  } finally {
    watch?.close();
  }
}

/**
 *     Get:3 http://deb.debian.org/debian bookworm/main amd64 mtools amd64 4.0.33-1 [192 kB] -> fetching mtools
 *     Unpacking mtools (4.0.33-1) ...                                                        -> unpacking mtools
 */
function reportLine(line: string, onProgress: (detail: string) => void): void {
  const fetched = /^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \[/.exec(line)?.[1];
  if (fetched !== undefined) onProgress(`fetching ${fetched}`);
  const step = /^(Unpacking|Setting up) ([^\s:]+)/.exec(line);
  if (step !== null) onProgress(`${step[1]?.toLowerCase()} ${step[2]}`);
}
