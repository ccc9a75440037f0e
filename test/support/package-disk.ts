import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';
import { packLodge } from './put-package.ts';

/** Where the label of the file system leads a guest's fstab. */
const LABEL = 'lodge';

/** Lodge as it is shipped, as a disk of its own: a guest mounts it in no time, where copying it over takes minutes under emulation. */
export async function makePackageDisk(dir: string): Promise<string> {
  const [path, built, tree] = [join(dir, 'package.img'), join(dir, 'package-built'), join(dir, 'package-tree')];
  await mkdir(built);
  await mkdir(tree);
  await exec('tar', [...(await packLodge(built)), '--file', join(dir, 'package.tar')]);
  await exec('tar', ['--extract', '--no-same-owner', '--file', join(dir, 'package.tar'), '-C', tree]);
  await exec('mke2fs', ['-q', '-t', 'ext4', '-L', LABEL, '-d', tree, path, '768M']);
  for (const work of [built, tree, join(dir, 'package.tar')]) await rm(work, { recursive: true });
  return path;
}
