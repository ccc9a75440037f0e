import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { exec } from '../../src/host/exec.ts';
import { probePayload } from '../../src/qemu/probe/payload.ts';

const PROBE = join(import.meta.dirname, '../../src/qemu/probe');
const COLUMNS = 112;

// Needs as and ld of the package binutils, which only this test and the boot sector of qemu-life use (test/packages.txt).
test('the probe that is checked in is the assembled payload.S', async () => {
  const payload = await assemble();
  if (process.env.LODGE_UPDATE === '1') await update(payload);
  assert.ok(Buffer.from(probePayload()).equals(payload), 'LODGE_UPDATE=1 node --test test/guest/qemu-payload.test.ts');
});

test('it is a multiboot image: the header is in its first 8 kB and sums up to zero', () => {
  const image = Buffer.from(probePayload());
  const at = image.indexOf(Buffer.from('02b0ad1b', 'hex'));
  assert.ok(at >= 0 && at < 8192 && at % 4 === 0);
  const sum = image.readUInt32LE(at) + image.readUInt32LE(at + 4) + image.readUInt32LE(at + 8);
  assert.equal(sum % 2 ** 32, 0);
});

async function assemble(): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'payload-'));
  try {
    const object = join(directory, 'payload.o');
    const binary = join(directory, 'payload.bin');
    await exec('as', ['--64', join(PROBE, 'payload.S'), '-o', object]);
    await exec('ld', ['-Ttext', '0x100000', '--oformat', 'binary', object, '-o', binary]);
    return await readFile(binary);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Writes the constant anew; the test goes red once more, because the old one is loaded already. */
async function update(payload: Buffer): Promise<void> {
  const path = join(PROBE, 'payload.ts');
  const base64 = gzipSync(payload, { level: 9 }).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${COLUMNS}}`, 'g')) ?? [];
  const text = await readFile(path, 'utf8');
  const body = `const COMPRESSED = [\n${lines.map((line) => `  '${line}',\n`).join('')}]`;
  await writeFile(
    path,
    text.replace(/const COMPRESSED = \[[^\]]*\]/, () => body),
  );
}
