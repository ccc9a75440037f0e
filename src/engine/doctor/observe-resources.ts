import { observeDiskSpace } from '../../host/disk-space.ts';
import { observeMemory } from '../../host/memory.ts';
import { observeMount } from '../../host/mount.ts';
import type { Layout } from '../../model/layout.ts';
import type { HostFacts } from '../../plan/judge-host.ts';
import { known } from './known.ts';

/** Where images are made, as `create` looks at it. */
export async function observeResources({
  imagesDir,
}: Layout): Promise<Pick<HostFacts, 'memory' | 'disk' | 'stateMount'>> {
  const [memory, disk, stateMount] = await Promise.all([
    known(observeMemory),
    known(() => observeDiskSpace(imagesDir)),
    known(async () => ({ path: imagesDir, mount: await observeMount(imagesDir) })),
  ]);
  return { memory, disk, stateMount };
}
