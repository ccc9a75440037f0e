import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExit, RUN_MARK, readExit } from './exit.ts';

const start = `${RUN_MARK} 2026-11-23T15:07:47.000Z\n`;
const trace = (reason: number) => `19826@1795446468.089337:qemu_system_shutdown_request reason=${reason}\n`;

const cases: [string, string, string][] = [
  ['the guest powered itself off', `${start}${trace(6)}`, 'shutdown'],
  ['the monitor said quit', `${start}${trace(2)}`, 'quit'],
  ['a panic in the guest', `${start}${trace(8)}`, 'crash'],
  ['a cause that a later QEMU has added', `${start}${trace(42)}`, 'crash'],
  [
    'a signal leaves its own line',
    `${start}2026-11-23T15:07:48.355583Z qemu-system-x86_64: terminating on signal 15 from pid 19890 (systemd)\n`,
    'signal',
  ],
  ['no word at all', start, 'crash'],
  ['an earlier run ended well, this one did not', `${start}${trace(6)}${start}`, 'crash'],
  ['an earlier run crashed, this one did not', `${start}Aborted\n${start}${trace(6)}`, 'shutdown'],
  ['no log', '', 'crash'],
  [
    'what looks like a record inside other words',
    `${start}guest says qemu_system_shutdown_request reason=6\n`,
    'crash',
  ],
];

for (const [name, log, kind] of cases) {
  test(`${name}: ${kind}`, () => assert.equal(parseExit(log).kind, kind));
}

test('a crash tells the last words', () => {
  assert.match(parseExit(`${start}KVM internal error\n`).reason, /its last words: KVM internal error/);
});

test('a log that is not there is no error', async () => {
  assert.equal((await readExit({ file: '/nonexistent/qemu.log', pipe: '/nonexistent/web1.qemu' })).kind, 'crash');
});
