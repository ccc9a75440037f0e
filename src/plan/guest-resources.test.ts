import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guestDetail } from '../../test/support/fake-answers.ts';
import { resourceProblems } from './guest-resources.ts';

const { spec } = guestDetail('web1');

function told(change: { memoryMiB?: number; vcpus?: number; machine?: 'pc' | 'q35' }, cpuCount = 2): string[] {
  return resourceProblems({ ...spec, ...change }, { memoryMiB: 24_105, cpuCount }).map(
    ({ path, rule }) => `${path} ${rule}`,
  );
}

test('each number has one problem, and no bound that is not the one it broke', () => {
  assert.deepEqual(told({}), []);
  assert.deepEqual(told({ memoryMiB: 0 }), ['memoryMiB must be at least 64MiB']);
  assert.deepEqual(told({ memoryMiB: 64.5 }), ['memoryMiB must be a whole number of MiB']);
  assert.deepEqual(told({ memoryMiB: 99 * 1024 }), ['memoryMiB must fit the host, which has 24105 MiB']);
  assert.deepEqual(told({ memoryMiB: 1e9 }), ['memoryMiB must fit the host, which has 24105 MiB']);
  assert.deepEqual(told({ vcpus: 0 }), ['vcpus must be at least 1']);
  assert.deepEqual(told({ vcpus: 513 }), ["vcpus must be at most four times the host's 2 processors"]);
  assert.deepEqual(told({ vcpus: 300, machine: 'pc' }, 128), ['vcpus must be at most 255 on the machine pc']);
  assert.deepEqual(told({ vcpus: 300, machine: 'q35' }, 128), []);
  assert.deepEqual(told({ vcpus: 513, machine: 'q35' }, 200), ['vcpus must be at most 512']);
});
