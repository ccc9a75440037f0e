import type { FileHandle } from 'node:fs/promises';
import type { Caller } from '../../base/caller.ts';
import { isLodgeError, type Problem } from '../../base/errors.ts';
import { fileFaultOf } from '../../base/file-fault.ts';
import { openAs } from '../../host/open-as.ts';
import { isReadableBy } from '../../host/readable-by.ts';
import { groupsOf, lookupUser, QEMU_USER } from '../../host/users.ts';
import type { Firmware } from '../../model/guest.ts';
import { BOOT_RECORD_SECTOR, CD_SECTOR_BYTES, catalogueSector, firmwaresOfCatalogue } from '../../parse/el-torito.ts';
import { imageToolUser } from '../../qemu/image-tool.ts';

interface CdLook {
  /** What keeps it from being used. */
  problems: Problem[];
  /** What boots from it; empty where nobody can tell. */
  firmwares: Firmware[];
}

/**
 * Looks at a CD image with the rights of who named it. QEMU opens it as its own user, who cannot see into everybody's home: whatever
 * the path leads to by then, it is a file that this user may read.
 */
export async function lookAtCd(path: string, file: string, caller: Caller): Promise<CdLook> {
  const refused = (rule: string): CdLook => ({ problems: [{ path, rule, value: file }], firmwares: [] });
  if (!file.startsWith('/')) return refused('must be an absolute path');
  let handle: FileHandle;
  try {
    handle = await openAs(file, caller);
  } catch (error) {
    if (!isLodgeError(error)) throw error;
    return refused(`must be ${fileFaultOf(error.cause ?? error)?.mustBe ?? 'a file that you may read'}`);
  }
  try {
    if (!(await isCd(handle))) return refused('must be a CD image (ISO 9660 or UDF), and is none');
    // Before set-up there is no such user; QEMU's own refusal tells then.
    if (lookupUser(QEMU_USER) !== null && !(await isReadableBy(someGuest(), file))) {
      return refused(
        `must be readable by everybody or by the group ${QEMU_USER}, which QEMU is in, on every directory of the way`,
      );
    }
    return { problems: [], firmwares: await firmwaresOfCd(handle) };
  } finally {
    await handle.close();
  }
}

/** A guest's user: nobody in particular, with the groups of QEMU's account. */
function someGuest() {
  return { ...imageToolUser(), groups: groupsOf(QEMU_USER) };
}

/** The first volume descriptor is in sector 16 (ECMA-119, section 8; ECMA-167, section 2/9). */
async function isCd(handle: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(5), 0, 5, 16 * 2048 + 1);
  return ['CD001', 'BEA01', 'NSR02', 'NSR03'].includes(buffer.toString('latin1', 0, bytesRead));
}

async function firmwaresOfCd(handle: FileHandle): Promise<Firmware[]> {
  const sector = async (number: number) => {
    const buffer = Buffer.alloc(CD_SECTOR_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, CD_SECTOR_BYTES, number * CD_SECTOR_BYTES);
    return buffer.subarray(0, bytesRead);
  };
  try {
    const catalogue = catalogueSector(await sector(BOOT_RECORD_SECTOR));
    return catalogue === null ? [] : firmwaresOfCatalogue(await sector(catalogue));
  } catch {
    return [];
  }
}
