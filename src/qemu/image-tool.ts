import type { FileHandle } from 'node:fs/promises';
import { parseBoundedJson } from '../base/bounded-json.ts';
import { LodgeError } from '../base/errors.ts';
import { type ExecResult, exec } from '../host/exec.ts';
import { isMappedId } from '../host/id-map.ts';
import { lookupUser, QEMU_USER } from '../host/users.ts';
import { IMAGE_TOOL_ID } from '../model/unix-ids.ts';

export interface ImageToolUser {
  uid: number;
  gid: number;
  groups?: readonly number[];
}

interface ImageToolRun {
  /** Files it works on: `/dev/fd/3` in its words is the first. Null leaves a number out. */
  files?: readonly FileHandle[];
  /** Whom it runs as. Without one: an id that owns nothing and no process. */
  as?: ImageToolUser;
  /** Wall-clock limit; half of it is the limit of processor time. Default 120 s. */
  timeoutMs?: number;
  /** The largest file it may write; default 16 MiB: what only reads writes nothing. */
  outputBytes?: number;
  okExitCodes?: number[];
  signal?: AbortSignal | undefined;
}

const TIMEOUT_MS = 120_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;
/** `convert` takes 150 MiB of address space, `check` of 2 TiB 70 MiB more; a hostile file asks for whatever it claims to be. */
const MEMORY_BYTES = 512 * 1024 * 1024;
const STACK_BYTES = 1024 * 1024;

/**
 * Runs qemu-img, which reads what strangers have made: as a user with no rights, no capability, no network and no group, within limits
 * of memory, time and output (docs/decisions/0021-ids-of-their-own.md). It gets open files and no names: it could open nothing of the host
 * that is not open to everybody.
 *
 * @throws what `exec` throws
 */
export async function runImageTool(words: string[], run: ImageToolRun = {}): Promise<ExecResult> {
  const { files = [], timeoutMs = TIMEOUT_MS, outputBytes = OUTPUT_BYTES, okExitCodes, signal } = run;
  const user = run.as ?? imageToolUser();
  const limits = [
    `--as=${MEMORY_BYTES}`,
    `--stack=${STACK_BYTES}`,
    `--cpu=${Math.ceil(timeoutMs / 1000)}`,
    `--fsize=${outputBytes}`,
    '--core=0',
    '--nofile=64',
  ];
  const isRoot = process.getuid?.() === 0;
  const groups = user.groups?.length ? ['--groups', user.groups.join(',')] : ['--clear-groups'];
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups];
  const rights = ['--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
  const wrapped = isRoot ? ['unshare', '--net', '--ipc', '--', 'setpriv', ...identity, ...rights, '--'] : [];
  const [program = '', ...args] = [...wrapped, 'prlimit', ...limits, '--', 'qemu-img', ...words];
  return exec(program, args, {
    timeoutMs,
    descriptors: files.map((file) => file.fd),
    cwd: '/',
    // One arena: the limit is on addresses, and each thread's own arena reserves 64 MiB of them.
    environment: { PATH: process.env.PATH, MALLOC_ARENA_MAX: '1' },
    ...(okExitCodes === undefined ? {} : { okExitCodes }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** What it says under `--output=json`: it may say whatever the one who made the image likes. @throws COMMAND_FAILED */
export function readToolAnswer({ stdout }: Pick<ExecResult, 'stdout'>): Record<string, unknown> {
  try {
    const answer = parseBoundedJson(Buffer.from(stdout), 'its answer');
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>;
  } catch (cause) {
    throw new LodgeError('COMMAND_FAILED', 'qemu-img said what cannot be read', { cause });
  }
  throw new LodgeError('COMMAND_FAILED', 'qemu-img said nothing of the image');
}

/** A number of bytes in its answer. @throws COMMAND_FAILED */
export function bytesIn(answer: Record<string, unknown>, key: string): number {
  const bytes = answer[key];
  if (typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw new LodgeError('COMMAND_FAILED', `qemu-img said no number of bytes for ${key}`);
}

/** In a user namespace with few ids (a container) QEMU's account has to do. */
export function imageToolUser(): ImageToolUser {
  if (isMappedId(IMAGE_TOOL_ID)) return { uid: IMAGE_TOOL_ID, gid: IMAGE_TOOL_ID };
  return lookupUser(QEMU_USER) ?? { uid: 65_534, gid: 65_534 };
}
