import { stat } from 'node:fs/promises';
import { readIfPresent } from '../../host/files.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { GuestDetail } from '../../model/guest-view.ts';
import { whyNoIpv6 } from '../../model/nat-families.ts';
import { pendingChanges } from '../../model/pending-change.ts';
import { queryBalloon } from '../../qemu/qmp-commands.ts';
import type { Operations } from '../operations/operations.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { readGuest } from './guest-records.ts';
import { LODGE_KEY } from './identity.ts';

const BYTES_PER_BLOCK = 512;

/** Everything that `lodge show` tells of one guest. @throws GUEST_NOT_FOUND */
export async function viewGuest(deps: GuestDeps & { operations: Operations }, name: string): Promise<GuestDetail> {
  const record = readGuest(deps.store, name);
  const layout = layoutOfGuest(deps.layout, record);
  const { spec } = record;
  const pid = await deps.supervisor.pidOf(name);
  const disk = await stat(layout.disk).catch(() => null);
  return {
    spec,
    phase: record.phase,
    generation: record.generation,
    ...waitingOf(record),
    pid,
    accel: record.accel,
    startedAtMs: pid === null ? null : record.startedAtMs,
    createdAtMs: record.createdAtMs,
    lastError: record.lastError,
    ipv6Off: await whyIpv6IsOff(deps, record),
    memoryActualMiB: await balloonOf(deps, record),
    diskStoredBytes: disk === null ? null : disk.blocks * BYTES_PER_BLOCK,
    paths: {
      directory: layout.dir,
      disk: layout.disk,
      qmpSocket: layout.qmpSocket,
      serialSocket: layout.serialSocket,
      vncSocket: layout.vncSocket,
      serialLog: layout.serialLog.file,
      qemuLog: layout.qemuLog.file,
    },
    ssh: {
      user: 'root',
      address: spec.nic.ipv4 ?? spec.nic.ipv6,
      port: 22,
      identityFile: `${deps.layout.sshDir}/${LODGE_KEY}`,
      knownHostsFile: layout.knownHosts,
      hostKeys: await hostKeysIn(layout.knownHosts),
    },
    operation: deps.operations.activeFor('guest', name)?.id ?? null,
  };
}

/** `10.0.0.2 ssh-ed25519 AAAA…` a line: each key once. */
async function hostKeysIn(knownHosts: string): Promise<string[]> {
  const text = (await readIfPresent(knownHosts).catch(() => null)) ?? '';
  const keys = text.split('\n').map((line) => line.split(' ').slice(1, 3).join(' '));
  return [...new Set(keys)].filter((key) => key.includes(' '));
}

function waitingOf({ spec, generation, runningGeneration, runningSpec }: GuestRecord) {
  const pending = runningSpec === null ? [] : pendingChanges(runningSpec, spec);
  const isOutdated = runningSpec === null && runningGeneration !== null && runningGeneration !== generation;
  return { running: runningSpec, pendingRestart: isOutdated || pending.length > 0, pending };
}

/** By the host's settings alone: no process is started for it. */
async function whyIpv6IsOff(deps: GuestDeps, { spec }: GuestRecord): Promise<string | null> {
  const state = spec.nic.ipv6 === null ? 'on' : await deps.network.ipv6(false);
  return state === 'on' ? null : whyNoIpv6(state);
}

async function balloonOf(deps: GuestDeps, record: GuestRecord): Promise<number | null> {
  const monitor = deps.supervisor.monitorOf(record.spec.name);
  if (monitor === null) return null;
  return queryBalloon(monitor, (record.runningSpec ?? record.spec).memoryMiB).catch(() => null);
}
