import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { MIB } from '../../src/base/size.ts';
import { exec } from '../../src/host/exec.ts';
import { writeBootableCd, writeBootSector } from '../support/boot-sector.ts';
import { LodgeInstance } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

const BOOT_LIMIT_MS = 120_000;
const TINY = ['--memory', '64MiB', '--accel', 'tcg', '--no-wait'];

let lodge: LodgeInstance;
let cd = '';

before(async () => {
  lodge = await LodgeInstance.open('lgiso');
  cd = join(lodge.root, 'cd.iso');
  await writeBootableCd(cd, 'from the CD');
  const disk = join(lodge.root, 'disk.raw');
  await writeFile(disk, '');
  await truncate(disk, 64 * MIB);
  await writeBootSector(disk, 'from the disk');
  await exec('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', disk, `${disk}.qcow2`]);
  await lodge.addImage('tiny', `${disk}.qcow2`, 'none');
});
after(() => lodge.close());

/** Waits until the guest has booted so often, and says from what each time. */
async function boots(name: string, count: number): Promise<string[]> {
  const { serialLog } = (await lodge.show(name)).paths;
  const marks = async () => (await readFile(serialLog, 'utf8')).match(/from the (CD|disk)/g) ?? [];
  await eventually(`${name} boots ${count} times`, async () => (await marks()).length >= count, BOOT_LIMIT_MS);
  return (await marks()).map((mark) => mark.replace('from the ', ''));
}

async function lodgeDoes(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await lodge.run(args);
  assert.equal(exitCode, 0, stderr);
}

/** The guest resets its machine by itself: QEMU goes on. */
async function resetItself(name: string): Promise<void> {
  const { exitCode, stderr } = await lodge.run(['console', name], {}, { input: 'r' });
  assert.equal(exitCode, 0, stderr);
}

async function bootOption(name: string): Promise<string | undefined> {
  return (await lodge.run(['command', name])).stdout.match(/^-boot (.*)$/m)?.[1];
}

test('order=cd,once=d: from the CD first, then from the disk, in this QEMU and in the next', async () => {
  const order = ['--iso', cd, '--boot', 'order=cd,once=d'];
  await lodgeDoes('create', 'box', '--image', 'tiny', '--disk', '64MiB', ...order, ...TINY);
  assert.deepEqual(await boots('box', 1), ['CD']);
  const { pid, spec, running, pendingRestart } = await lodge.show('box');
  assert.deepEqual([spec.boot.once, running?.boot.once, pendingRestart], [null, 'd', false], 'it is used up');
  assert.equal(await bootOption('box'), 'order=cd,once=d', 'command is not the line that runs');
  await resetItself('box');
  assert.deepEqual(await boots('box', 2), ['CD', 'disk']);
  assert.equal((await lodge.show('box')).pid, pid);
  await lodgeDoes('restart', 'box');
  assert.deepEqual(await boots('box', 3), ['CD', 'disk', 'disk']);
  assert.notEqual((await lodge.show('box')).pid, pid);
  assert.equal(await bootOption('box'), 'order=cd');
});

test('set --boot once=d: the CD once more, at the next start', async () => {
  const { stdout } = await lodge.run(['set', 'box', '--boot', 'once=d']);
  assert.match(stdout, /lodge restart box/);
  assert.equal((await lodge.show('box')).spec.boot.once, 'd');
  await lodgeDoes('restart', 'box');
  assert.deepEqual(await boots('box', 4), ['CD', 'disk', 'disk', 'CD']);
  await resetItself('box');
  assert.deepEqual(await boots('box', 5), ['CD', 'disk', 'disk', 'CD', 'disk']);
  await lodgeDoes('kill', 'box');
  await lodgeDoes('start', 'box');
  assert.deepEqual((await boots('box', 6)).at(-1), 'disk');
});

test('a boot order that is none is refused', async () => {
  const { exitCode, stderr } = await lodge.run(['set', 'box', '--boot', 'order=zz']);
  assert.equal(exitCode, 2);
  assert.match(stderr, /--boot: must be order=LETTERS.* with the letters .*got "order=zz"/);
});

test('an empty disk before the CD falls through to it, as often as the guest is started', async () => {
  await lodgeDoes('create', 'empty', '--iso', cd, '--disk', '64MiB', ...TINY);
  assert.deepEqual(await boots('empty', 1), ['CD']);
  await lodgeDoes('kill', 'empty');
  await lodgeDoes('start', 'empty');
  assert.deepEqual(await boots('empty', 2), ['CD', 'CD']);
  assert.equal(await bootOption('empty'), 'order=cd');
});

test('rm leaves nothing of both, and the CD where it was', async () => {
  await lodgeDoes('rm', 'box', 'empty', '--yes');
  assert.deepEqual(await lodge.leftovers(), []);
  assert.ok((await readFile(cd)).length > 0);
});
