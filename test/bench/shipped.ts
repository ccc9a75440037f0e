import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '../../src/host/exec.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

export interface Shipped extends AsyncDisposable {
  /** The launcher, as a user of the package calls it. */
  lodge: string;
}

/** Lodge as it is shipped: the launcher and the bundles, without the sources. */
export async function makeShipped(): Promise<Shipped> {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-shipped-'));
  await exec('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY });
  for (const part of ['lodge', 'tools', 'package-lock.json', 'dist']) {
    await cp(join(REPOSITORY, part), join(directory, part), { recursive: true });
  }
  await symlink(join(REPOSITORY, 'node_modules'), join(directory, 'node_modules'));
  return {
    lodge: join(directory, 'lodge'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
