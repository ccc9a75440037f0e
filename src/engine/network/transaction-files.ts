import { link, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { explainError, isLodgeError, LodgeError } from '../../base/errors.ts';
import { fileError, readIfPresent, syncDirectory, writeFileAtomically } from '../../host/files.ts';
import type { FileChange } from '../../model/network-plan.ts';
import type { PlacedFile } from '../../render/network-script.ts';

/** A file of the plan where it really lies, with the names beside it that a change needs. Names with a dot: no dialect reads them. */
interface FilePlaces {
  path: string;
  staged: string;
  kept: string;
}

/** Where the plan's files lie on this disk. A symbolic link stays one: what it leads to is written. */
export async function placeFiles(root: string, files: readonly FileChange[]): Promise<PlacedFile[]> {
  return Promise.all(
    files.map(async ({ path, after, mode }) => ({ path: (await placesOf(root, path)).path, after, mode })),
  );
}

async function placesOf(root: string, planned: string): Promise<FilePlaces> {
  const path = await realpath(`${root}${planned}`).catch(() => `${root}${planned}`);
  const beside = `${dirname(path)}/.${basename(path)}`;
  return { path, staged: `${beside}.lodge-new`, kept: `${beside}.lodge-old` };
}

/**
 * Writes all files or none. First every new text beside its file and the old file under a second name: that needs room on the disk and
 * may fail. Then only renames, which need none; if one of them fails, the others are renamed back.
 *
 * @throws DISK_FULL, PERMISSION_DENIED: then every file is as it was
 */
export async function writeFiles(root: string, files: readonly FileChange[]): Promise<void> {
  const placed = await Promise.all(files.map(async (file) => ({ file, places: await placesOf(root, file.path) })));
  try {
    for (const { file, places } of placed) await stageFile(file, places);
    for (const { file, places } of placed) await switchFile(file, places);
  } catch (error) {
    await restoreFiles(root, files).catch((worse: unknown) => {
      throw new LodgeError('UNDO_FAILED', `${explainError(error)}; and then`, { cause: worse });
    });
    throw error;
  }
}

async function stageFile({ after, mode }: FileChange, { path, staged, kept }: FilePlaces): Promise<void> {
  try {
    // One that is there already was kept by a daemon that was killed: what lies at the path may be new by now.
    await link(path, kept).catch(ignoring('ENOENT', 'EEXIST'));
    if (after === null) return;
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomically(staged, after, { mode });
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}

async function switchFile({ after }: FileChange, { path, staged }: FilePlaces): Promise<void> {
  try {
    if (after === null) await rm(path, { force: true });
    else await rename(staged, path);
    await syncDirectory(dirname(path)).catch(ignoring('ENOENT'));
  } catch (error) {
    throw fileError(error, `cannot write ${path}`);
  }
}

/** Puts every file back that was switched; those that were not are left alone. May run twice. */
export async function restoreFiles(root: string, files: readonly FileChange[]): Promise<void> {
  const errors: unknown[] = [];
  for (const file of files) {
    await restoreFile(file, await placesOf(root, file.path)).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0) throw errors[0];
}

async function restoreFile(
  { path: name, before, mode }: FileChange,
  { path, staged, kept }: FilePlaces,
): Promise<void> {
  try {
    await rm(staged, { force: true });
    // Never ours: it is what stood in the way.
    if (await isDirectory(path)) return;
    const present = await presentText(path);
    if (before === null) {
      if (present !== null) await rm(path, { force: true });
    } else if (present === before) {
      await rm(kept, { force: true });
    } else {
      // The kept file has its owner and its mode. A boot that wrote the file kept none: then it is written anew.
      await rename(kept, path).catch(async (error: unknown) => {
        ignoring('ENOENT')(error);
        await writeFileAtomically(path, before, { mode });
      });
    }
    await syncDirectory(dirname(path)).catch(ignoring('ENOENT'));
  } catch (error) {
    throw fileError(error, `cannot put ${name} back`);
  }
}

/** What stands there now; undefined for what is none of the texts that were ever written there: a FIFO, or gigabytes. */
async function presentText(path: string): Promise<string | null | undefined> {
  return readIfPresent(path).catch((error: unknown) => {
    if (isLodgeError(error, 'VALIDATION_FAILED')) return undefined;
    throw error;
  });
}

/** Takes away what was kept beside the files: there is no way back to it any more. */
export async function forgetKept(root: string, files: readonly FileChange[]): Promise<void> {
  for (const { path } of files) {
    const { staged, kept } = await placesOf(root, path);
    await rm(staged, { force: true });
    await rm(kept, { force: true });
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function ignoring(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  };
}
