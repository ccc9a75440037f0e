import { basename } from 'node:path';
import { routes } from '../../api/routes.ts';
import type { ImportImage } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { type CommandInput, createInput } from '../input.ts';
import { createProblemList, oneOf } from '../problem-list.ts';
import { runOperations } from '../run-operations.ts';
import { resolveImageSource } from '../user-files.ts';

export async function run(context: CliContext, input: CommandInput): Promise<undefined> {
  const problems = createProblemList();
  const identity = problems.read('identity', input.text('identity'), oneOf('nocloud', 'none'));
  problems.throwIfAny(`image ${input.first}`);
  const checksum = input.text('checksum');
  const body: ImportImage = {
    name: input.text('name') ?? imageNameOf(input.first),
    source: resolveImageSource(input.first, context.cwd),
    ...(checksum === undefined ? {} : { checksum }),
    ...(identity === undefined ? {} : { identity }),
  };
  const named = createInput([body.name], { detach: input.flag('detach') });
  return runOperations(context, named, () => context.client.request('POST', routes.imageImport, body), 'is ready');
}

/** `https://example.org/Debian_12-amd64.qcow2?x=1 -> debian-12-amd64` */
export function imageNameOf(source: string): string {
  const file = basename(source.replace(/[?#].*$/, '')).replace(/\.(qcow2|raw|img|vmdk)$/i, '');
  return file
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
