import type { Caller } from '../../base/caller.ts';
import { LodgeError, type Problem, problemsError, validationError } from '../../base/errors.ts';
import { formatSize } from '../../base/size.ts';
import { openAs } from '../../host/open-as.ts';
import { listStrangers } from '../../host/own-addresses.ts';
import { BOOT_ORDER_RULE, isBootOrder } from '../../model/boot-order.ts';
import type { GuestSpec, PublishedPort } from '../../model/guest.ts';
import { GUEST_LIMITS } from '../../model/guest-defaults.ts';
import { brokenDiskRule } from '../../model/guest-numbers.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { ChangeGuest } from '../../model/guest-request.ts';
import { withLiveChanges } from '../../model/pending-change.ts';
import { formatPublish } from '../../model/published-port.ts';
import { resourceProblems } from '../../plan/guest-resources.ts';
import { identityProblems } from '../../plan/identity-room.ts';
import { checkPublished, singleAddresses } from '../../plan/nat-published.ts';

import { sshKeyProblems } from '../../plan/ssh-key-problems.ts';
import { resizeDisk } from '../../qemu/images.ts';
import { blockResize, changeMedium, ejectMedium, queryMemorySize, setBalloon } from '../../qemu/qmp-commands.ts';
import type { Operations } from '../operations/operations.ts';
import { refuseBusy } from './control-guest.ts';
import { type GuestDeps, layoutOfGuest } from './guest-deps.ts';
import { readGuest } from './guest-records.ts';
import { lookAtCd } from './iso-file.ts';
import { giveFilesToGuest } from './steps/file-steps.ts';

/**
 * Changes what is wanted of a guest; with `dryRun` it only looks whether that would be refused. What can be done to a running guest is
 * done at once (balloon, disk, CD, ports); memory, vCPUs and the boot order wait for its next start. A new `once=` counts for one start
 * again.
 *
 * @throws GUEST_NOT_FOUND, GENERATION_CONFLICT, VALIDATION_FAILED with every problem, DISK_SHRINK_REFUSED, STATE_REFUSED, PORT_TAKEN
 */
export async function changeGuest(
  deps: GuestDeps & { operations: Operations },
  name: string,
  change: ChangeGuest,
  caller: Caller,
): Promise<void> {
  const record = readGuest(deps.store, name);
  const active = deps.operations.activeFor('guest', name);
  // While only SSH is waited for the guest runs, and nothing else changes it.
  if (active !== null && !deps.operations.onlyWaits(active)) refuseBusy(deps, name);
  if (change.generation !== undefined && change.generation !== record.generation) {
    throw new LodgeError('GENERATION_CONFLICT', `${name} was changed meanwhile (generation ${record.generation})`, {
      hint: `what it is now: lodge show ${name}`,
    });
  }
  const problems = await changeProblems(deps, record, change, caller);
  if (problems.length > 0) throw refusalOf(record.spec, problems);
  await deps.network.refuseTakenPorts(addedPorts(record.spec, change.publish ?? []));
  if (change.balloonMiB !== undefined) await refuseStopped(deps, name);
  if (change.dryRun === true) return;
  await growDisk(deps, record, change);
  const running = await applyLive(deps, record, change, caller);
  const spec = changedSpec(record.spec, change);
  const bootsOnce = typeof change.boot?.once === 'string';
  if (JSON.stringify(spec) === JSON.stringify(record.spec) && !bootsOnce) return;
  const { runningSpec } = record;
  const inRunning = running && runningSpec !== null ? { runningSpec: withLiveChanges(runningSpec, spec) } : {};
  deps.store.guests.update(name, { spec, ...inRunning, ...(bootsOnce ? { hasBooted: false } : {}) });
  const isNetwork = change.publish !== undefined || change.maxConnections !== undefined;
  if (isNetwork && running) await deps.network.refresh();
}

/** A shrink alone has a code of its own. */
function refusalOf(spec: GuestSpec, problems: Problem[]): LodgeError {
  const [first, ...others] = problems;
  const isShrink = first?.path === 'diskSizeBytes' && Number(first.value) < spec.disk.sizeBytes;
  if (!isShrink || others.length > 0) return validationError(`the change of ${spec.name}`, problems);
  const hint = 'what lies behind the end would be lost; make a new guest with a smaller disk';
  return problemsError('DISK_SHRINK_REFUSED', `the disk of ${spec.name} cannot shrink`, problems, hint);
}

function addedPorts({ nic }: GuestSpec, publish: PublishedPort[]): PublishedPort[] {
  const before = new Set(nic.publish.map(formatPublish));
  return publish.filter((port) => !before.has(formatPublish(port)));
}

function changedSpec(spec: GuestSpec, change: ChangeGuest): GuestSpec {
  return {
    ...spec,
    memoryMiB: change.memoryMiB ?? spec.memoryMiB,
    vcpus: change.vcpus ?? spec.vcpus,
    disk: { ...spec.disk, sizeBytes: change.diskSizeBytes ?? spec.disk.sizeBytes },
    restartPolicy: change.restartPolicy ?? spec.restartPolicy,
    startWithHost: change.startWithHost ?? spec.startWithHost,
    iso: change.iso === undefined ? spec.iso : change.iso,
    boot: {
      order: change.boot?.order ?? spec.boot.order,
      once: change.boot?.once === undefined ? spec.boot.once : change.boot.once,
    },
    sshKeys: change.sshKeys ?? spec.sshKeys,
    nic: {
      ...spec.nic,
      publish: change.publish ?? spec.nic.publish,
      ...(change.maxConnections === undefined ? {} : { maxConnections: change.maxConnections }),
    },
  };
}

