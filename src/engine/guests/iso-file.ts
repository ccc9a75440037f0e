import { Stats } from 'node:fs';
import { access, constants, open, stat } from 'node:fs/promises';
import type { Problem } from '../../base/errors.ts';
import { fileFaultOf } from '../../base/file-fault.ts';
import { isReadableBy } from '../../host/readable-by.ts';
import { lookupUser, QEMU_USER } from '../../host/users.ts';
import type { Firmware } from '../../model/guest.ts';
import { BOOT_RECORD_SECTOR, CD_SECTOR_BYTES, catalogueSector, firmwaresOfCatalogue } from '../../parse/el-torito.ts';

/** What keeps a CD image from being used: QEMU opens it as its own user, who cannot see into everybody's home. */
export async function isoProblems(path: string, file: string): Promise<Problem[]> {
  if (!file.startsWith('/')) return [{ path, rule: 'must be an absolute path', value: file }];
  const found = await stat(file).catch((error: unknown) => error);
  if (!(found instanceof Stats)) {
    return [{ path, rule: `must be ${fileFaultOf(found)?.mustBe ?? 'a file that is there'}`, value: file }];
  }
  if (!found.isFile()) {
    return [
      {
        path,
        rule: found.isDirectory() ? 'must be a file: this is a directory' : 'must be a regular file',
        value: file,
      },
    ];
  }
  if (!(await isCd(file))) return [{ path, rule: 'must be a CD image (ISO 9660 or UDF), and is none', value: file }];
  // Before set-up there is no such user; QEMU's own refusal tells then.
  if (lookupUser(QEMU_USER) === null || (await isReadableBy(QEMU_USER, file))) return [];
  const rule = `must be readable by ${QEMU_USER}, as whom QEMU runs, on every directory of the way`;
  return [{ path, rule, value: file }];
}

/** The first volume descriptor is in sector 16 (ECMA-119, section 8; ECMA-167, section 2/9). A file that cannot be read is not judged. */
async function isCd(file: string): Promise<boolean> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return true;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 16 * 2048 + 1);
    return ['CD001', 'BEA01', 'NSR02', 'NSR03'].includes(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** What boots from the CD; empty where nobody can tell. */
export async function firmwaresOfCd(file: string): Promise<Firmware[]> {
  const handle = await open(file).catch(() => null);
  if (handle === null) return [];
  const sector = async (number: number) => {
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(CD_SECTOR_BYTES),
      0,
      CD_SECTOR_BYTES,
      number * CD_SECTOR_BYTES,
    );
    return buffer.subarray(0, bytesRead);
  };
  try {
    const catalogue = catalogueSector(await sector(BOOT_RECORD_SECTOR));
    return catalogue === null ? [] : firmwaresOfCatalogue(await sector(catalogue));
  } catch {
    return [];
  } finally {
    await handle.close();
  }
}

export function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
