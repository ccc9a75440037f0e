import type { Caller } from '../../base/caller.ts';
import { LodgeError, type Problem, problemsError, subjectOf, validationError } from '../../base/errors.ts';
import { randomMac } from '../../base/random.ts';
import { observeMemory } from '../../host/memory.ts';
import { listStrangers } from '../../host/own-addresses.ts';
import type { GuestSpec } from '../../model/guest.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { CreateGuest, GuestPlan } from '../../model/guest-request.ts';
import { whyNoIpv6 } from '../../model/nat-families.ts';
import type { Operation } from '../../model/operation.ts';
import type { SetupPlan } from '../../model/setup.ts';
import { guestMemoryProblem } from '../../plan/guest-memory.ts';
import { planGuestSpec } from '../../plan/guest-spec.ts';
import { planCreate } from '../../plan/guest-steps.ts';
import { type AskedOfImage, askedOfImage } from '../../plan/image-fit.ts';
import { singleAddresses } from '../../plan/nat-published.ts';
import type { Operations } from '../operations/operations.ts';
import { checkMachine } from './check-machine.ts';
import { checkUserData } from './check-user-data.ts';
import type { GuestDeps } from './guest-deps.ts';
import { lookAtCd } from './iso-file.ts';
import { keymapsOf } from './keymaps.ts';
import { planNic } from './plan-nic.ts';
import { NOT_A_DISK, type RequestedImage, requestImage } from './request-image.ts';

/** The input of the operation `guest.create`. */
export interface CreateInput {
  image: RequestedImage;
  /** Absent in what an older Lodge has begun. */
  asked?: AskedOfImage;
}

export interface CreateDeps extends GuestDeps {
  operations: Operations;
  setupPlan: () => Promise<SetupPlan>;
}

/**
 * Makes a guest, or says what would be made.
 * @throws VALIDATION_FAILED with every problem, GUEST_EXISTS, IMAGE_NOT_FOUND, PORT_TAKEN
 */
export async function createGuest(
  deps: CreateDeps,
  request: CreateGuest,
  caller: Caller,
): Promise<Operation | GuestPlan> {
  refuseExisting(deps, request.name);
  const problems: Problem[] = [];
  const facts = await observe(deps, request, caller, problems);
  const { spec, userData } = await decideSpec(deps, request, facts, problems);

  // From here to `begin` nothing awaits: two creates at once cannot choose the same name or address.
  refuseExisting(deps, request.name);
  const others = deps.store.guests.list().map((record) => record.spec.nic);
  const nic = planNic(spec, request, { ...facts, others }, problems);
  if (problems.length > 0) throw refusalOf(request.name, problems);
  const planned: GuestSpec = { ...spec, nic };
  const { image, ipv6, setupActions } = facts;
  const steps = planCreate(planned, {
    imageWork: image.work,
    isImageKnown: image.work === 'none' || image.traits !== null,
    setupActions,
    wait: request.wait !== false,
    lacksIpv6: ipv6 !== 'on' && request.ipv6 !== 'none' ? whyNoIpv6(ipv6) : null,
    lastBuildMs: deps.images.lastBuildMs(),
  });
  if (request.dryRun === true) return { spec: planned, steps, warnings: userData.warnings };
  const input: CreateInput = { image, asked: askedOfImage(request) };
  return deps.operations.begin('guest.create', request.name, input, steps, () =>
    deps.store.guests.insert(newRecord(planned, deps.clock.nowMs())),
  );
}

/** What the request meets on this host: its image, what is set up, the network as it is now. */
async function observe(deps: CreateDeps, request: CreateGuest, caller: Caller, problems: Problem[]) {
  const lookedAt = { images: deps.images, scratchDir: deps.layout.runDir, caller };
  const image = await requestImage(lookedAt, request, problems);
  if (image.name !== null && image.source !== null) {
    problems.push(...(await deps.images.spaceProblems(image.name, image.source)));
  }
  const { actions: setupActions, problems: setupProblems } = await deps.setupPlan();
  problems.push(...setupProblems);
  const isSetUp = setupActions.length === 0;
  const cd = request.iso?.startsWith('/') ? await lookAtCd('iso', request.iso, caller) : null;
  problems.push(...(cd?.problems ?? []));
  // A host that is not set up yet has no link to ask; taken ports then show when the rules are made.
  if (isSetUp) await deps.network.refuseTakenPorts(request.publish ?? []);
  return {
    image,
    cdFirmwares: cd?.firmwares ?? [],
    setupActions,
    isSetUp,
    network: await deps.network.network(),
    ipv6: await deps.network.ipv6(isSetUp),
    strangers: await listStrangers(singleAddresses(request.publish ?? [])),
  };
}

/** The spec but for its addresses, judged by what this host's QEMU, memory and cloud-init say. */
async function decideSpec(
  deps: CreateDeps,
  request: CreateGuest,
  { image, cdFirmwares, isSetUp }: Awaited<ReturnType<typeof observe>>,
  problems: Problem[],
) {
  const { machine, random } = deps;
  const { spec, problems: found } = planGuestSpec(request, {
    uuid: random.uuid(),
    mac: randomMac(random),
    tap: '',
    addresses: { ipv4: null, ipv6: null },
    image: image.traits,
    cdFirmwares,
    imageName: image.name,
    identity: image.identity,
    hostMemoryMiB: machine.memoryMiB,
    hostCpus: machine.cpuCount,
    keymaps: await keymapsOf(machine),
  });
  // What nobody reads need not be right.
  const isUnread = found.some(({ path }) => path === 'userData');
  const userData = isUnread ? { problems: [], warnings: [] } : checkUserData(spec);
  problems.push(...found, ...userData.problems, ...(await checkMachine(machine, spec, isSetUp)));
  // A size that is wrong by itself is told as that.
  if (!found.some(({ path }) => path === 'memoryMiB')) {
    problems.push(...guestMemoryProblem(spec.memoryMiB, await observeMemory()));
  }
  return { spec, userData };
}

/** A file that is no image has a code of its own, when nothing else is wrong. */
function refusalOf(name: string, problems: Problem[]): LodgeError {
  const [first, ...others] = problems;
  if (others.length > 0 || !first?.rule.startsWith(NOT_A_DISK))
    return validationError(subjectOf('guest', name), problems);
  const hint = 'an image is a qcow2, raw or vmdk disk';
  return problemsError('NOT_AN_IMAGE', `${subjectOf('guest', name)} is not valid`, problems, hint);
}

function refuseExisting({ store }: CreateDeps, name: string): void {
  if (store.guests.find(name) === null) return;
  throw new LodgeError('GUEST_EXISTS', `there is a guest ${name} already`, { hint: `lodge show ${name}` });
}

function newRecord(spec: GuestSpec, nowMs: number): Omit<GuestRecord, 'userIndex'> {
  return {
    spec,
    phase: 'creating',
    wanted: 'running',
    generation: 1,
    runningGeneration: null,
    runningSpec: null,
    accel: spec.accel === 'auto' ? null : spec.accel,
    bootId: null,
    hasBooted: false,
    restartCount: 0,
    lastError: null,
    createdAtMs: nowMs,
    startedAtMs: null,
  };
}
