import { connect } from 'node:net';
import { sleep } from '../../base/clock.ts';
import { LodgeError } from '../../base/errors.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import { whyNoIpv6 } from '../../model/nat-families.ts';
import { explainGuest } from '../../plan/packets/explain-guest.ts';
import { awaitLogWriter } from '../../qemu/log-writer.ts';
import type { StepRunner } from '../operations/step.ts';
import { type GuestDeps, guestOf, layoutOfGuest } from './guest-deps.ts';
import { setPhase } from './guest-records.ts';
import { readRunTail } from './log-tail.ts';

const SSH_PORT = 22;
/** Emulation takes a minute where KVM takes seconds; a foreign image with cloud-init takes longer still. */
const LIMIT_MS = { kvm: 180_000, tcg: 600_000 } as const;
/** A guest without a network yet answers nothing: an attempt is given up early and made again. */
const ATTEMPT_MS = 400;
const PAUSE_MS = 60;
/**
 * A server that has taken the connection is about to greet, however slowly: to give up and come again costs the booting
 * guest another process and begins the wait anew. Under emulation on a busy host one fork and exec takes seconds.
 */
const GREETING_MS = 30_000;
const QUOTED_CHARACTERS = 200;

/** Waits until a guest's SSH server greets, which is the moment a person could log in. */
export function waitForSsh(deps: GuestDeps): StepRunner {
  return {
    async run({ operation, signal, detail }) {
      const record = guestOf(deps, operation);
      const { name, nic } = record.spec;
      const address = nic.ipv4 ?? nic.ipv6;
      if (address === null) return;
      const ipv6 = nic.ipv4 === null ? await deps.network.ipv6(true) : 'on';
      if (ipv6 !== 'on') throw cutOffError(name, whyNoIpv6(ipv6));
      const limitMs = deps.sshLimitMs ?? LIMIT_MS[record.accel ?? 'tcg'];
      const deadlineMs = deps.clock.nowMs() + limitMs;
      while (!(await greets(address, signal))) {
        signal.throwIfAborted();
        if ((await deps.supervisor.pidOf(name)) === null) throw await diedError(deps, record);
        if (deps.clock.nowMs() > deadlineMs) throw await silentError(deps, record, limitMs);
        detail(await lastSerialLine(deps, record));
        await sleep(PAUSE_MS, signal);
      }
      // A guest that ran already, and was paused meanwhile, stays what it is.
      if (guestOf(deps, operation).phase === 'starting') setPhase(deps, name, 'running');
    },
  };
}

function greets(host: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: SSH_PORT });
    const finish = (answer: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.destroy();
      resolve(answer);
    };
    const abort = () => finish(false);
    let timer = setTimeout(finish, ATTEMPT_MS, false);
    signal.addEventListener('abort', abort, { once: true });
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(finish, GREETING_MS, false);
    });
    socket.on('data', (data) => finish(data.toString('latin1').startsWith('SSH-')));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
  });
}

async function lastSerialLine(deps: GuestDeps, record: GuestRecord): Promise<string> {
  const lines = await readRunTail(layoutOfGuest(deps.layout, record).serialLog.file, 20);
  return (
    lines
      .findLast((line) => line.trim() !== '')
      ?.trim()
      .slice(0, 120) ?? 'the serial console is silent'
  );
}

async function diedError(deps: GuestDeps, record: GuestRecord): Promise<LodgeError> {
  const { qemuLog } = layoutOfGuest(deps.layout, record);
  await awaitLogWriter(qemuLog);
  const said = (await readRunTail(qemuLog.file, 5)).map(cut).join('\n');
  const { name } = record.spec;
  return new LodgeError('QEMU_DIED', `the QEMU of ${name} ended while it booted${said === '' ? '' : `: ${said}`}`, {
    hint: `lodge logs ${name} --source qemu`,
  });
}

/** Errors are kept, and a line of a guest's may have any length. */
function cut(line: string): string {
  return line.length <= QUOTED_CHARACTERS ? line : `${line.slice(0, QUOTED_CHARACTERS - 1)}…`;
}

function cutOffError(name: string, why: string): LodgeError {
  return new LodgeError('GUEST_UNREACHABLE', `${name} runs, but it has no IPv4 address and ${why}`, {
    hint: `lodge console ${name}`,
  });
}

async function silentError(deps: GuestDeps, record: GuestRecord, limitMs: number): Promise<LodgeError> {
  const { name } = record.spec;
  const said = (await readRunTail(layoutOfGuest(deps.layout, record).serialLog.file, 8)).map(cut).join('\n').trim();
  const console = said === '' ? 'its serial console said nothing' : `its serial console last said:\n${said}`;
  // What keeps the trial itself from being held is doctor's to tell.
  const found = await deps.packets.tryFor(record.spec.nic).then(explainGuest, () => null);
  const packets = found === null ? '' : `; ${found.reason}`;
  const commands = found?.commands.join(' && ') ?? '';
  return new LodgeError(
    'GUEST_UNREACHABLE',
    `${name} runs but SSH did not answer in ${limitMs / 1000} s${packets}; ${console}`,
    { hint: commands === '' ? `lodge console ${name}, or lodge logs ${name}` : commands },
  );
}
