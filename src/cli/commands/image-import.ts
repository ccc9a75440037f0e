import { routes } from '../../api/routes.ts';
import type { ImportImage } from '../../api/types.ts';
import { missingChecksum } from '../../base/checksum.ts';
import { isLodgeError } from '../../base/errors.ts';
import { imageNameFrom, parseImageName } from '../../model/image.ts';
import type { CliContext } from '../context.ts';
import type { CommandInput } from '../input.ts';
import { createProblemList, notAsTyped } from '../problem-list.ts';
import { runOperations } from '../run-operations.ts';
import { parseImageSource, resolveImageSource } from '../user-files.ts';
import { oneOf, parseTypedChecksum } from '../values.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const problems = createProblemList();
  problems.read('source', input.first, parseImageSource);
  const identity = problems.read('identity', input.text('identity'), oneOf('nocloud', 'none'));
  const name = problems.read('name', input.text('name') ?? imageNameFrom(input.first), parseImageName);
  const checksum = input.text('checksum');
  problems.read('checksum', checksum, parseTypedChecksum);
  for (const problem of missingChecksum(input.first, checksum)) problems.add(problem);
  problems.throwIfAny(notAsTyped('image import', input.first));
  const body: ImportImage = {
    // It parsed, or the line before has thrown.
    name: name ?? '',
    source: resolveImageSource(input.first, context.cwd),
    ...(checksum === undefined ? {} : { checksum }),
    ...(identity === undefined ? {} : { identity }),
  };
  return runOperations(
    context,
    input,
    [body.name],
    () => context.client.request('POST', routes.imageImport, body),
    'is ready',
    (name, refusal) =>
      isLodgeError(refusal, 'IMAGE_SAME')
        ? Promise.resolve(`${name} is there already, with this content`)
        : Promise.reject(refusal),
  );
}
