import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, open, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { GuestPlan, ImageListing, Operation, Problem } from '../../src/api/types.ts';
import { GIB, MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

const TINY = ['--memory', '64MiB', '--accel', 'tcg', '--no-wait'];

let lodge: LodgeInstance;
let files = '';

before(async () => {
  lodge = await LodgeInstance.open('lgif');
  files = `${lodge.root}/files`;
  await mkdir(files);
});
after(() => lodge.close());

/** A sparse disk with a boot sector or an EFI system partition, and some content. */
async function disk(name: string, kind: 'bios' | 'uefi', sizeBytes: number, content = 'one'): Promise<string> {
  const raw = `${files}/${name}.raw`;
  const head = Buffer.alloc(4096);
  if (kind === 'bios') head.write('\xfa\xf4\xeb\xfd', 0, 'latin1');
  head[446 + 4] = kind === 'bios' ? 0x83 : 0xef;
  head.writeUInt32LE(8, 446 + 8);
  head.writeUInt32LE(64, 446 + 12);
  head.writeUInt16LE(0xaa55, 510);
  head.write(content, 1024);
  await writeFile(raw, head);
  await truncate(raw, sizeBytes);
  return raw;
}

async function qcow2(name: string, kind: 'bios' | 'uefi', sizeBytes: number, content?: string): Promise<string> {
  const raw = await disk(name, kind, sizeBytes, content);
  const file = `${files}/${name}.qcow2`;
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, file]);
  return file;
}

async function create(name: string, image: string, ...more: string[]) {
  const result = await lodge.run(['create', name, '--image', image, ...TINY, ...more]);
  assert.equal(result.exitCode, 0, result.stderr);
  return lodge.show(name);
}

async function problems(...args: string[]): Promise<string[]> {
  const { exitCode, stdout } = await lodge.run(['create', ...args, '--json']);
  // A number that no host takes makes it a wrong line, whatever the daemon finds beside it.
  assert.equal(exitCode, args.includes('--vcpus') ? 2 : 4, stdout);
  const { error } = JSON.parse(stdout) as { error: { problems?: Problem[] } };
  return (error.problems ?? []).map(({ path, rule }) => `${path} ${rule}`).sort();
}

const images = async () => (await lodge.json<ImageListing>(['image', 'ls'])).images.map(({ name }) => name);
const operations = () => lodge.json<Operation[]>(['operation', 'ls']);
const remove = (...names: string[]) => lodge.run(['rm', ...names, '--yes']);

test('a disk larger than the default, and one that boots by UEFI alone: the guest is what the file needs, at the first try', async () => {
  const large = await qcow2('large', 'uefi', 20 * GIB);
  const { spec } = await lodge.json<GuestPlan>(['create', 'large1', '--image', large, ...TINY, '--dry-run']);
  assert.deepEqual([spec.disk.sizeBytes, spec.firmware], [20 * GIB, 'uefi']);
  assert.deepEqual(await operations(), []);
  const made = await create('large1', large);
  assert.deepEqual([made.spec.disk.sizeBytes, made.spec.firmware], [20 * GIB, 'uefi']);
  assert.match((await lodge.run(['command', 'large1'])).stdout, /pflash0=uefi-code/);
  // The image that is stored now gives the same guest by its name.
  const named = await create('large2', String(made.spec.image));
  assert.deepEqual([named.spec.disk.sizeBytes, named.spec.firmware], [20 * GIB, 'uefi']);
  await remove('large1', 'large2');
});

test('what the file does not allow is told before anything is made, with every other mistake', async () => {
  const begun = (await operations()).length;
  const fresh = await qcow2('fresh', 'uefi', 3 * GIB, 'fresh');
  const wrong = ['--disk', '1GiB', '--firmware', 'bios', '--vcpus', '0'];
  for (const dry of [[], ['--dry-run']]) {
    assert.deepEqual(await problems('x', '--image', fresh, ...wrong, ...dry), [
      `disk.sizeBytes must be at least the image's own size, 3GiB`,
      `firmware must be uefi: ${fresh} boots by nothing else`,
      'vcpus must be at least 1',
    ]);
  }
  const text = `${files}/notes.qcow2`;
  await writeFile(text, 'this is a text\n'.repeat(100));
  assert.deepEqual(await problems('x', '--image', text, '--vcpus', '0', '--dry-run'), [
    'image must be a disk image, and is text',
    'vcpus must be at least 1',
  ]);
  const cut = `${files}/cut.qcow2`;
  await copyFile(await qcow2('whole', 'bios', MIB, 'x'), cut);
  await truncate(cut, (await stat(cut)).size - 65_536);
  assert.match(
    (await problems('x', '--image', cut, '--dry-run')).join(),
    /^image must be a disk image, and is .*damaged or cut off$/,
  );
  assert.equal((await operations()).length, begun);
});

