import { parseIpv4, parseIpv6 } from '../../base/address.ts';
import { isLodgeError, LodgeError, type Problem, problemsError, validationError } from '../../base/errors.ts';
import type { Parsed } from '../../base/parsed.ts';
import { randomMac } from '../../base/random.ts';
import { observeMemory } from '../../host/memory.ts';
import { listStrangers } from '../../host/own-addresses.ts';
import type { GuestNic, GuestSpec } from '../../model/guest.ts';
import type { NatNetwork } from '../../model/guest-network.ts';
import type { GuestRecord } from '../../model/guest-record.ts';
import type { CreateGuest, GuestPlan } from '../../model/guest-request.ts';
import { type Ipv6State, whyNoIpv6 } from '../../model/nat-families.ts';
import type { Operation } from '../../model/operation.ts';
import type { SetupPlan } from '../../model/setup.ts';
import { guestMemoryProblem } from '../../plan/guest-memory.ts';
import { planGuestSpec } from '../../plan/guest-spec.ts';
import { planCreate } from '../../plan/guest-steps.ts';
import { type AskedOfImage, askedOfImage } from '../../plan/image-fit.ts';
import { allocateNatAddresses, tapName } from '../../plan/nat-addresses.ts';
import { checkPublished, singleAddresses } from '../../plan/nat-published.ts';
import type { Operations } from '../operations/operations.ts';
import { checkMachine } from './check-machine.ts';
import { checkUserData } from './check-user-data.ts';
import type { GuestDeps } from './guest-deps.ts';
import { firmwaresOfCd, isoProblems } from './iso-file.ts';
import { keymapsOf } from './keymaps.ts';
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
export async function createGuest(deps: CreateDeps, request: CreateGuest): Promise<Operation | GuestPlan> {
  if (deps.store.guests.find(request.name) !== null) throw guestExists(request.name);
  const problems: Problem[] = [];
  const image = await requestImage({ images: deps.images, scratchDir: deps.layout.runDir }, request, problems);
  if (image.name !== null && image.source !== null) {
    problems.push(...(await deps.images.spaceProblems(image.name, image.source)));
  }
  const { actions: setupActions, problems: setupProblems } = await deps.setupPlan();
  problems.push(...setupProblems);
  const isSetUp = setupActions.length === 0;
  await checkFiles(request, problems);
  // A host that is not set up yet has no link to ask; taken ports then show when the rules are made.
  if (isSetUp) await deps.network.refuseTakenPorts(request.publish ?? []);
  const network = await deps.network.network();
  const ipv6 = await deps.network.ipv6(isSetUp);
  const strangers = await listStrangers(singleAddresses(request.publish ?? []));
  const keymaps = await keymapsOf(deps.machine);
  const wait = request.wait !== false;
  const memory = await observeMemory();
  const { spec, problems: found } = planGuestSpec(request, {
    uuid: deps.random.uuid(),
    mac: randomMac(deps.random),
    tap: '',
    addresses: { ipv4: null, ipv6: null },
    image: image.traits,
    cdFirmwares: request.iso?.startsWith('/') ? await firmwaresOfCd(request.iso) : [],
    imageName: image.name,
    identity: image.identity,
    hostMemoryMiB: deps.machine.memoryMiB,
    hostCpus: deps.machine.cpuCount,
    keymaps,
  });
  const userData = checkUserData(spec);
  problems.push(...found, ...userData.problems, ...(await checkMachine(deps.machine, spec, isSetUp)));
  // A size that is wrong by itself is told as that.
  if (!found.some(({ path }) => path === 'memoryMiB')) problems.push(...guestMemoryProblem(spec.memoryMiB, memory));

  // From here to `begin` nothing awaits: two creates at once cannot choose the same name or address.
  if (deps.store.guests.find(request.name) !== null) throw guestExists(request.name);
  const nic = planNic(deps, spec, request, { network, ipv6, strangers }, problems);
  if (problems.length > 0) throw refusalOf(request.name, problems);
  const planned: GuestSpec = { ...spec, nic };
  const steps = planCreate(planned, {
    imageWork: image.work,
    isImageKnown: image.work === 'none' || image.traits !== null,
    setupActions,
    wait,
    lacksIpv6: ipv6 !== 'on' && request.ipv6 !== 'none' ? whyNoIpv6(ipv6) : null,
    lastBuildMs: deps.images.lastBuildMs(),
  });
  if (request.dryRun === true) return { spec: planned, steps, warnings: userData.warnings };
  const input: CreateInput = { image, asked: askedOfImage(request) };
  return deps.operations.begin('guest.create', request.name, input, steps, () =>
    deps.store.guests.insert(newRecord(planned, deps.clock.nowMs())),
  );
}

