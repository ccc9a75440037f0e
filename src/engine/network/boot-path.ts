import { makeDirectory, removeTree, writeFileAtomically } from '../../host/files.ts';
import { disableUnit, enableUnit, reloadUnits } from '../../host/systemd.ts';
import { FILES } from '../../model/file-modes.ts';
import type { Layout } from '../../model/layout.ts';
import type { NetworkPlan } from '../../model/network-plan.ts';
import { UNIT_DIRECTORY } from '../../model/systemd-names.ts';
import { renderBootChanges, renderBootScript } from '../../render/network-script.ts';
import { renderNetworkUnits } from '../../render/network-units.ts';
import type { TransactionDeps } from './transaction-deps.ts';
import { isSystems } from './transaction-watchdog.ts';

/**
 * Makes the next boot settle a transaction that this one leaves open: before the first change. Idle until then. Only the system's own
 * instance has units.
 */
export async function installBootUnits(layout: Layout): Promise<void> {
  await makeDirectory(layout.networkDir, { mode: FILES.networkDir.mode });
  const script = bootScript(layout);
  await writeFileAtomically(script, renderBootScript(), { mode: 0o700 });
  if (!(await isSystems(layout))) return;
  const units = renderNetworkUnits(script);
  for (const { name, text } of units) await writeFileAtomically(`${UNIT_DIRECTORY}/${name}`, text);
  await reloadUnits();
  for (const { name } of units) await enableUnit(name);
}

/** From now on each boot makes the plan's own changes. May run twice. */
export async function secureBoot(
  layout: Layout,
  { number, atBoot }: Pick<NetworkPlan, 'number' | 'atBoot'>,
): Promise<void> {
  await makeDirectory(bootDir(layout), { mode: 0o700 });
  for (const phase of ['early', 'late'] as const) {
    const text = renderBootChanges(number, phase, atBoot[phase]);
    await writeFileAtomically(`${bootDir(layout)}/${phase}.sh`, text, { mode: 0o600 });
  }
}

/** The undo: the boot does what the plan before said, and that one is in force again. */
export async function leaveBoot({ layout, store }: TransactionDeps, { number, parent }: NetworkPlan): Promise<void> {
  const before = parent === null ? null : (store.networkPlans.find(parent)?.plan ?? null);
  if (before === null) await removeTree(bootDir(layout));
  else await secureBoot(layout, before);
  store.transaction(() => {
    store.networkPlans.setState(number, 'reverted');
    if (before !== null) store.networkPlans.setState(before.number, 'committed');
  });
}

/** Takes the units away where no plan is in force: the system is as it was before Lodge. */
export async function removeIdleUnits({ layout, store }: Pick<TransactionDeps, 'layout' | 'store'>): Promise<void> {
  if (store.networkPlans.current() !== null || !(await isSystems(layout))) return;
  for (const { name } of renderNetworkUnits(bootScript(layout))) {
    await disableUnit(name);
    await removeTree(`${UNIT_DIRECTORY}/${name}`);
  }
  await reloadUnits();
}

function bootScript({ networkDir }: Layout): string {
  return `${networkDir}/boot.sh`;
}

function bootDir({ networkDir }: Layout): string {
  return `${networkDir}/boot`;
}
