import { observeAppArmor } from '../../host/apparmor.ts';
import { isClockSynchronised } from '../../host/clock-sync.ts';
import { hasSystemd } from '../../host/systemd.ts';
import type { HostFacts } from '../../plan/judge-host.ts';
import { known } from './known.ts';

export async function observeSystem(): Promise<Pick<HostFacts, 'clock' | 'appArmor' | 'systemd'>> {
  const [clock, appArmor, systemd] = await Promise.all([
    known(async () => ({ synchronised: await isClockSynchronised(), systemd: await hasSystemd() })),
    known(observeAppArmor),
    known(hasSystemd),
  ]);
  return { clock, appArmor, systemd };
}
