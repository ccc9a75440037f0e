import { isLodgeError } from '../../base/errors.ts';
import type { HostConfig } from '../../model/host-config.ts';
import type { NetworkChange } from '../../model/network-change.ts';
import type { AddressFact, ConfigFile, LinkFact, NetworkFacts, RouteFact } from '../../model/network-facts.ts';
import type { NetworkOwner } from '../../model/network-intent.ts';
import type { ProofCheck, ProviderModes } from '../../model/network-plan.ts';
import { buildTwin, closeTwin, type Twin } from '../build.ts';
import { addressWords } from '../copy-host.ts';
import { addRouteLine } from '../copy-routes.ts';
import { runChanges } from '../guest.ts';
import { probeTwin } from '../probe.ts';
import { type Boot, bootIn } from './boot.ts';
import type { BootRoom } from './room.ts';
import { type NetworkWords, readWords } from './words.ts';

export interface FilesBoot {
  host: HostConfig;
  modes: ProviderModes;
  owner: NetworkOwner;
  /** What is there in the moment before the network is configured. */
  unconfigured: NetworkFacts;
  files: readonly ConfigFile[];
  leased: { addresses: readonly AddressFact[]; routes: readonly (RouteFact & { link: string })[] };
  /** What Lodge's own unit does, before the network and after it. */
  atBoot: { early: readonly NetworkChange[]; late: readonly NetworkChange[] };
  binds?: BootRoom['binds'];
}

export interface BootedFiles {
  boot: Boot;
  /** What the system's files alone have made. */
  byFiles: NetworkWords;
  /** The same with what Lodge's unit adds. */
  words: NetworkWords;
  checks: ProofCheck[];
}

/**
 * A host that boots with these files, as a twin of its own: its own programs run on them. It is looked at, and probed from outside.
 *
 * @throws PLAN_REFUSED, COMMAND_FAILED, COMMAND_MISSING when the twin cannot be built
 */
export async function bootFiles(input: FilesBoot): Promise<BootedFiles> {
  const { host, modes, unconfigured, atBoot } = input;
  const kind = unconfigured.links.find(({ name }) => name === host.uplink.name)?.kind ?? null;
  if (kind !== null && MADE_OF_OTHERS.has(kind)) {
    return nothing({ ran: false, why: `the uplink is a ${kind}, which the twin has as one cable` });
  }
  const twin = await buildTwin({ host, modes, facts: unconfigured, label: 'boot' });
  const place = twin.spaces.nameOf('host');
  try {
    await runChanges(twin, atBoot.early);
    const boot = await bootIn(place, bootHostOf(input));
    if (!boot.ran) return nothing(boot);
    const byFiles = await readWords(place, host.uplink.name);
    const late = await runLate(twin, atBoot.late);
    const words = late.length === 0 && atBoot.late.length === 0 ? byFiles : await readWords(place, host.uplink.name);
    const checks = await probeTwin(twin, { unused: [], neighbourWasReachable: false });
    return { boot: { ...boot, failures: [...boot.failures, ...late] }, byFiles, words, checks };
  } finally {
    await closeTwin(twin);
  }
}

/** Links that files make of other links: they are not there before the network is configured. */
const MADE_OF_OTHERS: ReadonlySet<string> = new Set(['bond', 'team', 'vlan', 'macvlan', 'ipvlan']);

function nothing(boot: Boot): BootedFiles {
  return { boot, byFiles: [], words: [], checks: [] };
}

/** Each by itself, as the unit's script does: one that is refused does not keep the others away. */
async function runLate(twin: Twin, changes: readonly NetworkChange[]): Promise<{ spot: null; text: string }[]> {
  const failed: { spot: null; text: string }[] = [];
  for (const change of changes) {
    try {
      await runChanges(twin, [change]);
    } catch (error) {
      if (!isLodgeError(error, 'COMMAND_FAILED')) throw error;
      failed.push({ spot: null, text: `lodge-network.service: ${error.message}` });
    }
  }
  return failed;
}

function bootHostOf({ owner, files, leased, unconfigured, binds }: FilesBoot) {
  const names = new Set([...leased.addresses, ...leased.routes].map(({ link }) => link));
  const leases = [...names].map((name) => [
    name,
    [
      ...leased.addresses
        .filter(({ link }) => link === name)
        .map((address) => `address replace ${addressWords(address)}`),
      ...leased.routes.filter(({ link }) => link === name).map(addRouteLine),
    ],
  ]);
  // What the generators of systemd write is written anew.
  const kept = files.filter(({ path }) => !path.startsWith('/run/'));
  const hardware = unconfigured.links.filter(isHardware).map(({ name, permanentMac }) => ({ name, permanentMac }));
  return {
    owner,
    files: kept,
    leases: Object.fromEntries(leases),
    hardware,
    ...(binds === undefined ? {} : { binds }),
  };
}

function isHardware({ flags }: LinkFact): boolean {
  return !flags.includes('LOOPBACK');
}
