import { assertNever } from '../base/assert-never.ts';
import { UNIT_DIRECTORY } from '../model/systemd-names.ts';

/** What the host looks like to `lodge setup`, observed once. */
export interface SetupFacts {
  /** Release codename of a Debian host, else null. */
  debianCodename: string | null;
  missingPackages: string[];
  /** Version of qemu-system-x86 in dpkg's words, null when it is not installed. */
  qemuPackageVersion: string | null;
  /** The apt sources already name this host's backports. */
  backportsListed: boolean;
  groups: string[];
  users: string[];
  /** The account QEMU runs as is in the group that owns /dev/kvm. */
  qemuUserInKvm: boolean;
  /** udev sets the modes of devices itself. */
  udevRuns: boolean;
  kvmGid: number | null;
  devices: { path: string; mode: number; gid: number }[];
  /** The daemon's own units as they should be and as they are (null: not there); none without systemd or under a LODGE_ROOT. */
  units: { name: string; text: string; found: string | null }[];
}

export type SetupAction =
  | { kind: 'add-backports'; release: string }
  | { kind: 'install-packages'; names: string[]; release: string | null }
  | { kind: 'add-group'; name: string }
  | { kind: 'add-user'; name: string }
  | { kind: 'add-to-group'; name: string; group: string }
  | { kind: 'set-device-access'; path: string; mode: number; group: string | null }
  | { kind: 'install-units'; units: { name: string; text: string }[]; enable: boolean };

export interface SetupNames {
  qemuUser: string;
  kvmGroup: string;
  lodgeGroup: string;
}

const QEMU_PACKAGES = ['qemu-system-x86', 'qemu-utils'];

/**
 * bookworm-backports takes from trixie alone (rule of backports.debian.org), and trixie is stable with 10.0: no newer one
 * can come there.
 */
const BACKPORTS_QEMU: Record<string, string> = { bookworm: '10.0' };

/** The QEMU that this host's backports offer and that is not installed, or null. */
export function backportsQemu(facts: SetupFacts): string | null {
  if (facts.debianCodename === null || facts.qemuPackageVersion?.includes('~bpo')) return null;
  return BACKPORTS_QEMU[facts.debianCodename] ?? null;
}

/** Everything that is missing, in the order in which it is done; empty when all is there. */
export function planSetupActions(facts: SetupFacts, names: SetupNames, backports: boolean): SetupAction[] {
  return [
    ...packageActions(facts, backports),
    ...accountActions(facts, names),
    ...deviceActions(facts, names),
    ...unitActions(facts),
  ];
}

function packageActions(facts: SetupFacts, backports: boolean): SetupAction[] {
  const actions: SetupAction[] = [];
  let missing = facts.missingPackages;
  if (backports && backportsQemu(facts) !== null) {
    const release = `${facts.debianCodename}-backports`;
    if (!facts.backportsListed) actions.push({ kind: 'add-backports', release });
    actions.push({ kind: 'install-packages', names: QEMU_PACKAGES, release });
    missing = missing.filter((name) => !QEMU_PACKAGES.includes(name));
  }
  if (missing.length > 0) actions.push({ kind: 'install-packages', names: missing, release: null });
  return actions;
}

function accountActions(facts: SetupFacts, names: SetupNames): SetupAction[] {
  const groups = [names.kvmGroup, names.lodgeGroup].filter((name) => !facts.groups.includes(name));
  const actions: SetupAction[] = groups.map((name) => ({ kind: 'add-group', name }));
  if (!facts.users.includes(names.qemuUser)) {
    actions.push({ kind: 'add-user', name: names.qemuUser });
  }
  if (!facts.qemuUserInKvm) actions.push({ kind: 'add-to-group', name: names.qemuUser, group: names.kvmGroup });
  return actions;
}

/** Modes of 50-udev-default.rules: what a host with udev has anyway. */
function deviceActions(facts: SetupFacts, names: SetupNames): SetupAction[] {
  if (facts.udevRuns) return [];
  return facts.devices.flatMap(({ path, mode, gid }): SetupAction[] => {
    if (path === '/dev/kvm') {
      const right = (mode & 0o660) === 0o660 && (gid === facts.kvmGid || (mode & 0o006) === 0o006);
      return right ? [] : [{ kind: 'set-device-access', path, mode: 0o660, group: names.kvmGroup }];
    }
    return (mode & 0o666) === 0o666 ? [] : [{ kind: 'set-device-access', path, mode: 0o666, group: null }];
  });
}

/**
 * After the accounts: the socket belongs to a group. They are enabled once, when they are new: an owner who has disabled
 * them later has decided so.
 */
function unitActions({ units }: SetupFacts): SetupAction[] {
  const enable = units.some(({ found }) => found === null);
  const stale = units.filter(({ text, found }) => enable || text !== found);
  if (stale.length === 0) return [];
  return [{ kind: 'install-units', units: stale.map(({ name, text }) => ({ name, text })), enable }];
}

/** The action in words, in the infinitive, with the command a person would type. */
export function describeSetupAction(action: SetupAction): string {
  switch (action.kind) {
    case 'add-backports':
      return `add ${action.release} to the apt sources (/etc/apt/sources.list.d/lodge-backports.sources)`;
    case 'install-packages': {
      const from = action.release === null ? '' : ` from ${action.release}`;
      return `install ${count(action.names.length, 'Debian package')}${from}: ${action.names.join(' ')}`;
    }
    case 'add-group':
      return `make the system group ${action.name}`;
    case 'add-user':
      return `make the system user ${action.name}, without a login, with a group of its own`;
    case 'add-to-group':
      return `put ${action.name} into the group ${action.group}`;
    case 'set-device-access': {
      const mode = action.mode.toString(8).padStart(4, '0');
      return `give ${action.path} the mode udev would give it: ${mode} root:${action.group ?? 'root'}`;
    }
    case 'install-units': {
      const names = action.units.map(({ name }) => name).join(' and ');
      if (!action.enable) return `renew ${names} in ${UNIT_DIRECTORY}`;
      return `install ${names} in ${UNIT_DIRECTORY} and enable them: Lodge starts with the host`;
    }
    default:
      return assertNever(action);
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
