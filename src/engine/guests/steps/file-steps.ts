import { chmod, chown, copyFile, lchown, lstat, readdir } from 'node:fs/promises';
import { makeDirectory, pathExists, removeTree } from '../../../host/files.ts';
import { FILES } from '../../../model/file-modes.ts';
import type { GuestRecord } from '../../../model/guest-record.ts';
import { createDisk, createOverlay } from '../../../qemu/images.ts';
import type { StepRunner } from '../../operations/step.ts';
import { type GuestDeps, guestOf, layoutOfGuest } from '../guest-deps.ts';
import { readGuest } from '../guest-records.ts';

/** The row is written in the transaction that begins the operation; only taking it back is left to do. */
export function reserveName(deps: GuestDeps): StepRunner {
  return {
    run: async ({ operation }) => void readGuest(deps.store, operation.subject),
    async undo({ operation }) {
      const wasThere = deps.store.guests.find(operation.subject) !== null;
      deps.store.guests.erase(operation.subject, 'kept');
      if (wasThere) deps.events.publish({ type: 'guest.removed', guest: operation.subject });
    },
  };
}

export function makeGuestDirectory(deps: GuestDeps): StepRunner {
  return {
    async run({ operation }) {
      const layout = layoutOfGuest(deps.layout, guestOf(deps, operation));
      const { gid } = await deps.machine.guestUser(guestOf(deps, operation));
      // Root writes, the guest's QEMU reads and passes through; the disk in it is its own.
      await makeDirectory(layout.dir, { mode: FILES.guestDir.mode, owner: { uid: 0, gid } });
    },
    undo: removeFiles(deps).run,
  };
}

export function removeFiles(deps: GuestDeps): StepRunner {
  return {
    async run({ operation }) {
      const layout = layoutOfGuest(deps.layout, guestOf(deps, operation));
      await removeTree(layout.runDir);
      await removeTree(layout.dir);
    },
  };
}

export function makeDisk(deps: GuestDeps): StepRunner {
  return {
    async run({ operation }) {
      const record = guestOf(deps, operation);
      const { disk, image } = record.spec;
      const layout = layoutOfGuest(deps.layout, record);
      await removeTree(layout.disk);
      if (image === null) await createDisk({ path: layout.disk, format: disk.format, sizeBytes: disk.sizeBytes });
      else {
        const { path, format } = deps.images.require(image);
        await createOverlay({ path: layout.disk, backing: { path, format }, sizeBytes: disk.sizeBytes });
      }
      await chown(layout.disk, ...(await ownerOf(deps, record)));
      await chmod(layout.disk, FILES.disk.mode);
    },
  };
}

/** UEFI keeps its variables in a file of each guest's own. */
export async function ensureUefiVariables(deps: GuestDeps, record: GuestRecord, varsPath: string): Promise<void> {
  const { uefi } = await deps.machine.abilities();
  if (uefi === null || (await pathExists(varsPath))) return;
  await copyFile(uefi.varsTemplate, varsPath);
  await chown(varsPath, ...(await ownerOf(deps, record)));
  await chmod(varsPath, FILES.uefiVars.mode);
}

async function ownerOf(deps: GuestDeps, record: GuestRecord): Promise<[number, number]> {
  const { uid, gid } = await deps.machine.guestUser(record);
  return [uid, gid];
}

/**
 * Makes what lies in the guest's directory the guest's own: an older Lodge, or a copy that was put back, left it to another user. Only
 * root can write in the directory, so that a name in it is what it was.
 */
export async function giveFilesToGuest(deps: GuestDeps, record: GuestRecord): Promise<void> {
  const { uid, gid } = await deps.machine.guestUser(record);
  const { dir, disk, uefiVars, seed, credentialsDir } = layoutOfGuest(deps.layout, record);
  const names = await readdir(credentialsDir).catch(() => []);
  const readable = [dir, seed, credentialsDir, ...names.map((name) => `${credentialsDir}/${name}`)];
  const give = async (path: string, owner: number) => {
    const found = await lstat(path).catch(() => null);
    if (found === null || (found.uid === owner && found.gid === gid)) return;
    await lchown(path, owner, gid);
  };
  for (const path of readable) await give(path, 0);
  for (const path of [disk, uefiVars]) await give(path, uid);
}
