import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../host/exec.ts';
import { fileError } from '../host/files.ts';
import { FILES } from '../model/file-modes.ts';

/**
 * Writes an ISO 9660 image with the label `cidata` that holds the files at its root: cloud-init's NoCloud seed. The
 * image is replaced whole. It carries the guest's host key, so it is readable by its owner and group alone (0640):
 * the caller gives it QEMU's group.
 */
export async function writeSeedDisk(
  path: string,
  files: Readonly<Record<string, string | Uint8Array>> | object,
): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.new`;
  const directory = `${temporary}.d`;
  try {
    await mkdir(directory, { mode: 0o700 });
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(directory, name), content as string | Uint8Array);
    }
    // Rock Ridge and Joliet both keep names in lower case and with a hyphen, which plain ISO 9660 does not.
    const options = ['-as', 'mkisofs', '-quiet', '-volid', 'cidata', '-joliet', '-rational-rock'];
    await exec('xorriso', [...options, '-output', temporary, directory]);
    await chmod(temporary, FILES.seed.mode);
    await rename(temporary, path);
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? fileError(error, `cannot write ${path}`) : error;
  } finally {
    await rm(directory, { recursive: true, force: true });
    await rm(temporary, { force: true });
  }
}
