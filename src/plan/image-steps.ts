import type { PlannedStep } from '../model/planned-step.ts';

export type ImageStepId = 'install-packages' | 'make-image' | 'register-image';

/** Building and importing differ in one step; both end with the image in the list, or with nothing. */
export function planImage(
  name: string,
  way: 'build' | 'import',
  missingPackages: readonly string[],
): PlannedStep<ImageStepId>[] {
  const make = {
    id: 'make-image' as const,
    title: way === 'build' ? `build ${name} from the host's own apt sources` : `import ${name}`,
    why: 'guests are copied from it',
  };
  const register = {
    id: 'register-image' as const,
    title: `put ${name} in the list`,
    why: 'only whole images are listed',
  };
  if (missingPackages.length === 0) return [make, register];
  const install = {
    id: 'install-packages' as const,
    title: `install ${missingPackages.join(' ')}`,
    why: 'the host lacks programs that the work needs',
  };
  return [install, make, register];
}
