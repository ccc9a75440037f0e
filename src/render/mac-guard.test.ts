import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GUARD_TABLE, renderGuardLoad, renderGuardUnload } from './mac-guard.ts';

const GUARD = { uplink: 'eno1', allowedMacs: ['02:00:00:00:00:01', '00:50:56:00:00:20'] };

function textOf(hook: 'netdev-egress' | 'bridge'): string {
  const [call, ...more] = renderGuardLoad({ ...GUARD, hook });
  assert.deepEqual([call?.program, call?.args, more], ['nft', ['-f', '-'], []]);
  return call?.input ?? '';
}

/** The lines of a chain, without its braces. */
function chainOf(text: string, name: string): string[] {
  const body =
    new RegExp(`\\tchain ${name} \\{\\n((?:\\t\\t.*\\n)*)\\t\\}`).exec(text)?.[1] ?? assert.fail(`no chain ${name}`);
  return body.trim().split(/\n\t*/);
}

test('the guard is replaced in one transaction: made so that it can be deleted, deleted, made', () => {
  for (const [hook, family] of [
    ['netdev-egress', 'netdev'],
    ['bridge', 'bridge'],
  ] as const) {
    const lines = textOf(hook).split('\n').slice(0, 3);
    const table = `table ${family} ${GUARD_TABLE}`;
    assert.deepEqual(lines, [`${table} {}`, `delete ${table}`, `${table} {`]);
  }
});

test('noting a MAC and dropping its frame are two rules, and the drop is the last', () => {
  for (const hook of ['netdev-egress', 'bridge'] as const) {
    assert.deepEqual(chainOf(textOf(hook), 'judge'), [
      'ether saddr @allowed accept',
      'add @foreign { ether saddr }',
      'counter name dropped drop',
    ]);
  }
});

test('on egress every frame is judged; of the bridge family those that a bridge sends through the uplink', () => {
  assert.deepEqual(chainOf(textOf('netdev-egress'), 'egress'), [
    'type filter hook egress device "eno1" priority -300; policy accept;',
    'jump judge',
  ]);
  for (const place of ['output', 'postrouting']) {
    assert.deepEqual(chainOf(textOf('bridge'), place), [
      `type filter hook ${place} priority -300; policy accept;`,
      'oifname "eno1" jump judge',
    ]);
  }
});

test('unloading deletes the table of its family, and one that is gone is no error', () => {
  assert.deepEqual(renderGuardUnload({ ...GUARD, hook: 'bridge' }), [
    { program: 'nft', args: ['delete', 'table', 'bridge', GUARD_TABLE], tolerates: ['No such file or directory'] },
  ]);
});
