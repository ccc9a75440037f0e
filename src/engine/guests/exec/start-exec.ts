import { sleep } from '../../../base/clock.ts';
import { LodgeError, type Problem, validationError } from '../../../base/errors.ts';
import { guestCan } from '../../../model/guest.ts';
import { EXEC_MAX_CHARACTERS, type ExecGuest } from '../../../model/guest-exec.ts';
import type { ExecLane } from '../../../qemu/exec-lane.ts';
import type { GuestAgent } from '../../../qemu/guest-agent.ts';
import { EXEC_ENVIRONMENT, EXEC_SCRIPT } from '../../../render/exec-script.ts';
import { type AgentCall, explainRefusal, patienceWith } from '../agent/agent-sessions.ts';
import { type GuestDeps, layoutOfGuest } from '../guest-deps.ts';
import { notReady, readGuest } from '../guest-records.ts';
import type { ExecLanes } from './exec-lanes.ts';
import { RunningExec } from './running-exec.ts';

export interface ExecDeps extends GuestDeps {
  lanes: ExecLanes;
}

export type ExecSignal = 'HUP' | 'INT' | 'TERM' | 'KILL';

export interface StartedExec {
  exec: RunningExec;
  /** Sends a signal to the command and its children. Rejects when the agent does not answer. */
  signal(signal: ExecSignal): Promise<void>;
  /** Nobody waits for it any more: it is asked to go, then made to. Never rejects. */
  abandon(): Promise<void>;
}

/** The script waits five seconds for its ports; the rest is a slow guest's. */
const START_MS = 20_000;
const LOOK_MS = 1_000;
/** Linux has no more (PID_MAX_LIMIT, include/linux/threads.h); 1 is the guest's init. */
const PID_MAX = 2 ** 22;
/** Between the hang-up and the kill of a command whose caller is gone. */
const GRACE_MS = 3_000;

/**
 * Begins a command in a guest by its agent; comes back when it runs.
 *
 * @throws GUEST_NOT_FOUND, STATE_REFUSED, VALIDATION_FAILED, GUEST_BUSY, AGENT_UNAVAILABLE, AGENT_REFUSED
 */
export async function startExec(deps: ExecDeps, name: string, request: ExecGuest): Promise<StartedExec> {
  const record = readGuest(deps.store, name);
  if (!guestCan(record.phase, 'exec')) {
    throw notReady(deps.store, record, 'exec');
  }
  checkRequest(request);
  const monitor = deps.supervisor.monitorOf(name);
  if (monitor === null) {
    throw notReady(deps.store, record, 'exec');
  }
  const layout = layoutOfGuest(deps.layout, record);
  const call = { guest: name, socketPath: layout.agentSocket };
  const timeoutMs = patienceWith(record.startedAtMs, deps.clock.nowMs());
  const lane = await deps.lanes.take(name, monitor, layout.runDir);
  try {
    return await beginOn(deps, lane, { ...call, timeoutMs }, request);
  } catch (error) {
    await deps.lanes.drop(name, lane);
    throw error;
  }
}

async function beginOn(deps: ExecDeps, lane: ExecLane, call: AgentCall, request: ExecGuest): Promise<StartedExec> {
  const token = `lodge-${Buffer.from(deps.random.bytes(16)).toString('hex')}`;
  const sockets = await lane.connect();
  const exec = new RunningExec(sockets, token);
  lane.onGuestClosed(() => exec.guestClosed());
  void lane.monitor.closed.then(() =>
    exec.fail(
      new LodgeError('GUEST_UNREACHABLE', `${call.guest} was stopped, or its QEMU ended`, { hint: 'lodge ls' }),
    ),
  );
  const pid = await deps.agents.use(call, (agent) =>
    beginScript(agent, call.guest, scriptWords(call.guest, lane.name, request), token),
  );
  const look = lookUntilStarted(deps, call, pid, exec);
  try {
    await exec.started;
  } catch (error) {
    void reap(deps, call, pid);
    throw error;
  } finally {
    look.abort();
  }
  const signal = (which: ExecSignal) =>
    deps.agents.use(call, async (agent) => {
      // The builtin: a program `kill` is not everywhere. The script leads a session of its own, so its pid is the group's.
      const arg = ['-c', 'kill -s "$1" -- "-$2"', 'lodge', which, String(pid)];
      await agent.execute('guest-exec', { path: 'sh', arg, env: EXEC_ENVIRONMENT });
    });
  void exec.ended.then(async (end) => {
    await deps.lanes.giveBack(call.guest, lane);
    // An agent that ended with the guest has forgotten it, and the next one's first seconds are for others.
    if ('exitCode' in end) await reap(deps, call, pid);
  });
  return { exec, signal, abandon: () => abandon(exec, signal) };
}

