import { observeDiskSpace } from '../../host/disk-space.ts';
import { observeMemory } from '../../host/memory.ts';
import { observeMount } from '../../host/mount.ts';
import type { DoctorCheck } from '../../model/doctor.ts';
import type { Layout } from '../../model/layout.ts';
import { judgeDisk, judgeInodes, judgeMemory, judgeSwap } from '../../plan/doctor-resources.ts';
import { judgeStateMount } from '../../plan/state-mount.ts';
import { guarded } from './guard.ts';

export async function checkResources(layout: Layout): Promise<DoctorCheck[]> {
  const memory = await guarded(['memory', 'swap'], async () => {
    const facts = await observeMemory();
    return [judgeMemory(facts), judgeSwap(facts)];
  });
  const disk = await guarded(['disk', 'inodes'], async () => {
    const facts = await observeDiskSpace(layout.stateDir);
    return [judgeDisk(facts), judgeInodes(facts)];
  });
  const mount = await guarded(['state-mount'], async () => [
    judgeStateMount(layout.stateDir, await observeMount(layout.stateDir)),
  ]);
  return [...memory, ...disk, ...mount];
}
