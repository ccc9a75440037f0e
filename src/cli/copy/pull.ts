import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { LodgeError } from '../../base/errors.ts';
import type { CliContext } from '../context.ts';
import { type Copy, type GuestPath, lastName } from './endpoint.ts';
import { GIVE_FILE, GIVE_TREE } from './guest-scripts.ts';
import { place } from './place.ts';
import { runCopyScript } from './run-copy-script.ts';
import { broken, TarReader } from './tar-reader.ts';
import { Unpacker } from './unpack.ts';

type FromGuests = Extract<Copy, { direction: 'pull' }>;

/** From guests to here, one after the other. Files are written with the rights of who called, beside their place, and renamed when whole. */
export async function pull(context: CliContext, { from, to }: FromGuests, user: string | undefined): Promise<number> {
  const [first] = from;
  if (to.kind === 'stream' && first !== undefined) return pullToStream(context, first, user);
  const typed = to.kind === 'local' ? to.path : '.';
  const target = resolve(context.cwd, typed);
  const isDirectory = statSync(target, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isDirectory && (from.length > 1 || typed.endsWith('/'))) {
    throw new LodgeError('FILE_NOT_FOUND', `there is no directory ${typed} here`, { hint: `mkdir -p ${typed}` });
  }
  if (!existsSync(dirname(target))) {
    throw new LodgeError('FILE_NOT_FOUND', `there is no directory ${dirname(target)} here`, {
      hint: `mkdir -p ${dirname(target)}`,
    });
  }
  for (const source of from) {
    const name = isDirectory ? lastName(source.path) : basename(target);
    if (name === null) {
      throw new LodgeError('USAGE', `${source.guest}:${source.path} has no name of its own`, {
        hint: `name what it shall be here, such as ${typed}/${source.guest}`,
      });
    }
    const code = await pullOne(context, source, { directory: isDirectory ? target : dirname(target), name }, user);
    if (code !== 0) return code;
  }
  return 0;
}

async function pullOne(
  context: CliContext,
  source: GuestPath,
  { directory, name }: { directory: string; name: string },
  user: string | undefined,
): Promise<number> {
  const work = mkdtempSync(`${directory}/.lodge-cp-`);
  const unpacker = new Unpacker(work, (entry) =>
    context.output.say(`left out, as it is no file, directory or link: ${entry}`),
  );
  try {
    const reader = new TarReader(unpacker);
    const call = { guest: source.guest, user, script: GIVE_TREE, words: [source.path] };
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
    place(staged, Buffer.from(`${directory}/${name}`));
    return 0;
  } finally {
    unpacker.abandon();
    chmodSync(work, 0o700);
    rmSync(work, { recursive: true, force: true });
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