function scriptWords(guest: string, lane: string, { command, user, cwd, env, stdin }: ExecGuest): string[] {
  const assignments = Object.entries(env ?? {}).map(([key, value]) => `${key}=${value}`);
  const own = [lane, stdin === true ? '1' : '0', user ?? 'root', cwd ?? '', String(assignments.length)];
  return ['-c', EXEC_SCRIPT, `lodge: ${guest}`, ...own, ...assignments, ...command];
}

async function beginScript(agent: GuestAgent, guest: string, words: string[], token: string): Promise<number> {
  const input = Buffer.from(`${token}\n`).toString('base64');
  const base = { path: 'setsid', arg: ['sh', ...words], env: EXEC_ENVIRONMENT };
  const args = { ...base, 'input-data': input, 'capture-output': true };
  const answer = await agent.execute('guest-exec', args).catch((error: unknown) => {
    throw explainRefusal(guest, 'guest-exec', error);
  });
  const { pid } = (answer ?? {}) as { pid?: unknown };
  if (typeof pid === 'number' && Number.isInteger(pid) && pid > 1 && pid <= PID_MAX) return pid;
  throw new LodgeError('QMP_FAILED', 'it gave no pid for a command');
}

/** The script says on its port that it begins. When it ended before, the agent knows what it complained of. */
function lookUntilStarted(deps: ExecDeps, call: AgentCall, pid: number, exec: RunningExec): AbortController {
  const done = new AbortController();
  const deadline = performance.now() + START_MS;
  const look = async () => {
    for (;;) {
      await sleep(LOOK_MS, done.signal);
      // One that does not answer just now, in a guest with much to do, may have begun the command all the same.
      const asked =
        performance.now() < deadline ? askStatus(deps, call, pid).catch(() => null) : askStatus(deps, call, pid);
      const status = (await asked) as { exited?: unknown; 'err-data'?: unknown } | null;
      if (done.signal.aborted) return;
      if (status?.exited !== true && performance.now() < deadline) continue;
      const words = status?.['err-data'];
      const said = Buffer.from(typeof words === 'string' ? words.slice(0, 4096) : '', 'base64')
        .toString('latin1')
        .replace(/[^ -~]+/g, ' ')
        .slice(0, 200);
      throw new LodgeError(
        'AGENT_UNAVAILABLE',
        `${call.guest} cannot run commands for us: ${said || 'it began none'}`,
        {
          hint: `exec needs Linux with sh and setsid in the guest; to look: lodge ssh ${call.guest}`,
        },
      );
    }
  };
  look().catch((error: unknown) => {
    if (!done.signal.aborted) exec.fail(error);
  });
  return done;
}

/** The agent remembers a command that ended until somebody has asked for its end. Never rejects. */
async function reap(deps: ExecDeps, call: AgentCall, pid: number): Promise<void> {
  await askStatus(deps, call, pid).catch(() => {});
}

function askStatus(deps: ExecDeps, call: AgentCall, pid: number): Promise<unknown> {
  return deps.agents.use(call, (agent) => agent.execute('guest-exec-status', { pid }));
}

async function abandon(exec: RunningExec, signal: StartedExec['signal']): Promise<void> {
  // Its output goes nowhere, or it could not end.
  exec.onOutput(() => {});
  await signal('HUP').catch(() => {});
  const ended = await Promise.race([exec.ended.then(() => true), sleep(GRACE_MS).then(() => false)]);
  if (ended) return;
  await signal('KILL').catch(() => {});
  await Promise.race([exec.ended, sleep(GRACE_MS)]);
  exec.fail(new LodgeError('CANCELLED', 'the caller is gone'));
}

const ENVIRONMENT_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function checkRequest({ command, user, cwd, env = {} }: ExecGuest): void {
  const problems: Problem[] = [];
  const add = (path: string, rule: string, value: unknown) => problems.push({ path, rule, value });
  const entries = Object.entries(env);
  if (command.length === 0 || command[0] === '') add('command', 'must name a program', command);
  for (const [index, word] of command.entries()) {
    if (word.includes('\0')) add(`command[${index}]`, 'must be without the character 0', word);
  }
  if (user !== undefined && !/^[^\0:/\s-][^\0:/\s]{0,255}$/.test(user))
    add('user', 'must be the name of an account', user);
  if (cwd !== undefined && !/^[^\0]+$/.test(cwd)) add('cwd', 'must be a directory of the guest', cwd);
  for (const [key, value] of entries) {
    if (!ENVIRONMENT_NAME.test(key)) add('env', 'must have names of letters, digits and _', key);
    if (value.includes('\0')) add(`env.${key}`, 'must be without the character 0', value);
  }
  const characters = [...command, ...entries.flat(), cwd ?? ''].reduce(
    (sum, word) => sum + Buffer.byteLength(word) + 1,
    0,
  );
  if (characters > EXEC_MAX_CHARACTERS) add('command', `must be at most ${EXEC_MAX_CHARACTERS} bytes`, characters);
  if (problems.length > 0) throw validationError('the command', problems);
}
