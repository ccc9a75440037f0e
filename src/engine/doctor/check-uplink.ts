import type { DoctorCheck } from '../../model/doctor.ts';
import { judgeHostNetwork, judgeMacGuard } from '../../plan/doctor-uplink.ts';
import type { NetworkHealth } from '../network/health.ts';
import { guarded } from './guard.ts';

export function checkUplink(observe: () => Promise<NetworkHealth>): Promise<DoctorCheck[]> {
  return guarded(['mac-guard', 'network'], async () => {
    const { guard, network } = await observe();
    return [judgeMacGuard(guard), judgeHostNetwork(network)];
  });
}