async function changeProblems(
  deps: GuestDeps,
  record: GuestRecord,
  change: ChangeGuest,
  caller: Caller,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  // Of what it has already nobody asks: a host may have less than before.
  const isAsked = ({ path }: Problem) => path in change;
  problems.push(...resourceProblems(changedSpec(record.spec, change), deps.machine).filter(isAsked));
  const memoryMiB = await runningMemoryMiB(deps, record);
  const { min } = GUEST_LIMITS.memoryMiB;
  if (change.balloonMiB !== undefined && (change.balloonMiB < min || change.balloonMiB > memoryMiB)) {
    problems.push({
      path: 'balloonMiB',
      rule: `must be from ${min} to ${memoryMiB} MiB, the memory that ${record.spec.name} runs with`,
      value: change.balloonMiB,
    });
  }
  const { sizeBytes } = record.spec.disk;
  if (change.diskSizeBytes !== undefined && change.diskSizeBytes < sizeBytes) {
    const rule = `must be at least ${formatSize(sizeBytes)}, the size it has`;
    problems.push({ path: 'diskSizeBytes', rule, value: change.diskSizeBytes });
  } else if (change.diskSizeBytes !== undefined && brokenDiskRule(change.diskSizeBytes) !== null) {
    const rule = `must be ${brokenDiskRule(change.diskSizeBytes)}`;
    problems.push({ path: 'diskSizeBytes', rule, value: change.diskSizeBytes });
  }
  if (typeof change.iso === 'string') problems.push(...(await lookAtCd('iso', change.iso, caller)).problems);
  for (const key of ['order', 'once'] as const) {
    const value = change.boot?.[key];
    if (typeof value !== 'string' || isBootOrder(value)) continue;
    problems.push({ path: `boot.${key}`, rule: BOOT_ORDER_RULE, value });
  }
  problems.push(...sshKeyProblems(change.sshKeys ?? []));
  // Memory counts, too: each part of it has a table beside the keys.
  if (change.sshKeys !== undefined || change.memoryMiB !== undefined) {
    problems.push(...identityProblems(changedSpec(record.spec, change), problems));
  }
  if (change.publish !== undefined) {
    const others = deps.store.guests.list().filter(({ spec }) => spec.name !== record.spec.name);
    const takenByGuests = others.flatMap(({ spec }) => spec.nic.publish);
    const strangers = await listStrangers(singleAddresses(addedPorts(record.spec, change.publish)));
    problems.push(...checkPublished(change.publish, { takenByGuests, addresses: record.spec.nic, strangers }));
  }
  return problems;
}

/** What it was started with: a change of its memory waits for the next start. */
async function runningMemoryMiB(deps: GuestDeps, { spec }: GuestRecord): Promise<number> {
  const monitor = deps.supervisor.monitorOf(spec.name);
  return monitor === null ? spec.memoryMiB : await queryMemorySize(monitor);
}

/** Before anything is changed: a disk cannot be taken back to what it was. */
async function refuseStopped(deps: GuestDeps, name: string): Promise<void> {
  if ((await deps.supervisor.pidOf(name)) !== null) return;
  throw new LodgeError('STATE_REFUSED', `${name} does not run: it has no balloon`, { hint: `lodge start ${name}` });
}

/** The disk grows in QEMU when that runs, by qemu-img when not; `changeProblems` has refused to shrink it. */
async function growDisk(deps: GuestDeps, record: GuestRecord, change: ChangeGuest): Promise<void> {
  const { spec } = record;
  if (change.diskSizeBytes === undefined || change.diskSizeBytes === spec.disk.sizeBytes) return;
  if ((await deps.supervisor.pidOf(spec.name)) !== null) {
    await blockResize(requireMonitor(deps, spec.name), change.diskSizeBytes);
  } else {
    await giveFilesToGuest(deps, record);
    const owner = await deps.machine.guestUser(record);
    await resizeDisk(layoutOfGuest(deps.layout, record).disk, spec.disk.format, change.diskSizeBytes, owner);
  }
}

/** @returns whether the guest's QEMU runs. */
async function applyLive(deps: GuestDeps, record: GuestRecord, change: ChangeGuest, caller: Caller): Promise<boolean> {
  const { name } = record.spec;
  const running = (await deps.supervisor.pidOf(name)) !== null;
  if (change.balloonMiB !== undefined) await setBalloon(requireMonitor(deps, name), change.balloonMiB);
  if (running && change.iso === null) await ejectMedium(requireMonitor(deps, name));
  if (running && typeof change.iso === 'string') await insertCd(deps, name, change.iso, caller);
  return running;
}

/** As he who named it may read it: the path may lead elsewhere by now. */
async function insertCd(deps: GuestDeps, name: string, file: string, caller: Caller): Promise<void> {
  const handle = await openAs(file, caller);
  try {
    await changeMedium(requireMonitor(deps, name), handle.fd);
  } finally {
    await handle.close();
  }
}

function requireMonitor(deps: GuestDeps, name: string) {
  const monitor = deps.supervisor.monitorOf(name);
  if (monitor !== null) return monitor;
  throw new LodgeError('QMP_CLOSED', `the monitor of ${name} is not connected at this moment`, { hint: 'try again' });
}
