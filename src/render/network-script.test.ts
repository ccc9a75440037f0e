import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { BRIDGED, ROUTED } from '../../test/support/network-changes.ts';
import { shellWord } from '../base/quoting/shell-word.ts';
import type { NetworkStep } from '../model/network-plan.ts';
import {
  renderBootChanges,
  renderBootScript,
  renderRollbackScript,
  renderWatchdogScript,
  renderWriteFilesScript,
} from './network-script.ts';
import { renderNetworkUnits } from './network-units.ts';
import { renderCall } from './shell-text.ts';

const golden = (name: string) => join(import.meta.dirname, '../../test/golden/network', name);
const asText = { serializers: [(value: string) => value] };

const steps = BRIDGED.map((change, index): NetworkStep => {
  return { id: `s${index}-${change.kind}`, title: `it's step ${index}`, why: '', change, timeoutMs: 1000 };
});

const SCRIPTS = {
  'rollback.sh': renderRollbackScript({ number: 3, steps }),
  'watchdog.sh': renderWatchdogScript({ number: 3 }),
  'write-files.sh': renderWriteFilesScript(3, [
    { path: '/etc/network/interfaces', after: 'auto br0\n', mode: 0o644 },
    { path: "/etc/netplan/it's mine.yaml", after: '', mode: 0o600 },
    { path: '/etc/network/interfaces.d/old', after: null, mode: 0o644 },
  ]),
  'early.sh': renderBootChanges(3, 'early', BRIDGED.slice(0, 1)),
  'late.sh': renderBootChanges(3, 'late', ROUTED.slice(1)),
  'boot.sh': renderBootScript(),
};

for (const [name, script] of Object.entries(SCRIPTS)) {
  test(`${name} is as agreed, and a shell can read it`, (t) => {
    t.assert.fileSnapshot(script, golden(name), asText);
    execFileSync('sh', ['-n'], { input: script });
  });
}

test('the units of the boot are as agreed', (t) => {
  const text = renderNetworkUnits('/var/lib/lodge/network/boot.sh').map((unit) => `# ${unit.name}\n${unit.text}`);
  t.assert.fileSnapshot(text.join('\n'), golden('units.txt'), asText);
});

test('the way back does the inverse of each step, the last first, and only of those that were begun', () => {
  const ids = [...SCRIPTS['rollback.sh'].matchAll(/^if begun (\S+);/gm)].map(([, id]) => id);
  assert.deepEqual(ids, steps.map(({ id }) => id).toReversed());
});

test('words come through a shell as they were', () => {
  const words = ['eth0', "it's", '', '$HOME `id` "x"', 'a\nb', '*', '2001:db8::1/64', '-x', 'a\\', '#c', '~', '!'];
  const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
  assert.deepEqual(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1), words);
});

test('a call has what it may fail with, and what goes to its standard input', () => {
  assert.deepEqual(
    renderCall({ program: 'ip', args: ['link', 'delete', 'x'], tolerates: ['No such', 'Cannot find'] }),
    ["call 'No such|Cannot find' ip link delete x"],
  );
  assert.deepEqual(renderCall({ program: 'tee', args: ['/proc/sys/x'], input: '1\n' }), [
    "input='1\n'",
    "call '' tee /proc/sys/x",
    'input=',
  ]);
});
