import { readdirSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readStartSync } from '../base/bounded-file.ts';
import { isLodgeError } from '../base/errors.ts';
import { observeWayTo } from './directory-access.ts';
import { exec } from './exec.ts';
import { readIfPresent } from './files.ts';
import { readNetworkNamespace } from './netns.ts';
import { waitForExit } from './process-end.ts';
import { belongsTo, executableOf, processWords, WORDS_MAX_BYTES } from './process-identity.ts';
import { RESOLV_CONF } from './resolvers.ts';
import { lookupUser } from './users.ts';

const STOP_LIMIT_MS = 3000;

/** Starts dnsmasq with that configuration only; it returns when the daemon answers, and outlives us. */
export async function startDnsmasq(configFile: string, pidFile: string): Promise<void> {
  await exec('dnsmasq', [`--conf-file=${configFile}`, `--pid-file=${pidFile}`], { staysBehind: true });
}

/**
 * The process that runs with that configuration, by its pid file and, when there is none, by its command line. A number that a stranger
 * has now is not ours, and neither are words that he has given to a process of his own: it is dnsmasq, and of a user it may be of. Those of
 * its processes that answer a TCP connection have its words, and outlive it when it is killed: they are not taken for it.
 */
export async function findDnsmasq(configFile: string, pidFile: string): Promise<number | null> {
  const written = Number((await readIfPresent(pidFile))?.trim() || 0);
  if (written > 0) return (await runsWith(written, configFile)) ? written : null;
  const [found = null] = await runningWith(configFile);
  return found;
}

async function runningWith(configFile: string): Promise<number[]> {
  const found: number[] = [];
  for (const pid of findByCommandLine(`--conf-file=${configFile}`))
    if (await runsWith(pid, configFile)) found.push(pid);
  return found;
}

/** Read at once and not one after the other in turns with everything else: a tenth of the time, which every first start pays. */
function findByCommandLine(word: string): number[] {
  const wanted = Buffer.from(`\0${word}\0`);
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return readStartSync(`/proc/${name}/cmdline`, WORDS_MAX_BYTES).includes(wanted) ? [Number(name)] : [];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

/** Every dnsmasq that runs with a configuration of that name, in whatever directory. */
export async function listDnsmasqs(configName: string): Promise<number[]> {
  const isIt = (word: string) => word.startsWith('--conf-file=') && word.endsWith(configName);
  const found: number[] = [];
  // One after the other: what words processes have is anybody's to choose, and all of them at once are too many.
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    if ((await processWords(pid)).some(isIt) && (await isDnsmasq(pid))) found.push(pid);
  }
  return found;
}

/** Whether the process is in our network namespace: a root may have been used in another one before. */
export async function isInOurNamespace(pid: number): Promise<boolean> {
  return (await readNetworkNamespace(pid)) === (await readNetworkNamespace('self'));
}

/** Makes dnsmasq read its lists of hosts anew. */
export function reloadDnsmasq(pid: number): void {
  signal(pid, 'SIGHUP');
}

/**
 * Ends what runs with that configuration and waits until it is gone, so that its sockets are free: those of its processes that answer a TCP
 * connection have them as well, for as long as a guest holds that, and end at SIGALRM alone (2.90, src/dnsmasq.c, sig_handler).
 */
export async function stopDnsmasq(configFile: string): Promise<void> {
  const all = await runningWith(configFile);
  for (const name of ['SIGTERM', 'SIGALRM'] as const) for (const pid of all) signal(pid, name);
  await Promise.all(all.map(waitOrKill));
}

/** Its command line goes first and its sockets after it: only the process's end says that the ports are free. */
async function waitOrKill(pid: number): Promise<void> {
  try {
    await waitForExit(pid, STOP_LIMIT_MS);
  } catch (error) {
    if (!isLodgeError(error, 'TIMED_OUT')) throw error;
    signal(pid, 'SIGKILL');
    await waitForExit(pid, STOP_LIMIT_MS);
  }
}

/**
 * The user dnsmasq gives its root rights up for: Debian's own `dnsmasq`, else `nobody`. It rereads its files as that
 * user; below a directory that others may not enter, or with a resolv.conf that they may not read, it has to stay root.
 */
export async function chooseDnsmasqUser(directory: string): Promise<string> {
  const isClosed = (await observeWayTo(directory)).some(({ mode }) => (mode & 0o001) === 0);
  if (isClosed || !(await isReadableByAll(RESOLV_CONF))) return 'root';
  return lookupUser('dnsmasq') === null ? 'nobody' : 'dnsmasq';
}

/** A file that is not there is nobody's secret. */
async function isReadableByAll(path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  if (real === null) return true;
  const isOpen = ((await stat(real)).mode & 0o004) !== 0;
  return isOpen && (await observeWayTo(dirname(real))).every(({ mode }) => (mode & 0o001) !== 0);
}

async function runsWith(pid: number, configFile: string): Promise<boolean> {
  // A zombie has an empty command line and counts as gone.
  return (await processWords(pid)).includes(`--conf-file=${configFile}`) && (await isDnsmasq(pid));
}

/** Root starts it, and `chooseDnsmasqUser` says what it becomes. */
async function isDnsmasq(pid: number): Promise<boolean> {
  const uids = [process.getuid?.() ?? 0, ...['dnsmasq', 'nobody'].flatMap((name) => lookupUser(name)?.uid ?? [])];
  return (await executableOf(pid)) === 'dnsmasq' && (await belongsTo(pid, uids));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
