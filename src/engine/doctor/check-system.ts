import { observeAppArmor } from '../../host/apparmor.ts';
import { isClockSynchronised } from '../../host/clock-sync.ts';
import { hasSystemd } from '../../host/systemd.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import { judgeAppArmor, judgeClock, judgeSystemd } from '../../plan/doctor-system.ts';
import { guarded } from './guard.ts';

export async function checkSystem(): Promise<DoctorCheck[]> {
  const groups = await Promise.all([
    guarded(['clock'], async () => [
      judgeClock({ synchronised: await isClockSynchronised(), systemd: await hasSystemd() }),
    ]),
    guarded(['apparmor'], async () => [judgeAppArmor(await observeAppArmor())]),
    guarded(['systemd'], async () => [judgeSystemd(await hasSystemd())]),
  ]);
  return groups.flat();
}
