import type { PlannedStep } from '../model/planned-step.ts';

export type ImageStepId = 'install-packages' | 'make-image';

/** Building and importing differ in what is made; both end with the image in the list, or with nothing. */
export function planImage(
  name: string,
  way: 'build' | 'import',
  missingPackages: readonly string[],
): PlannedStep<ImageStepId>[] {
  const make: PlannedStep<ImageStepId> = {
    id: 'make-image',
    title: way === 'build' ? `build ${name} from the host's own apt sources` : `import ${name}`,
    why: 'guests are copied from it; it is listed when it is whole',
  };
  return missingPackages.length === 0 ? [make] : [planInstall(missingPackages), make];
}

/** The first step of any work that the host lacks programs for. */
export function planInstall(missingPackages: readonly string[]): PlannedStep<'install-packages'> {
  const title = `install ${missingPackages.join(' ')}`;
  return { id: 'install-packages', title, why: 'the host lacks programs that the work needs' };
}
