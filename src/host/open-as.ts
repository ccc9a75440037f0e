import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { constants as system } from 'node:os';
import type { Caller } from '../base/caller.ts';
import { LodgeError } from '../base/errors.ts';
import { fileFaultOf } from '../base/file-fault.ts';
import { startTalking } from './exec.ts';
import { fileError } from './files.ts';

const { O_RDONLY, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * Opens the file with the caller's rights alone, and holds it until its standard input ends. Its real user stays root: the caller may
 * not trace it, nor reach its descriptors (ptrace(2), access mode checking). 02004400 is O_RDONLY, O_NONBLOCK, O_NOCTTY, O_CLOEXEC.
 */
const OPEN = `
my ($uid, $gid, $groups, $path) = @ARGV;
$| = 1;
$) = "$gid $gid $groups";
$> = $uid;
die "not the caller" unless $> == $uid && (split " ", $))[0] == $gid;
sysopen(my $file, $path, 02004400) or do { print "error ", $! + 0, "\\n"; exit };
print -f $file ? "open $$ " . fileno($file) . "\\n" : -d _ ? "directory\\n" : "other\\n";
<STDIN>;
`;

/**
 * Opens a regular file for reading, with the rights of the caller: a path that somebody names is looked up once, as he could have done
 * it himself. Whatever the path leads to afterwards, the handle stays this file's.
 *
 * @throws FILE_NOT_FOUND, PERMISSION_DENIED, NOT_AN_IMAGE for a directory and what is no regular file
 */
export async function openAs(path: string, caller: Caller): Promise<FileHandle> {
  const what = `cannot read ${path}`;
  if (path.includes('\0')) throw new LodgeError('FILE_NOT_FOUND', 'a path cannot have a zero byte in it');
  if (caller.uid === 0) return openAsRoot(path, path, what);
  const line = Promise.withResolvers<string>();
  const words = [String(caller.uid), String(caller.gid), caller.groups.join(' '), path];
  const helper = await startTalking('perl', ['-e', OPEN, ...words], line.resolve);
  try {
    const said = await Promise.race([line.promise, helper.ended.then(() => 'died')]);
    const [kind, first, second] = said.split(' ');
    if (kind === 'open') return await openAsRoot(`/proc/${first}/fd/${second}`, path, what);
    if (kind === 'error') throw fileError(systemError(Number(first), path), what);
    if (kind === 'directory' || kind === 'other') throw noFile(path, kind === 'directory');
    throw new LodgeError('PERMISSION_DENIED', what);
  } finally {
    await helper.end();
  }
}

async function openAsRoot(at: string, path: string, what: string): Promise<FileHandle> {
  const handle = await open(at, O_RDONLY | O_NONBLOCK | O_NOCTTY).catch((error) =>
    Promise.reject(fileError(error, what)),
  );
  const status = await handle.stat();
  if (status.isFile()) return handle;
  await handle.close();
  throw noFile(path, status.isDirectory());
}

function noFile(path: string, isDirectory: boolean): LodgeError {
  const cause = systemError(isDirectory ? system.errno.EISDIR : system.errno.ENXIO, path);
  return new LodgeError('NOT_AN_IMAGE', `${path} is no disk image: it ${fileFaultOf(cause)?.says}`, { cause });
}

/** `13 -> an error with the code EACCES`, as Node would make it. */
function systemError(errno: number, path: string): NodeJS.ErrnoException {
  const code = Object.entries(system.errno).find(([, number]) => number === errno)?.[0];
  return Object.assign(new Error(code ?? `error ${errno}`), { code, syscall: 'open', path });
}
