import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import type { LodgeInstance } from './lodge-instance.ts';
import { eventually } from './netns.ts';

interface Picture {
  width: number;
  height: number;
  /** How many different colours its pixels have. */
  colours: number;
}

/** TightVNC's snapshot client (package vncsnapshot). It writes a JPEG, and counts displays from port 5900. */
const SNAPSHOT = ['-quiet', '-allowblank', '-quality', '100'];

/** What `lodge vnc --open` would take before ours, were it installed here. */
const OTHER_VIEWERS = /^(x?tigervncviewer|vncviewer|remote-viewer|gvncviewer|vinagre|krdc)$/;

/**
 * A picture by the viewer that `lodge vnc NAME --open` finds in the PATH: the snapshot client under that name, in a directory with all
 * other programs of this machine but the viewers. It needs no display, and the command asks for one.
 */
export async function pictureByViewer(lodge: LodgeInstance, name: string): Promise<Picture> {
  const directory = join(lodge.root, 'viewer');
  const file = join(directory, 'viewer.jpg');
  const viewer = join(directory, 'vncviewer');
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  for (const place of ['/usr/bin', '/usr/sbin']) {
    for (const program of await readdir(place)) {
      if (!OTHER_VIEWERS.test(program)) await symlink(join(place, program), join(directory, program)).catch(() => {});
    }
  }
  const words = ['exec vncsnapshot', ...SNAPSHOT, `127.0.0.1:$((\${1##*::} - 5900)) ${file}`];
  await writeFile(viewer, `#!/bin/sh\n${words.join(' ')}\n`);
  await chmod(viewer, 0o755);
  const { exitCode, stderr } = await lodge.run(['vnc', name, '--open'], { PATH: directory, DISPLAY: ':77' });
  if (exitCode !== 0) throw new Error(`the viewer ended with ${exitCode}: ${stderr}`);
  return readPicture(file);
}

/** A picture through a loopback port that leads to the unix socket: what the tunnel is of which `lodge vnc` tells. */
export async function pictureBySocket(lodge: LodgeInstance, socket: string): Promise<Picture> {
  const file = join(lodge.root, 'tunnel.jpg');
  const port = 5999;
  lodge.namespaces.start('host', 'socat', [`TCP-LISTEN:${port},bind=127.0.0.1`, `UNIX-CONNECT:${socket}`]);
  await eventually('the relay listens', async () => {
    return (await lodge.namespaces.run('host', 'ss', ['-Hltn', `sport = :${port}`])).stdout !== '';
  });
  // It ends by itself with its one connection.
  await lodge.namespaces.run('host', 'vncsnapshot', [...SNAPSHOT, `127.0.0.1:${port - 5900}`, file]);
  return readPicture(file);
}

/** Decodes a JPEG with djpeg (package libjpeg-turbo-progs) to a PPM: `P6\nWIDTH HEIGHT\n255\n`, then RGB. */
async function readPicture(jpeg: string): Promise<Picture> {
  const ppm = `${jpeg}.ppm`;
  await exec('djpeg', ['-pnm', '-rgb', '-outfile', ppm, jpeg]);
  const bytes = await readFile(ppm);
  const [head = '', width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString('latin1', 0, 32)) ?? [];
  if (head === '') throw new Error('djpeg wrote no P6 picture');
  const colours = new Set<number>();
  for (let at = head.length; at + 2 < bytes.length; at += 3) colours.add(bytes.readUIntBE(at, 3));
  return { width: Number(width), height: Number(height), colours: colours.size };
}