function planNic(
  deps: CreateDeps,
  spec: GuestSpec,
  request: CreateGuest,
  { network, ipv6, strangers }: { network: NatNetwork; ipv6: Ipv6State; strangers: string[] },
  problems: Problem[],
): GuestNic {
  const others = deps.store.guests.list().map((record) => record.spec.nic);
  const taken = others.find(({ mac }) => mac === spec.nic.mac);
  if (taken !== undefined) problems.push({ path: 'mac', rule: 'must not be another guest’s', value: spec.nic.mac });
  const nic = { ...spec.nic, ...planAddresses(request, { network, mac: spec.nic.mac, taken: others, ipv6 }, problems) };
  const takenByGuests = others.flatMap(({ publish }) => publish);
  problems.push(...checkPublished(nic.publish, { takenByGuests, addresses: nic, strangers }));
  return { ...nic, tap: tapName(network, spec.uuid) };
}

type Allocation = Parameters<typeof allocateNatAddresses>[0];

function planAddresses(
  request: CreateGuest,
  facts: Omit<Allocation, 'wantIpv4' | 'wantIpv6'>,
  problems: Problem[],
): Pick<GuestNic, 'ipv4' | 'ipv6'> {
  try {
    return allocateNatAddresses({
      ...facts,
      wantIpv4: wantedAddress('ipv4', request.ipv4, parseIpv4, problems),
      wantIpv6: wantedAddress('ipv6', request.ipv6, parseIpv6, problems),
    });
  } catch (error) {
    if (!isLodgeError(error, 'VALIDATION_FAILED')) throw error;
    problems.push(...(error.problems ?? []));
    return { ipv4: null, ipv6: null };
  }
}

/** `auto` stands for what cannot be read, too: the problem is noted, and the other rules are still looked at. */
function wantedAddress<Address>(
  path: string,
  wanted: string | undefined,
  parse: (text: string) => Parsed<Address>,
  problems: Problem[],
): 'auto' | 'none' | Address {
  if (wanted === undefined || wanted === 'auto' || wanted === 'none') return wanted ?? 'auto';
  const result = parse(wanted);
  if (result.ok) return result.value;
  problems.push({ path, rule: `must be auto, none or ${result.reason}`, value: wanted });
  return 'auto';
}

async function checkFiles({ iso }: CreateGuest, problems: Problem[]): Promise<void> {
  if (iso?.startsWith('/')) problems.push(...(await isoProblems('iso', iso)));
}

/** A file that is no image has a code of its own, when nothing else is wrong. */
function refusalOf(name: string, problems: Problem[]): LodgeError {
  const [first, ...others] = problems;
  if (others.length > 0 || !first?.rule.startsWith(NOT_A_DISK)) return validationError(`guest ${name}`, problems);
  const hint = 'an image is a qcow2, raw or vmdk disk';
  return problemsError('NOT_AN_IMAGE', `guest ${name} is not valid`, problems, hint);
}

function guestExists(name: string): LodgeError {
  return new LodgeError('GUEST_EXISTS', `there is a guest ${name} already`, { hint: `lodge show ${name}` });
}

function newRecord(spec: GuestSpec, nowMs: number): GuestRecord {
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
