import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AcceleratorReport } from '../../src/model/doctor.ts';
import { KEYMAPS } from '../../src/model/keymaps.ts';
import { measureAccelerator, probeAccelerators } from '../../src/qemu/probe/run.ts';
import { makeQemuWorld, type QemuWorld } from '../support/qemu-world.ts';

/** A bad KVM may take this long to be found out, two boots included. */
const KVM_LIMIT_MS = 6_000;

let world: QemuWorld;
before(async () => {
  world = await makeQemuWorld();
});
after(() => world.remove());

test('the keyboard layouts that are taken for a wrong word are the ones of QEMU', () => {
  assert.deepEqual([...world.abilities.keymaps].sort(), [...KEYMAPS].sort());
});

test('emulation runs the probe to its end, and every part has a time', async () => {
  const measured = await measureAccelerator(world.abilities, 'tcg', { workDir: world.root, user: world.user });
  assert.equal(measured.verdict, 'works', measured.reason);
  for (const key of ['wholeRunMs', 'arithmeticMs', 'contextSwitchMs', 'pageFaultMs', 'portIoMs'] as const) {
    const value = measured[key];
    assert.ok(value !== null && value > 0 && value < 20_000, `${key}: ${value}`);
  }
});

test('KVM gets a verdict in time, whatever it is worth, and the choice follows from it', async (t) => {
  const started = performance.now();
  const kvm = await measureAccelerator(world.abilities, 'kvm', { workDir: world.root, user: world.user });
  assert.ok(performance.now() - started < KVM_LIMIT_MS);
  t.diagnostic(`kvm is ${kvm.verdict}: ${kvm.reason}`);
  if (kvm.verdict === 'works') assert.ok((kvm.arithmeticMs ?? 1000) <= 20 && (kvm.wholeRunMs ?? 10_000) <= 3000);
  else assert.ok(kvm.reason.length > 20, kvm.reason);
  const report = await probeAccelerators({ abilities: world.abilities, workDir: world.root, user: world.user });
  assert.equal(report.chosen, kvm.verdict === 'works' ? 'kvm' : 'tcg', report.reason);
});

test('the answer is kept until host boot, kernel or QEMU change, and measured anew when asked', async () => {
  const cacheFile = join(world.root, 'accelerators.json');
  const abilities = { ...world.abilities, accelerators: ['tcg' as const] };
  const probe = (more = {}) =>
    probeAccelerators({ abilities, workDir: world.root, user: world.user, cacheFile, ...more });
  const first = await probe();
  assert.equal(first.measurements[0]?.verdict, 'absent');
  assert.deepEqual(await probe(), first);
  assert.notEqual((await probe({ refresh: true })).measuredAtMs, first.measuredAtMs);

  const planted = JSON.parse(await readFile(cacheFile, 'utf8')) as AcceleratorReport;
  for (const change of [{ bootId: 'another' }, { kernelRelease: '1.0' }, { qemuVersion: '1.0' }]) {
    await writeFile(cacheFile, JSON.stringify({ ...planted, ...change, reason: 'stale' }));
    assert.notEqual((await probe()).reason, 'stale', JSON.stringify(change));
  }
  await writeFile(cacheFile, 'no JSON');
  assert.equal((await probe()).chosen, 'tcg');
});

test('a probe that is cancelled leaves nothing', async () => {
  const signal = AbortSignal.timeout(30);
  const probing = measureAccelerator(world.abilities, 'tcg', { workDir: world.root, user: world.user, signal });
  await assert.rejects(probing, { code: 'CANCELLED' });
  assert.deepEqual(
    (await readdir(world.root)).filter((name) => name.startsWith('probe-')),
    [],
  );
});
