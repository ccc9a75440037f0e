import { assertNever } from '../../base/assert-never.ts';
import { LodgeError, type Problem } from '../../base/errors.ts';
import { installPackages } from '../../host/apt.ts';
import { setDeviceAccess } from '../../host/device-node.ts';
import { observeDiskSpace } from '../../host/disk-space.ts';
import {
  addSystemGroup,
  addSystemUser,
  addToGroup,
  KVM_GROUP,
  LODGE_GROUP,
  lookupGroup,
  QEMU_USER,
} from '../../host/users.ts';
import type { SetupPlan } from '../../model/setup.ts';
import { installProblems } from '../../plan/install-space.ts';
import { backportsQemu, describeSetupAction, planSetupActions, type SetupAction } from '../../plan/setup.ts';
import { addBackports } from './add-backports.ts';
import { installUnits } from './install-units.ts';
import { type Installation, observeSetup } from './observe-setup.ts';

const NAMES = { qemuUser: QEMU_USER, kvmGroup: KVM_GROUP, lodgeGroup: LODGE_GROUP };

interface SetupOptions {
  /** Take QEMU from the release's backports where they have a newer one. */
  backports: boolean;
  onProgress(detail: string): void;
  /** Obeyed between two actions and while waiting for locks; apt itself is never ended half-way. */
  signal: AbortSignal;
}

/** What `lodge setup` would do. Nothing is fetched: a few files and one dpkg-query. */
export async function planSetup(installation: Installation): Promise<SetupPlan> {
  const facts = await observeSetup(installation);
  return {
    missingPackages: facts.missingPackages,
    actions: planSetupActions(facts, NAMES, false).map(describeSetupAction),
    backportsQemu: backportsQemu(facts),
    problems: await roomProblems(facts.missingPackages),
  };
}

/** apt would say it too, in its own words and after the package lists were fetched. */
async function roomProblems(missing: readonly string[]): Promise<Problem[]> {
  if (missing.length === 0) return [];
  const [system, archives] = await Promise.all(['/usr', '/var/cache/apt/archives'].map(observeDiskSpace));
  return system === undefined || archives === undefined ? [] : installProblems(missing, { system, archives });
}

/**
 * Makes the host ready, saying each action before it is done. Does nothing when all is there, and may be run again
 * after a failure: what is done already is not planned again.
 *
 * @throws PERMISSION_DENIED unless root, PACKAGES_MISSING with apt's words, CANCELLED.
 */
export async function runSetup(installation: Installation, options: SetupOptions): Promise<void> {
  const actions = planSetupActions(await observeSetup(installation), NAMES, options.backports);
  if (actions.length > 0 && process.getuid?.() !== 0) {
    throw new LodgeError('PERMISSION_DENIED', 'only root can set the host up', { hint: 'sudo lodge setup' });
  }
  for (const action of actions) {
    if (options.signal.aborted) throw new LodgeError('CANCELLED', 'set-up was cancelled; lodge setup goes on with it');
    options.onProgress(describeSetupAction(action));
    await runAction(action, options);
  }
}

async function runAction(action: SetupAction, options: SetupOptions): Promise<void> {
  switch (action.kind) {
    case 'add-backports':
      return addBackports(action.release, options);
    case 'install-packages':
      return install(action.names, action.release, options);
    case 'add-group':
      return addSystemGroup(action.name);
    case 'add-user':
      return addSystemUser(action.name);
    case 'add-to-group':
      return addToGroup(action.name, action.group);
    case 'set-device-access':
      return setDeviceAccess(action.path, action.mode, gidOf(action.group));
    case 'install-units':
      return installUnits(action);
    default:
      return assertNever(action);
  }
}

async function install(names: string[], release: string | null, options: SetupOptions): Promise<void> {
  const { onProgress, signal } = options;
  try {
    await installPackages(names, { onProgress, signal, ...(release === null ? {} : { targetRelease: release }) });
  } catch (error) {
    if (!(error instanceof LodgeError) || error.code === 'CANCELLED') throw error;
    throw new LodgeError('PACKAGES_MISSING', `apt-get could not install ${names.join(' ')}`, {
      hint: 'why: apt-get update; then: lodge setup',
      cause: error,
    });
  }
}

function gidOf(group: string | null): number {
  if (group === null) return 0;
  const found = lookupGroup(group);
  if (found === null) throw new LodgeError('FILE_NOT_FOUND', `there is no group ${group} in /etc/group`);
  return found.gid;
}
