import { problemsError } from '../../../base/errors.ts';
import { fitImage } from '../../../plan/image-fit.ts';
import type { StepRunner } from '../../operations/step.ts';
import type { CreateInput } from '../create-guest.ts';
import { type GuestDeps, guestOf } from '../guest-deps.ts';

/**
 * Makes the guest's image, and what the image decides with it: of a download nothing was known when the guest was planned. The
 * image stays when the guest is taken back: what was wrong is an option, and the next try needs no download.
 */
export function prepareImage(deps: GuestDeps): StepRunner {
  return {
    async run(context) {
      const { operation } = context;
      const { image, asked } = operation.input as CreateInput;
      if (image.name === null || image.source === null) return;
      await deps.images.ensure(image.name, image.source, context);
      if (asked === undefined) return;
      const { sizeBytes, firmware, problems } = fitImage(asked, deps.images.require(image.name));
      if (problems.length > 0) {
        const hint = `the image is kept: the next try with it, or with --image ${image.name}, makes it no second time`;
        throw problemsError('VALIDATION_FAILED', `guest ${operation.subject} is not valid`, problems, hint);
      }
      const { spec } = guestOf(deps, operation);
      if (spec.disk.sizeBytes === sizeBytes && spec.firmware === firmware) return;
      deps.store.guests.become(operation.subject, { ...spec, firmware, disk: { ...spec.disk, sizeBytes } });
    },
    kept({ input }) {
      const { name } = (input as CreateInput).image;
      if (name === null || deps.images.find(name) === null) return null;
      return `the image ${name} stays: lodge image rm ${name} removes it`;
    },
  };
}
