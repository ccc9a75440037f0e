import { formatDuration } from '../base/clock.ts';
import type { PlannedStep } from '../model/planned-step.ts';

export type ImageStepId = 'set-up-host' | 'make-image';

/** Building and importing differ in what is made; both end with the image in the list, or with nothing. */
export function planImage(
  name: string,
  way: 'build' | 'import',
  setupActions: readonly string[],
  lastBuildMs: number | null = null,
): PlannedStep<ImageStepId>[] {
  const make: PlannedStep<ImageStepId> = {
    id: 'make-image',
    title:
      way === 'build'
        ? `build ${name} from the host's own apt sources (${expectBuild(lastBuildMs)})`
        : `import ${name}`,
    why: 'guests are copied from it; it is listed when it is whole',
  };
  return setupActions.length === 0 ? [make] : [planSetupStep(setupActions), make];
}

/** What a build takes on this host: its last one knows; before there was one, what hosts have shown. */
export function expectBuild(lastBuildMs: number | null): string {
  if (lastBuildMs === null) return 'one to six minutes, by the speed of processor and disk';
  return `the last build on this host took ${formatDuration(lastBuildMs)}`;
}

/** The first step of any work on a host that lacks something for it: what `lodge setup` would do. */
export function planSetupStep(setupActions: readonly string[]): PlannedStep<'set-up-host'> {
  const title = ['set the host up', ...(setupActions.length === 0 ? [] : [setupActions.join('; ')])].join(': ');
  return { id: 'set-up-host', title, why: 'the host lacks what the work needs' };
}
