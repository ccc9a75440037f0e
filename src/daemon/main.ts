import { closeSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { encodeRefusal, REFUSAL_FD, TELLS_REFUSAL } from '../api/start-refusal.ts';
import { explainError, LodgeError, problemsError } from '../base/errors.ts';
import { makeTree } from '../base/make-tree.ts';
import { describeProxies, proxySettings } from '../base/proxy.ts';
import { forTerminal, jsonForTerminal } from '../base/terminal-text.ts';
import { runDoctor } from '../engine/doctor/run-doctor.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import { observeNetworkHealth } from '../engine/network/health.ts';
import { createJudge } from '../engine/network/judge.ts';
import { createNetworkService } from '../engine/network/service.ts';
import { parseFault } from '../engine/operations/fault.ts';
import { repairModes } from '../engine/repair-modes.ts';
import { checkRoot } from '../engine/root-check.ts';
import { planSetup } from '../engine/setup/setup.ts';
import { closeInheritedDescriptors } from '../host/inherited-descriptors.ts';
import { isHostStopping, notifyReady } from '../host/systemd.ts';
import { LODGE_GROUP, lookupGroup } from '../host/users.ts';
import { type Layout, layoutOf } from '../model/layout.ts';
import { rootFix } from '../plan/doctor-root.ts';
import { takeInstanceLock } from '../store/instance-lock.ts';
import { openStore } from '../store/store.ts';
import { createApp } from './app.ts';
import { createDoor } from './door.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { listen } from './listen.ts';
import { boundOwnLog } from './own-log.ts';
import { takeServiceManager } from './service-manager.ts';
import type { Services } from './services.ts';
import { takeOver } from './take-over.ts';
import { handleUpgrade } from './upgrade.ts';
import { lodgeVersion } from './version.ts';

// Put in by build.ts.
declare const LODGE_BUNDLE: boolean | undefined;

/** A daemon that is told to stop waits this long for answers under way. */
const CLOSE_MS = 2000;

async function main(): Promise<void> {
  // What programs make for us (qemu-img, dnsmasq, mmdebstrap) follows it; our own files have their modes from model/file-modes.ts.
  process.umask(0o022);
  // The command line gives it as an absolute path.
  const layout = layoutOf(process.env.LODGE_ROOT ? resolve(process.env.LODGE_ROOT) : '');
  const logStream = pino.destination({ fd: 2, sync: true });
  // A full disk takes lines of the log, not the daemon.
  logStream.on('error', () => {});
  // Whoever reads it does so on a terminal, and errors quote guests.
  const bound = boundOwnLog(layout.daemonLog);
  const harmless = {
    write(line: string): void {
      logStream.write(jsonForTerminal(line));
      bound();
    },
  };
  const log: Log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, harmless);
  const { socketFd, notifySocket } = takeServiceManager(process.env, process.pid);
  const tellsRefusal = process.argv.includes(TELLS_REFUSAL);
  closeInheritedDescriptors(socketFd === null ? (tellsRefusal ? [REFUSAL_FD] : []) : [socketFd]);
  await prepareRoot(layout, log);
  const unlock = takeLock(layout.daemonLock) ?? (socketFd === null ? null : await takeOver(layout.daemonLock));
  if (unlock === null) return refuseSecond(layout);
  const store = openStore(layout.database);
  const fault = parseFault(process.env.LODGE_FAULT, () => process.kill(process.pid, 'SIGKILL'));
  const daemonCommand = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  // Only tests set it: nobody else wants a guest given up early.
  const sshLimitMs = Number(process.env.LODGE_SSH_LIMIT_MS) || null;
  const engine = createEngine({ store, layout, log, fault, daemonCommand, sshLimitMs });
  const startedAtMs = Date.now();

  let releaseSocket = () => {};
  const stop = async () => {
    releaseSocket();
    server.close();
    engine.guests.events.publish({ type: 'daemon', state: 'stopping' });
    if (await isHostStopping().catch(() => false)) await engine.endWithHost();
    setTimeout(() => process.exit(0), CLOSE_MS).unref();
    void engine.close().then(() => {
      store.close();
      unlock();
      process.exit(0);
    });
  };
  const services: Services = {
    guests: engine.guests,
    consoles: engine.consoles,
    lanes: engine.lanes,
    network: createNetworkService({ layout, judge: createJudge(judgeEntry()) }),
    networkChanges: engine.networkChanges,
    planSetup: () => planSetup({ layout, daemonCommand }),
    runDoctor: (refresh) => doctor(layout, engine, refresh),
    status: () => ({
      pid: process.pid,
      version: lodgeVersion(),
      root: layout.root,
      startedAtMs,
      guests: countGuests(engine),
      memoryBytes: process.memoryUsage.rss(),
      proxies: describeProxies(proxySettings(process.env)),
    }),
    // The answer to the request that asks for it goes first.
    stop: () => setImmediate(() => void stop()),
  };
  const app = createApp(services, log);
  const server = createDoor({
    fetch: (request, connection) => app.fetch(request, connection),
    upgrade: (request, stream, first) => void handleUpgrade(services, request, stream, first),
  });
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a promise was left alone: this is a bug'));
  await engine.recover();
  releaseSocket = await listen(server, layout.daemonSocket, { gid: lookupGroup(LODGE_GROUP)?.gid ?? null, socketFd });
  log.info({ pid: process.pid, root: layout.root }, 'listening');
  giveBackMemory(globalThis.gc);
  engine.guests.events.publish({ type: 'daemon', state: 'started' });
  if (notifySocket !== null) await notifyReady(notifySocket);
  // Last: what has failed before is told there, and nothing is written to a file that has its number later.
  if (tellsRefusal) closeSync(REFUSAL_FD);
}

