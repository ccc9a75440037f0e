import { readlink } from 'node:fs/promises';
import { sleep } from '../base/clock.ts';
import { LodgeError } from '../base/errors.ts';
import { unitRunWords } from '../base/quoting/unit-word.ts';
import { exec, startDetached } from '../host/exec.ts';
import type { Confinement } from '../model/confinement.ts';
import { GUEST_LIMITS } from '../model/unit-limits.ts';
import { confineCommand } from './confine.ts';
import { type GuestLogs, type LogWriter, withLogWriter } from './log-writer.ts';

const CLEAR_TIMEOUT_MS = 10_000;
const CLEAR_POLL_MS = 20;

export interface SystemdUnit {
  /** Without `.service`. */
  name: string;
  /** What `systemctl status` calls it; without one systemd takes the command line. */
  description: string;
  /** Limit of the whole process: the guest's memory and QEMU's own. */
  memoryMaxMiB?: number;
  /** At the host's shutdown this unit is stopped first, with this one still running. */
  stoppedAfter?: string;
  /** 100 is one core. */
  cpuQuotaPercent?: number;
}

/** Numbers, because a guest's user has no name. Without groups it is an account, and has those that list it. */
export interface ProcessUser {
  uid: number;
  gid: number;
  groups?: readonly number[];
}

export interface Launch {
  binary: string;
  argv: string[];
  user: ProcessUser | null;
  /** What it reaches at all; null: whatever its user may. */
  confinement: Confinement | null;
  logs: GuestLogs;
  /** Whose the writer of its logs is; null leaves it the daemon's own user. */
  logWriter: LogWriter | null;
}

/** A started process. `ended` resolves with how it ended, in words; null where systemd is the parent and we cannot know. */
export interface Launched {
  pid: number;
  ended: Promise<string> | null;
}

/** QEMU needs none of ours, in which there may be secrets. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** As a process of its own, for systems without systemd. It outlives us. */
export async function launchDetached(launch: Launch): Promise<Launched> {
  const [program = '', ...args] = loggedCommand(launch);
  const options = { logFile: launch.logs.qemuLog.file, environment: ENVIRONMENT };
  const { pid, exited } = await startDetached(program, args, options);
  const ended = exited.then(({ exitCode, signal }) =>
    signal === null ? `exited with ${exitCode}` : `was ended by ${signal}`,
  );
  return { pid, ended };
}

/** A shell that starts the writer of the logs becomes the command. */
function loggedCommand(launch: Launch): string[] {
  return withLogWriter(launchCommand(launch), launch.logs, launch.logWriter);
}

/** setpriv and what confines it become QEMU (they exec): the pid stays. */
export function launchCommand(launch: Omit<Launch, 'logs' | 'logWriter'>): string[] {
  const { binary, argv, user, confinement } = launch;
  const command = confinement === null ? [binary, ...argv] : confineCommand(confinement, [binary, ...argv]);
  if (user === null) return command;
  // The group kvm, where udev gives /dev/kvm to it, and the one of images.
  const groups = user.groups === undefined ? ['--init-groups'] : ['--groups', user.groups.join(',')];
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups, '--no-new-privs'];
  return ['setpriv', ...identity, '--', ...command];
}

/**
 * As a transient unit. systemd-run comes back when QEMU's exec has succeeded (Type=exec), not when QEMU is ready.
 *
 * @throws COMMAND_FAILED with systemd's words.
 */
export async function launchAsUnit(launch: Launch, unit: SystemdUnit): Promise<Launched> {
  const service = `${unit.name}.service`;
  await clearUnit(service);
  await exec('systemd-run', systemdRunArguments(launch, unit, await foreignNetworkNamespace()));
  const { stdout } = await exec('systemctl', ['show', '--property=MainPID', '--value', service]);
  return { pid: Number(stdout.trim()), ended: null };
}

/**
 * A unit of that name may still be there: of a QEMU that was killed this moment, or one that failed and was not collected.
 * Whoever starts QEMU has seen that none runs.
 *
 * @throws TIMED_OUT when systemd does not let go of it.
 */
async function clearUnit(service: string): Promise<void> {
  const isLoaded = async () => {
    const { stdout } = await exec('systemctl', ['show', '--property=LoadState', '--value', service]);
    return stdout.trim() !== 'not-found';
  };
  if (!(await isLoaded())) return;
  await exec('systemctl', ['stop', service], { okExitCodes: [0, 5] });
  await exec('systemctl', ['reset-failed', service], { okExitCodes: [0, 1, 5] });
  const deadline = performance.now() + CLEAR_TIMEOUT_MS;
  while (await isLoaded()) {
    if (performance.now() > deadline) throw new LodgeError('TIMED_OUT', `systemd does not let go of ${service}`);
    await sleep(CLEAR_POLL_MS);
  }
}

export function systemdRunArguments(launch: Launch, unit: SystemdUnit, networkNamespace: string | null): string[] {
  // What goes wrong before QEMU's log has its writer.
  const logFile = launch.logs.qemuLog.file;
  const properties = [
    'Type=exec',
    ...GUEST_LIMITS,
    // Two lines into one file: systemd opens it as root, as startDetached does.
    `StandardOutput=append:${logFile}`,
    `StandardError=append:${logFile}`,
    // A guest needs longer to end than systemd's 90 s when the host shuts down and its disk is slow.
    'TimeoutStopSec=180',
    // The kernel may end the writer of the logs for memory: the guest goes on.
    'OOMPolicy=continue',
    ...(unit.memoryMaxMiB === undefined ? [] : [`MemoryMax=${unit.memoryMaxMiB}M`]),
    ...(unit.cpuQuotaPercent === undefined ? [] : [`CPUQuota=${unit.cpuQuotaPercent}%`]),
    // Stopping goes the other way round (systemd.unit(5)).
    ...(unit.stoppedAfter === undefined ? [] : [`Before=${unit.stoppedAfter}`]),
    ...(networkNamespace === null ? [] : [`NetworkNamespacePath=${networkNamespace}`]),
  ];
  const flags = [
    `--unit=${unit.name}`,
    `--description=${unit.description}`,
    '--collect',
    '--quiet',
    '--slice=lodge.slice',
  ];
  // setpriv and not User=: systemd takes no number that has no name in /etc/passwd.
  return [...flags, ...properties.map((one) => `--property=${one}`), '--', ...unitRunWords(loggedCommand(launch))];
}

/** systemd starts units in its own network namespace: a daemon in another one must say so. Null when they are the same. */
async function foreignNetworkNamespace(): Promise<string | null> {
  const [ours, theirs] = await Promise.all([readlink('/proc/self/ns/net'), readlink('/proc/1/ns/net')]);
  return ours === theirs ? null : `/proc/${process.pid}/ns/net`;
}
