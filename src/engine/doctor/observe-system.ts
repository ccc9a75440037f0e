import { observeAppArmor } from '../../host/apparmor.ts';
import { isClockSynchronised } from '../../host/clock-sync.ts';
import { landlockVersion } from '../../host/landlock.ts';
import { hasSystemd } from '../../host/systemd.ts';
import type { HostFacts } from '../../plan/judge-host.ts';
import { known } from './known.ts';

export async function observeSystem(): Promise<Pick<HostFacts, 'clock' | 'appArmor' | 'landlock' | 'systemd'>> {
  const [clock, appArmor, landlock, systemd] = await Promise.all([
    known(async () => ({ synchronised: await isClockSynchronised(), systemd: await hasSystemd() })),
    known(observeAppArmor),
    known(landlockVersion),
    known(hasSystemd),
  ]);
  return { clock, appArmor, landlock, systemd };
}
