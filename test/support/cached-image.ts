import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDebianImage } from '../../src/install/build-debian.ts';
import type { BuildableImage } from '../../src/model/image.ts';

const SOURCES = join(import.meta.dirname, '../../src');

/** Long after the last test that could still read it. */
const KEPT_UNUSED_MS = 3 * 24 * 3600_000;

/**
 * A Debian image built here, kept between runs in LODGE_TEST_CACHE (default: lodge-test-cache under the system's
 * temporary directory) under a hash of the recipe: a changed recipe builds anew. Several trees may share the cache at once:
 * what is there is whole, and nothing is taken away that was used in the last days.
 */
export async function cachedImage(name: BuildableImage): Promise<string> {
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const imagesDir = join(cache, `${name}-${recipeHash()}`);
  const path = join(imagesDir, `${name}.qcow2`);
  if (await isMarkedUsed(imagesDir, path)) return path;
  const workDir = join(cache, `work-${process.pid}-${name}`);
  const newDir = join(workDir, 'new');
  await mkdir(newDir, { recursive: true });
  try {
    const signal = new AbortController().signal;
    const build = { name, imagesDir: newDir, workDir: join(workDir, 'build'), signal, onProgress: () => {} };
    await buildDebianImage(build);
    await rename(newDir, imagesDir).catch(async (error: unknown) => {
      // Another tree was faster with the same recipe.
      if (!(await isMarkedUsed(imagesDir, path))) throw error;
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  await pruneUnused(cache, Date.now() - KEPT_UNUSED_MS);
  return path;
}

async function isMarkedUsed(directory: string, path: string): Promise<boolean> {
  if ((await stat(path).catch(() => null)) === null) return false;
  await utimes(directory, new Date(), new Date());
  return true;
}

async function pruneUnused(cache: string, sinceMs: number): Promise<void> {
  for (const entry of await readdir(cache)) {
    const found = await stat(join(cache, entry)).catch(() => null);
    if (found !== null && found.mtimeMs < sinceMs) await rm(join(cache, entry), { recursive: true, force: true });
  }
}

function recipeHash(): string {
  const hash = createHash('sha256');
  const parts = ['render/image-*.ts', 'install/{assemble,boot,build,debian,finish,grub,guest,open,place}*.ts'];
  const files = globSync(parts, { cwd: SOURCES }).filter((file) => !file.endsWith('.test.ts'));
  for (const file of files.sort()) hash.update(readFileSync(join(SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}
