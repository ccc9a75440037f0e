import { type Stats, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { kindOf } from '../../base/bounded-file.ts';
import { inOurWords, LodgeError } from '../../base/errors.ts';
import { shellWord } from '../../base/quoting/shell-word.ts';
import { trimEndOf } from '../../base/trim-end.ts';
import type { CliContext } from '../context.ts';
import { type Copy, type GuestPath, lastName } from './endpoint.ts';
import { GIVE_FILE, GIVE_TREE } from './guest-scripts.ts';
import { KeptFree } from './kept-free.ts';
import { LeftOut } from './left-out.ts';
import { place, refuseSpecial } from './place.ts';
import { runCopyScript } from './run-copy-script.ts';
import { broken, TarReader } from './tar-reader.ts';
import { Unpacker } from './unpack.ts';
import { clearLeftovers, WorkDirectory } from './work-directory.ts';

type FromGuests = Extract<Copy, { direction: 'pull' }>;

/** From guests to here, one after the other. Files are written with the rights of who called, beside their place, and renamed when whole. */
export async function pull(context: CliContext, { from, to }: FromGuests, user: string | undefined): Promise<number> {
  const [first] = from;
  if (to.kind === 'stream' && first !== undefined) return pullToStream(context, first, user);
  const typed = to.kind === 'local' ? to.path : '.';
  const target = resolve(context.cwd, typed);
  const found = look(target, typed);
  const isDirectory = found?.isDirectory() === true;
  if (!isDirectory && (from.length > 1 || typed.endsWith('/'))) throw noDirectory(typed, found);
  if (!isDirectory && look(dirname(target), typed)?.isDirectory() !== true)
    throw noDirectory(dirname(target), undefined);
  clearLeftovers(isDirectory ? target : dirname(target), context.output);
  for (const source of from) {
    const name = isDirectory ? lastName(source.path) : basename(target);
    if (name === null) {
      throw new LodgeError('USAGE', `${source.guest}:${source.path}: has no name of its own`, {
        hint: `name what it shall be here, such as ${typed}/${source.guest}`,
      });
    }
    const code = await pullOne(context, source, { directory: isDirectory ? target : dirname(target), name }, user);
    if (code !== 0) return code;
  }
  return 0;
}

function look(path: string, typed: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw inOurWords(error, typed);
  }
}

function noDirectory(path: string, found: Stats | undefined): LodgeError {
  if (found !== undefined)
    return new LodgeError(
      'VALIDATION_FAILED',
      `${path}: is ${found.isFile() ? 'a file' : kindOf(found)}, and no directory`,
    );
  return new LodgeError('FILE_NOT_FOUND', `${path}: there is no such directory`, {
    hint: `mkdir -p ${shellWord(path)}`,
  });
}

async function pullOne(
  context: CliContext,
  source: GuestPath,
  { directory, name }: { directory: string; name: string },
  user: string | undefined,
): Promise<number> {
  const final = Buffer.from(`${directory}/${name}`);
  refuseSpecial(final);
  using work = new WorkDirectory(directory);
  const leftOut = new LeftOut();
  const unpacker = new Unpacker(work.path, new KeptFree(work.path), (entry) => leftOut.add(entry));
  try {
    const reader = new TarReader(unpacker);
    // `./a/b -> /srv/site/a/b`
    const nameOf = (entry: string) =>
      /^\.(?:\/|$)/.test(entry) ? `${trimEndOf(source.path, '/')}${entry.slice(1)}` : entry;
    const call = { guest: source.guest, user, script: GIVE_TREE, words: [source.path], nameOf };
    const code = await runCopyScript(context, call, {
      output: (bytes) => {
        reader.push(bytes);
        return undefined;
      },
    });
    if (code !== 0) return code;
    if (!reader.isOver) throw broken('an archive without an end');
    unpacker.finish();
    const staged = unpacker.result();
    if (staged === null) throw broken('an archive with nothing in it');
    place(staged, final);
    leftOut.tell(context.output);
    return 0;
  } finally {
    unpacker.abandon();
  }
}

async function pullToStream(context: CliContext, source: GuestPath, user: string | undefined): Promise<number> {
  const stdout = context.output.stdout as NodeJS.WritableStream;
  return runCopyScript(
    context,
    { guest: source.guest, user, script: GIVE_FILE, words: [source.path] },
    {
      output: (bytes) => {
        if (stdout.write(bytes) !== false) return undefined;
        return new Promise((resolveDrained) => stdout.once('drain', resolveDrained));
      },
    },
  );
}
