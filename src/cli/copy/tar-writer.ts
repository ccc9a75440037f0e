import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, stat } from 'node:fs/promises';
import { LodgeError } from '../../base/errors.ts';
import { BLOCK, encodeHeader, paddingOf } from './tar-format.ts';

const READ_BYTES = 256 * 1024;

/** A file or a directory of this host, and its name in the archive. */
export interface TarSource {
  path: string;
  name: string;
}

/** The last entry of an archive: who unpacks it knows that none is missing. */
export const LAST_ENTRY = 'end';

/**
 * An archive of the sources, as it is read. A source that is a link is followed, links below it are kept. Modes and times are kept; sockets,
 * pipes and devices are left out and told.
 *
 * @throws the system's error when something cannot be read: nothing may be made of what came before
 */
export async function* writeTar(
  sources: readonly TarSource[],
  leftOut: (path: string) => void,
): AsyncGenerator<Buffer> {
  for (const { path, name } of sources) yield* writeEntry(Buffer.from(path), name, true, leftOut);
  yield encodeHeader({ name: LAST_ENTRY, mode: 0o600, size: 0, mtimeNs: 0n, type: '0', linkName: '' });
  yield Buffer.alloc(2 * BLOCK);
}

async function* writeEntry(
  path: Buffer,
  name: string,
  isTop: boolean,
  leftOut: (path: string) => void,
): AsyncGenerator<Buffer> {
  const found = await (isTop ? stat(path, { bigint: true }) : lstat(path, { bigint: true }));
  const header = { name, mode: Number(found.mode), size: 0, mtimeNs: found.mtimeNs, linkName: '' };
  if (found.isDirectory()) {
    yield encodeHeader({ ...header, name: `${name}/`, type: '5' });
    const names = await readdir(path, { encoding: 'buffer' });
    for (const one of names.sort(Buffer.compare)) {
      yield* writeEntry(
        Buffer.concat([path, Buffer.from('/'), one]),
        `${name}/${one.toString('latin1')}`,
        false,
        leftOut,
      );
    }
  } else if (found.isSymbolicLink()) {
    const linkName = (await readlink(path, { encoding: 'buffer' })).toString('latin1');
    yield encodeHeader({ ...header, type: '2', linkName });
  } else if (found.isFile()) {
    yield* writeFile(path, { ...header, type: '0' }, isTop);
  } else if (isTop) {
    throw new LodgeError('VALIDATION_FAILED', `${path}: is no file, directory or link`, {
      hint: 'to copy what a pipe brings: lodge cp - NAME:PATH',
    });
  } else {
    leftOut(path.toString());
  }
}

async function* writeFile(
  path: Buffer,
  header: Parameters<typeof encodeHeader>[0],
  isTop: boolean,
): AsyncGenerator<Buffer> {
  // What became a link since it was looked at is not followed, and what became a FIFO not waited for.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const file = await open(path, flags | (isTop ? 0 : constants.O_NOFOLLOW));
  try {
    const found = await file.stat();
    if (!found.isFile())
      throw new LodgeError('COMMAND_FAILED', `${path}: is no file any more`, { hint: 'copy it again' });
    const { size } = found;
    yield encodeHeader({ ...header, size });
    let position = 0;
    while (position < size) {
      const { bytesRead, buffer } = await file.read(
        Buffer.allocUnsafe(READ_BYTES),
        0,
        Math.min(READ_BYTES, size - position),
        position,
      );
      if (bytesRead === 0)
        throw new LodgeError('COMMAND_FAILED', `${path}: became shorter while it was read`, { hint: 'copy it again' });
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    yield Buffer.alloc(paddingOf(size));
  } finally {
    await file.close();
  }
}