/** The judge lies beside the daemon, in the bundle and in the sources. */
function judgeEntry(): string {
  return join(import.meta.dirname, typeof LODGE_BUNDLE === 'undefined' ? 'judge-main.ts' : 'judge.mjs');
}

/** Another daemon of this root was faster: that is what a command wanted, and not what a person at `lodge serve` did. */
function refuseSecond({ root }: Layout): void {
  if (!isForeground()) return;
  throw new LodgeError('STATE_REFUSED', `a daemon of ${root || '/'} runs already`, { hint: 'lodge daemon stop' });
}

/** @throws ROOT_UNUSABLE, PERMISSION_DENIED */
async function prepareRoot(layout: Layout, log: Log): Promise<void> {
  // Before the root is judged: a directory that an older Lodge made under a strict umask is no reason to refuse.
  const repaired = await repairModes(layout).catch(() => []);
  if (repaired.length > 0) log.info({ paths: repaired }, 'modes of files brought back to the table');
  const problems = await checkRoot(layout);
  if (problems.length > 0) {
    throw problemsError('ROOT_UNUSABLE', `the root ${layout.root || '/'} cannot be used`, problems, rootFix(problems));
  }
  try {
    for (const directory of [layout.stateDir, layout.runDir]) makeTree(directory);
  } catch (cause) {
    if (isRefusedToUser(cause)) throw onlyRoot(cause);
    throw new LodgeError('ROOT_UNUSABLE', `cannot make the directories of ${layout.root || '/'}`, {
      hint: 'set LODGE_ROOT to a directory on a disk with room',
      cause,
    });
  }
}

/** @throws PERMISSION_DENIED to whoever may use the instance, and not keep it */
function takeLock(path: string) {
  try {
    return takeInstanceLock(path);
  } catch (error) {
    throw isRefusedToUser(error) ? onlyRoot(error) : error;
  }
}

function isRefusedToUser(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return process.getuid?.() !== 0 && (code === 'EACCES' || code === 'EPERM');
}

function onlyRoot(cause: unknown): LodgeError {
  return new LodgeError('PERMISSION_DENIED', 'only root can start this daemon', {
    hint: isForeground() ? 'sudo lodge serve' : 'sudo lodge daemon start',
    cause,
  });
}

function isForeground(): boolean {
  return process.argv.includes('--foreground');
}

function doctor(layout: Layout, { guests: { machine, store, packets, setupPlan } }: Engine, refresh: boolean) {
  return runDoctor({
    layout,
    accelerator: () => machine.accelerators(refresh),
    abilities: () => machine.abilities(),
    network: () => observeNetworkHealth({ layout, store }),
    tryPackets: () => packets.try(),
    isSetUp: async () => (await setupPlan()).actions.length === 0,
  });
}

function countGuests({ guests }: Engine) {
  const rows = guests.store.guests.rows();
  return { defined: rows.length, running: rows.filter(({ phase }) => phase === 'running').length };
}

/** @returns whether somebody has taken it */
function tellRefusal(error: unknown): boolean {
  const told = process.argv.includes(TELLS_REFUSAL) ? encodeRefusal(error) : null;
  if (told === null) return false;
  try {
    writeSync(REFUSAL_FD, told);
    return true;
  } catch {
    // Whoever started it has gone.
    return false;
  }
}

main().catch((error: unknown) => {
  const exitCode = error instanceof LodgeError ? error.exitCode : 1;
  // Whoever runs it in the foreground says it; daemon.log keeps it in any case.
  if (tellRefusal(error) && isForeground()) process.exit(exitCode);
  process.stderr.write(forTerminal(`lodge: the daemon cannot start: ${explainError(error)}\n`));
  if (error instanceof LodgeError && error.hint !== undefined) process.stderr.write(`  hint: ${error.hint}\n`);
  process.exit(exitCode);
});
