import { chmod, chown, copyFile } from 'node:fs/promises';
import { makeDirectory, pathExists, removeTree } from '../../../host/files.ts';
import { FILES } from '../../../model/file-modes.ts';
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
      const { gid } = await deps.machine.qemuOwner();
      // Root writes, QEMU reads and passes through; the disk in it is QEMU's own.
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
      await giveToQemu(deps, layout.disk);
    },
  };
}

/** UEFI keeps its variables in a file of each guest's own. */
export async function ensureUefiVariables(deps: GuestDeps, varsPath: string): Promise<void> {
  const { uefi } = await deps.machine.abilities();
  if (uefi === null || (await pathExists(varsPath))) return;
  await copyFile(uefi.varsTemplate, varsPath);
  await giveToQemu(deps, varsPath);
}

async function giveToQemu(deps: GuestDeps, path: string): Promise<void> {
  const { uid, gid } = await deps.machine.qemuOwner();
  await chown(path, uid, gid);
  await chmod(path, FILES.disk.mode);
}
