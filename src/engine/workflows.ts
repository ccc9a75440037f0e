import type { GuestDeps } from './guests/guest-deps.ts';
import { makeIdentity } from './guests/identity.ts';
import { makeDisk, makeGuestDirectory, removeFiles, reserveName } from './guests/steps/file-steps.ts';
import { prepareImage } from './guests/steps/image-step.ts';
import { closeNetwork, makeTap, openNetwork, removeTap } from './guests/steps/network-steps.ts';
import {
  chooseAccelerator,
  endGuestQemu,
  endMaking,
  forget,
  shutDown,
  startGuestQemu,
} from './guests/steps/qemu-steps.ts';
import { waitForSsh } from './guests/wait-ssh.ts';
import type { StepRunner, Workflows } from './operations/step.ts';
import type { Installation } from './setup/observe-setup.ts';
import { runSetup } from './setup/setup.ts';

/** What works on the host's own network. */
type NetworkWorkflows = Pick<Workflows, 'network.prove' | 'network.apply'>;

/** How each kind of operation is carried out: the table of runners by step. */
export function createWorkflows(deps: GuestDeps, installation: Installation, network: NetworkWorkflows): Workflows {
  const guestRunners = createGuestRunners(deps, installation);
  const forward = { runners: guestRunners, waits: ['wait-ssh'], undoable: false };
  const setUpHost = setUpHostStep(deps, installation);
  const image = { runners: { 'set-up-host': setUpHost, 'make-image': deps.images.makeStep() }, waits: [] };
  return {
    setup: { runners: { 'set-up-host': setUpHost }, waits: [], undoable: true },
    'image.build': { ...image, undoable: true },
    'image.import': { ...image, undoable: true },
    'guest.create': { runners: guestRunners, waits: ['wait-ssh'], undoable: true },
    'guest.start': { runners: guestRunners, waits: ['wait-ssh'], undoable: true },
    'guest.restart': forward,
    'guest.stop': forward,
    'guest.kill': forward,
    'guest.rm': forward,
    ...network,
  };
}

function createGuestRunners(deps: GuestDeps, installation: Installation): Record<string, StepRunner> {
  return {
    'reserve-name': reserveName(deps),
    'set-up-host': setUpHostStep(deps, installation),
    'prepare-image': prepareImage(deps),
    'make-directory': makeGuestDirectory(deps),
    'make-identity': makeIdentity(deps),
    'make-disk': makeDisk(deps),
    'choose-accelerator': chooseAccelerator(deps),
    'make-tap': makeTap(deps),
    'open-network': openNetwork(deps),
    'start-qemu': startGuestQemu(deps),
    'wait-ssh': waitForSsh(deps),
    'shut-down': shutDown(deps),
    'end-qemu': endGuestQemu(deps),
    'end-making': endMaking(),
    'remove-tap': removeTap(deps),
    'close-network': closeNetwork(deps),
    'remove-files': removeFiles(deps),
    forget: forget(deps),
  };
}

/** Packages stay when the operation that wanted them is undone: other guests need them too. */
function setUpHostStep({ machine }: GuestDeps, installation: Installation): StepRunner {
  return {
    async run({ operation, signal, detail }) {
      const { backports = false } = (operation.input ?? {}) as { backports?: boolean };
      await runSetup(installation, { backports, onProgress: detail, signal });
      machine.forgetQemu();
    },
    kept: () => 'what it has installed stays: other guests need it too',
  };
}
