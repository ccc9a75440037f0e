import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ROOT } from '../../base/caller.ts';
import { exec } from '../../host/exec.ts';
import { lookAtCd } from './iso-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'lodge-iso-'));
after(() => rmSync(directory, { recursive: true }));

async function rulesOf(name: string, content?: Buffer): Promise<string[]> {
  const path = join(directory, name);
  if (content !== undefined) writeFileSync(path, content);
  return (await lookAtCd('iso', path, ROOT)).problems.map(({ rule }) => rule);
}

function cdWith(identifier: string): Buffer {
  const sectors = Buffer.alloc(17 * 2048);
  sectors.write(identifier, 16 * 2048 + 1);
  return sectors;
}

test('a CD is known by its first volume descriptor', async () => {
  for (const identifier of ['CD001', 'BEA01']) {
    // The test's directory is not open to QEMU: whether it could read the file is another rule.
    const rules = await rulesOf(identifier, cdWith(identifier));
    assert.deepEqual(
      rules.filter((rule) => !/readable by/.test(rule)),
      [],
    );
  }
});

test('what is no CD, too short for one, no file or not there is refused by its own rule', async () => {
  const none = ['must be a CD image (ISO 9660 or UDF), and is none'];
  assert.deepEqual(await rulesOf('text', Buffer.from('a text\n'.repeat(9000))), none);
  assert.deepEqual(await rulesOf('empty', Buffer.alloc(0)), none);
  assert.deepEqual(await rulesOf('absent'), ['must be a file that exists']);
  assert.deepEqual(await rulesOf('.'), ['must be a file: this is a directory']);
  assert.deepEqual(
    (await lookAtCd('iso', 'a.iso', ROOT)).problems.map(({ rule }) => rule),
    ['must be an absolute path'],
  );
});

test('what boots from a CD is told by its catalogue, as xorriso writes it', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lodge-cd-'));
  try {
    const tree = join(directory, 'tree');
    // Where QEMU could read it.
    await chmod(directory, 0o711);
    await mkdir(tree);
    await writeFile(join(tree, 'efi.img'), Buffer.alloc(65_536));
    await writeFile(join(tree, 'boot.bin'), Buffer.alloc(2048));
    const uefi = ['-e', 'efi.img', '-no-emul-boot'];
    const bios = ['-b', 'boot.bin', '-no-emul-boot', '-boot-load-size', '4'];
    const cd = async (...boot: string[]) => {
      const file = join(directory, 'cd.iso');
      await exec('xorriso', ['-as', 'mkisofs', '-quiet', ...boot, '-o', file, tree]);
      return (await lookAtCd('iso', file, ROOT)).firmwares;
    };
    assert.deepEqual(await cd(...uefi), ['uefi']);
    assert.deepEqual(await cd(...bios), ['bios']);
    assert.deepEqual(await cd(...bios, '-eltorito-alt-boot', ...uefi), ['bios', 'uefi']);
    assert.deepEqual(await cd(), []);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
