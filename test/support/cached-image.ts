import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildDebianImage } from '../../src/install/build-debian.ts';
import type { BuildableImage } from '../../src/model/image.ts';

const SOURCES = join(import.meta.dirname, '../../src');

/**
 * A Debian image built here, kept between runs in LODGE_TEST_CACHE (default: lodge-test-cache under the system's
 * temporary directory) under a hash of the recipe: a changed recipe builds anew and takes the old one away.
 */
export async function cachedImage(name: BuildableImage): Promise<string> {
  const cache = process.env.LODGE_TEST_CACHE ?? join(tmpdir(), 'lodge-test-cache');
  const entry = `${name}-${recipeHash()}`;
  const imagesDir = join(cache, entry);
  const path = join(imagesDir, `${name}.qcow2`);
  if (await stat(path).catch(() => null)) return path;
  await mkdir(imagesDir, { recursive: true });
  const workDir = join(imagesDir, `work-${process.pid}`);
  try {
    const signal = new AbortController().signal;
    await buildDebianImage({ name, imagesDir, workDir, signal, onProgress: () => {} });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  const old = (await readdir(cache)).filter((other) => other.startsWith(`${name}-`) && other !== entry);
  for (const other of old) await rm(join(cache, other), { recursive: true, force: true });
  return path;
}

function recipeHash(): string {
  const hash = createHash('sha256');
  const parts = ['render/image-*.ts', 'install/{assemble,boot,build,finish,grub,place}*.ts'];
  const files = globSync(parts, { cwd: SOURCES }).filter((file) => !file.endsWith('.test.ts'));
  for (const file of files.sort()) hash.update(readFileSync(join(SOURCES, file)));
  return hash.digest('hex').slice(0, 16);
}
