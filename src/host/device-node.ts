import { chmod, chown, stat } from 'node:fs/promises';
import { fileError, pathExists } from './files.ts';

/** A character device and who may open it. `mode` holds the permission bits alone: 0o660. */
export interface DeviceNode {
  path: string;
  mode: number;
  uid: number;
  gid: number;
}

/** null when nothing of that name is a character device. */
export async function observeDeviceNode(path: string): Promise<DeviceNode | null> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isCharacterDevice()) return null;
  return { path, mode: found.mode & 0o777, uid: found.uid, gid: found.gid };
}

export async function setDeviceAccess(path: string, mode: number, gid: number): Promise<void> {
  try {
    await chown(path, 0, gid);
    await chmod(path, mode);
  } catch (error) {
    throw fileError(error, `cannot change who may open ${path}`);
  }
}

/** udevd sets the modes of devices by its own rules; its control socket is there while it runs. */
export function isUdevRunning(): Promise<boolean> {
  return pathExists('/run/udev/control');
}
