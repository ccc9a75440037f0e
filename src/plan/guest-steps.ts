import { formatSize } from '../base/size.ts';
import type { GuestSpec } from '../model/guest.ts';
import type { PlannedStep } from '../model/planned-step.ts';
import { expectBuild, planSetupStep } from './image-steps.ts';

export type GuestStepId =
  | 'reserve-name'
  | 'set-up-host'
  | 'prepare-image'
  | 'make-directory'
  | 'make-identity'
  | 'make-disk'
  | 'choose-accelerator'
  | 'make-tap'
  | 'open-network'
  | 'start-qemu'
  | 'wait-ssh'
  | 'shut-down'
  | 'end-qemu'
  | 'end-making'
  | 'remove-tap'
  | 'close-network'
  | 'remove-files'
  | 'forget';

export type GuestStep = PlannedStep<GuestStepId>;

/** How the image of a new guest comes to be there. */
export type ImageWork = 'none' | 'stored' | 'build' | 'import';

interface CreateFacts {
  imageWork: ImageWork;
  /** false: the disk's size follows an image that is downloaded first, and may become larger than the spec says. */
  isImageKnown: boolean;
  /** What `lodge setup` would do first; empty on a host that is ready. */
  setupActions: readonly string[];
  wait: boolean;
  /** Why the guest gets no IPv6 address although it was not told to have none. */
  lacksIpv6: string | null;
  /** How long this host's last build of an image took; null: none is known. */
  lastBuildMs?: number | null;
}

/** The steps that make a guest, from nothing to SSH. */
export function planCreate(spec: GuestSpec, facts: CreateFacts): GuestStep[] {
  const { name } = spec;
  const steps: GuestStep[] = [
    step('reserve-name', reserveTitle(name, facts.lacksIpv6), 'no other guest may take them meanwhile'),
  ];
  if (facts.setupActions.length > 0) {
    steps.push(planSetupStep(facts.setupActions));
  }
  if (facts.imageWork === 'build' || facts.imageWork === 'import') {
    const expected = facts.imageWork === 'build' ? ` (${expectBuild(facts.lastBuildMs ?? null)})` : '';
    const title = `${facts.imageWork} the image ${spec.image}${expected}`;
    steps.push(step('prepare-image', title, 'the disk is a copy-on-write child of it, and it is not there yet'));
  }
  steps.push(step('make-directory', `make the directory of ${name}`, 'one directory holds everything of a guest'));
  steps.push(
    ...identitySteps(spec),
    step('make-disk', diskTitle(spec, facts.isImageKnown), 'the guest writes here and nowhere else'),
  );
  return [...steps, ...bootSteps(spec, facts.wait)];
}

function reserveTitle(name: string, lacksIpv6: string | null): string {
  if (lacksIpv6 === null) return `reserve ${name} with its addresses and MAC`;
  return `reserve ${name} with its MAC and an IPv4 address alone: ${lacksIpv6}`;
}

export function planStart(spec: GuestSpec, wait: boolean): GuestStep[] {
  return [...identitySteps(spec), ...bootSteps(spec, wait)];
}

export function planStop(spec: GuestSpec, timeoutMs: number): GuestStep[] {
  const title = `ask ${spec.name} to shut down, and end it after ${timeoutMs / 1000} s`;
  return [step('shut-down', title, 'its file systems are written out by itself'), ...leaveNetwork(spec)];
}

export function planRestart(spec: GuestSpec, timeoutMs: number, wait: boolean): GuestStep[] {
  const [shutDown] = planStop(spec, timeoutMs);
  return [...(shutDown === undefined ? [] : [shutDown]), ...planStart(spec, wait)];
}

export function planKill(spec: GuestSpec): GuestStep[] {
  return [step('end-qemu', `end the QEMU of ${spec.name} at once`, 'it was asked for'), ...leaveNetwork(spec)];
}

/** For a guest whose `create` gave way before its QEMU ran, and was taken back. */
export function planKillUnmade(name: string): GuestStep[] {
  return [step('end-making', `end the making of ${name}`, 'it was asked for')];
}

export function planRemove(spec: GuestSpec): GuestStep[] {
  return [
    step('end-qemu', `end the QEMU of ${spec.name}`, 'its files are about to go'),
    ...leaveNetwork(spec),
    step('remove-files', `remove the disk and the directory of ${spec.name}`, 'nothing of a removed guest stays'),
    step('forget', `forget ${spec.name}`, 'its name, addresses and MAC are free again'),
  ];
}

function identitySteps(spec: GuestSpec): GuestStep[] {
  if (spec.identity === 'none') return [];
  const way = spec.identity === 'credentials' ? 'system credentials' : 'a NoCloud seed';
  return [
    step('make-identity', `write ${way} for ${spec.name}`, 'name, keys and addresses come from outside the image'),
  ];
}

function diskTitle({ disk, image }: GuestSpec, isImageKnown: boolean): string {
  const atLeast = isImageKnown ? '' : 'at least ';
  return `make the disk, ${atLeast}${formatSize(disk.sizeBytes)} ${disk.format}${image === null ? ', empty' : ` over ${image}`}`;
}

function bootSteps(spec: GuestSpec, wait: boolean): GuestStep[] {
  const { nic } = spec;
  const addresses = [nic.ipv4, nic.ipv6].filter((address) => address !== null).join(' and ');
  const steps: GuestStep[] = [];
  if (spec.accel === 'auto') {
    steps.push(step('choose-accelerator', 'find the accelerator that works', '/dev/kvm being there proves nothing'));
  }
  steps.push(
    step('make-tap', `make the tap ${nic.tap} with routes to ${addresses}`, 'QEMU runs without the right to make one'),
    step('open-network', `let ${spec.name} send from its own addresses only`, 'rules come before the first packet'),
    step(
      'start-qemu',
      `start QEMU with ${formatSize(spec.memoryMiB * 2 ** 20)} and ${spec.vcpus} ${spec.vcpus === 1 ? 'vCPU' : 'vCPUs'}`,
      'the guest runs',
    ),
  );
  return wait ? [...steps, ...planWait(spec)] : steps;
}

/** For a guest that runs: nothing where no SSH can be waited for. */
export function planWait({ identity, nic }: GuestSpec): GuestStep[] {
  if (identity === 'none' || (nic.ipv4 ?? nic.ipv6) === null) return [];
  return [step('wait-ssh', 'wait until SSH answers', 'a guest that cannot be reached is not done')];
}

function leaveNetwork(spec: GuestSpec): GuestStep[] {
  return [
    step('remove-tap', `remove the tap ${spec.nic.tap}`, 'nothing may speak in its name'),
    step('close-network', `take the rules of ${spec.name} away`, 'a guest that does not run has no network'),
  ];
}

function step(id: GuestStepId, title: string, why: string): GuestStep {
  return { id, title, why };
}
