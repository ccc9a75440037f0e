import { randomBytes } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { kindOf } from '../../base/bounded-file.ts';
import { inOurWords, LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import { type Copy, type GuestPath, type HostPath, lastName } from './endpoint.ts';
import { KEEP_STREAM, TAKE_STREAM, TAKE_TREE } from './guest-scripts.ts';
import { LeftOut } from './left-out.ts';
import { runCopyScript } from './run-copy-script.ts';
import { writeTar } from './tar-writer.ts';

type Into = Extract<Copy, { direction: 'push' }>;

/** From here into a guest. What is under the final name in the guest is the old or the new, never a half. */
export async function push(context: CliContext, { from, to }: Into, user: string | undefined): Promise<number> {
  const [first] = from;
  if (first?.kind === 'stream') return pushStream(context, to, user);
  const sources = from.map((one, index) => ({ ...sourceOf(context, one), name: String(index) }));
  // A name that ends in / is a directory's; it keeps that meaning for a path that is nothing but /.
  const mustBeDirectory = sources.length > 1 || to.path.endsWith('/');
  const words = [to.path, mustBeDirectory ? '1' : '0', workName(), ...sources.map(({ base }) => base)];
  const leftOut = new LeftOut();
  const input = writeTar(sources, (path) => leftOut.add(path));
  // `0/a/b -> site/a/b`
  const nameOf = (name: string) => name.replace(/^(\d+)(?=\/|$)/, (number) => sources[Number(number)]?.base ?? number);
  const code = await runCopyScript(context, { guest: to.guest, user, script: TAKE_TREE, words, nameOf }, { input });
  leftOut.tell(context.output);
  return code;
}

async function pushStream(context: CliContext, to: GuestPath, user: string | undefined): Promise<number> {
  if (to.path.endsWith('/') || lastName(to.path) === null) {
    throw new LodgeError('USAGE', 'the standard input has no name of its own', {
      hint: `lodge cp - ${to.guest}:/root/NAME`,
    });
  }
  const words = [to.path, '0', workName()];
  const call = { guest: to.guest, user, words };
  const input = context.stdin as AsyncIterable<Uint8Array>;
  const code = await runCopyScript(context, { ...call, script: TAKE_STREAM }, { input });
  return code === 0 ? runCopyScript(context, { ...call, script: KEEP_STREAM }, {}) : code;
}

/** @throws FILE_NOT_FOUND before the guest is asked anything */
function sourceOf({ cwd }: CliContext, end: HostPath): { path: string; base: string } {
  const typed = end.kind === 'local' ? end.path : '';
  const path = resolve(cwd, typed);
  if (typed === '') throw new LodgeError('USAGE', 'lodge cp: a file without a name was named');
  let found: Stats;
  try {
    found = statSync(path);
  } catch (error) {
    throw inOurWords(error, typed);
  }
  if (!found.isFile() && !found.isDirectory()) {
    throw new LodgeError('VALIDATION_FAILED', `${typed}: is ${kindOf(found)}, and no file or directory`, {
      hint: 'to copy what a pipe brings: lodge cp - NAME:PATH',
    });
  }
  const base = lastName(path);
  if (base === null)
    throw new LodgeError('USAGE', `${typed}: has no name of its own`, { hint: 'name the directories in it' });
  return { path, base };
}

function workName(): string {
  return `.lodge-cp-${randomBytes(8).toString('hex')}`;
}