test('a changed file is a new image, an unchanged one is imported once, whatever its times say', async () => {
  const file = await disk('changing', 'bios', MIB, 'one');
  const first = (await create('one', file)).spec.image;
  assert.equal((await create('two', file)).spec.image, first);
  const { atime, mtime } = await stat(file);
  const handle = await open(file, 'r+');
  await handle.write('TWO', 1024);
  await handle.close();
  await utimes(file, atime, mtime);
  const third = (await create('three', file)).spec;
  assert.notEqual(third.image, first);
  const stored = `${files}/stored.raw`;
  await exec('qemu-img', ['convert', '-O', 'raw', `${lodge.layout.imagesDir}/${third.image}.qcow2`, stored]);
  assert.equal((await readFile(stored)).toString('latin1', 1024, 1027), 'TWO');
  // Touched, and written anew with what it held.
  await writeFile(file, await readFile(file));
  assert.equal((await create('four', file)).spec.image, third.image);
  const copy = `${files}/copy.raw`;
  await copyFile(file, copy);
  assert.equal((await create('five', copy)).spec.image, third.image);
  const mismatch = await lodge.run([
    'create',
    'six',
    '--image',
    file,
    '--checksum',
    `sha256:${'0'.repeat(64)}`,
    ...TINY,
  ]);
  assert.equal(mismatch.exitCode, 4, mismatch.stderr);
  assert.match(mismatch.stderr, /has sha256:[0-9a-f]{64}, wanted was/);
  await remove('one', 'two', 'three', 'four', 'five');
});

test('two creates at once with one file make one import', async () => {
  const file = await disk('shared', 'bios', MIB, 'shared');
  const results = await Promise.all(
    ['left', 'right'].map((name) => lodge.run(['create', name, '--image', file, ...TINY])),
  );
  for (const { exitCode, stderr } of results) assert.equal(exitCode, 0, stderr);
  const [left, right] = [await lodge.show('left'), await lodge.show('right')];
  assert.equal(left.spec.image, right.spec.image);
  const imports = (await operations()).filter(
    ({ kind, subject }) => kind === 'image.import' && subject === left.spec.image,
  );
  assert.equal(imports.length, 1);
  await remove('left', 'right');
});

test('whatever a file is called, its image has a name', async () => {
  const file = await disk('plain', 'bios', MIB, 'plain');
  const names = [
    'ümläut.qcow2',
    '_x',
    '...',
    '.qcow2',
    '-',
    'Ünï çödé (1).RAW',
    '日本',
    `${'l'.repeat(250)}.img`,
    'a..b-.raw',
  ];
  for (const name of names) {
    const path = `${files}/${name}`;
    await copyFile(file, path);
    const { spec } = await lodge.json<GuestPlan>(['create', 'x', '--image', path, ...TINY, '--dry-run']);
    assert.match(String(spec.image), /^[a-z0-9][a-z0-9.-]{0,60}$/, name);
  }
  const odd = (await create('odd', `${files}/ümläut.qcow2`)).spec.image;
  assert.match(String(odd), /^umlaut-[0-9a-f]{6}$/);
  assert.equal((await lodge.run(['image', 'import', `${files}/_x`])).exitCode, 0);
  assert.ok((await images()).includes('x'));
  await remove('odd');
});

test('of a URL the facts come with the download: defaults follow them, and what contradicts them ends the create', async () => {
  const file = await qcow2('served', 'uefi', 12 * GIB, 'served');
  const checksum = `sha256:${createHash('sha256')
    .update(await readFile(file))
    .digest('hex')}`;
  const server = lodge.namespaces.start('host', 'python3', [
    '-m',
    'http.server',
    '8123',
    '--bind',
    '127.0.0.1',
    '-d',
    files,
  ]);
  const url = 'http://127.0.0.1:8123/served.qcow2';
  try {
    const listens = async () => (await lodge.namespaces.run('host', 'ss', ['-ltn'])).stdout.includes(':8123');
    await eventually('the server listens', listens, 30_000);
    const asked = ['--image', url, '--checksum', checksum];
    const plan = await lodge.json<GuestPlan>(['create', 'far', ...asked, ...TINY, '--dry-run']);
    assert.ok(plan.steps.some(({ title }) => title.startsWith('make the disk, at least 10GiB')));
    const wrong = ['--disk', '1GiB', '--firmware', 'bios'];
    assert.deepEqual(await problems('far', ...asked, ...wrong, ...TINY), [
      `disk.sizeBytes must be at least the image's own size, 12GiB`,
      `firmware must be uefi: ${plan.spec.image} boots by nothing else`,
    ]);
    const left = (await lodge.leftovers()).filter((one) => !one.includes('http.server'));
    assert.deepEqual(left, []);
    assert.ok((await images()).includes(String(plan.spec.image)), 'the download is kept');
    const again = await lodge.run(['image', 'rm', String(plan.spec.image), '--yes']);
    assert.equal(again.exitCode, 0, again.stderr);
    const { spec } = await create('far', ...(asked.slice(1) as [string, ...string[]]));
    assert.deepEqual([spec.disk.sizeBytes, spec.firmware], [12 * GIB, 'uefi']);
    await remove('far');
  } finally {
    server.kill();
  }
});

test('nothing is left', async () => {
  assert.deepEqual(await lodge.leftovers(), []);
});
