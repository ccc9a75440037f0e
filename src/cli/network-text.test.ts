import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliProcess } from '../../test/support/cli-process.ts';
import { errorAnswer, startFakeDaemon } from '../../test/support/fake-daemon.ts';
import type { NetworkExplanation } from '../api/types.ts';
import { renderFindings } from './network-findings-text.ts';
import { wrapText } from './wrap-text.ts';

const EXPLANATION: NetworkExplanation = {
  hostname: 'host',
  kernelRelease: '6.1.0',
  takenAtMs: 0,
  owner: 'ifupdown',
  ownerReason: 'networking.service is active',
  walk: {
    sections: [
      { command: 'ip route', lines: [{ text: 'default via 192.0.2.193 dev br0', meaning: 'everything else' }] },
      { command: 'ip link', lines: [{ text: '1: lo:', meaning: null }] },
    ],
  },
  findings: [
    {
      id: 'stp-on',
      level: 'alarm',
      what: 'the spanning tree is on at br0',
      cause: 'nobody said otherwise',
      consequence: 'each port is deaf for 30 s',
      fix: 'ip link set dev br0 type bridge stp_state 0; bridge_stp off',
    },
    { id: 'b', level: 'note', what: 'that', cause: 'c', consequence: 'd', fix: null },
  ],
};

test('net show prints each line with its meaning below, and counts what is surprising', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/explain', () => EXPLANATION);
  const { code, stdout, stderr } = await runCliProcess(daemon.root, ['net', 'show']);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  assert.equal(
    stdout,
    [
      'host, Linux 6.1.0, seen 1970-01-01 00:00:00 UTC',
      'configured by ifupdown: networking.service is active',
      '',
      '$ ip route',
      'default via 192.0.2.193 dev br0',
      '        everything else',
      '',
      '$ ip link',
      '1: lo:',
      '',
      '1 surprising, 1 to note: lodge net explain',
      '',
    ].join('\n'),
  );
  assert.deepEqual(daemon.requests[0]?.body, {});
  const json = await runCliProcess(daemon.root, ['net', 'show', '--json']);
  assert.deepEqual(JSON.parse(json.stdout), EXPLANATION);
});

test('net explain groups by level, with cause, consequence and a fix that can be copied', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/explain', () => EXPLANATION);
  const { code, stdout } = await runCliProcess(daemon.root, ['net', 'explain']);
  assert.equal(code, 0);
  assert.equal(
    stdout.split('\n\n').slice(1).join('\n\n'),
    [
      'ALARMS: what locks out, leaks or breaks',
      '',
      '- the spanning tree is on at br0',
      '    why: nobody said otherwise',
      '    so: each port is deaf for 30 s',
      '    fix:',
      '      ip link set dev br0 type bridge stp_state 0',
      '      bridge_stp off',
      '    [stp-on]',
      '',
      'NOTES: good to know',
      '',
      '- that',
      '    why: c',
      '    so: d',
      '    [b]',
      '',
    ].join('\n'),
  );
});

test('a cause of several parts has one a line, and what is long goes on deeper', () => {
  const parts = [
    'host.yaml:1:10 version: must be 1, got 2',
    `host.yaml:2:11 provider: must be one of ${'a '.repeat(30)}`.trim(),
  ];
  const cause = ['it has 2 mistakes', ...parts].join('\n');
  const finding = { id: 'x', level: 'alarm', what: 'w', cause, consequence: 'c', fix: null } as const;
  assert.deepEqual(
    renderFindings([finding], (_style, text) => text)
      .split('\n')
      .slice(3, 8),
    [
      '    why: it has 2 mistakes:',
      '      host.yaml:1:10 version: must be 1, got 2',
      `      host.yaml:2:11 provider: must be one of ${'a '.repeat(17).trim()}`,
      `        ${'a '.repeat(13).trim()}`,
      '    so: c',
    ],
  );
});

test('net explain says so when nothing is surprising', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/explain', () => ({ ...EXPLANATION, findings: [] }));
  const { stdout } = await runCliProcess(daemon.root, ['net', 'explain']);
  assert.match(stdout, /\n\nnothing surprising\n$/);
});

test('--facts sends the file, from the standard input too, and refuses what is no JSON or not there', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/network/explain', () => EXPLANATION);
  writeFileSync(join(daemon.root, 'facts.json'), '{"version":1}');
  await runCliProcess(daemon.root, ['net', 'explain', '--facts', 'facts.json']);
  await runCliProcess(daemon.root, ['net', 'show', '--facts', '-'], { input: '{"version":2}' });
  assert.deepEqual(
    daemon.requests.map(({ body }) => body),
    [{ facts: { version: 1 } }, { facts: { version: 2 } }],
  );
  writeFileSync(join(daemon.root, 'bad.json'), 'version: 1');
  const bad = await runCliProcess(daemon.root, ['net', 'explain', '--facts', 'bad.json', '--json']);
  assert.equal(bad.code, 4);
  assert.deepEqual(JSON.parse(bad.stdout).error.problems, [
    {
      path: 'facts',
      rule: 'must be a file of JSON, as lodge net facts prints it: the file is no JSON',
      value: 'bad.json',
    },
  ]);
  writeFileSync(join(daemon.root, 'deep.json'), `${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  const deep = await runCliProcess(daemon.root, ['net', 'explain', '--facts', 'deep.json']);
  assert.equal(deep.code, 4);
  assert.match(deep.stderr, /the file is nested deeper than 64 levels/);
  const none = await runCliProcess(daemon.root, ['net', 'explain', '--facts', 'none.json']);
  assert.equal(none.code, 3);
  assert.match(none.stderr, /must be a file that exists/);
});

test('facts of the wrong shape end with 4 and every problem', async () => {
  await using daemon = await startFakeDaemon();
  const problems = [
    { path: 'links[0].mtu', rule: 'must be of the type number', value: 'big' },
    { path: 'hostname', rule: 'must be of the type string', value: null },
  ];
  daemon.on('POST /v1/network/explain', () =>
    errorAnswer(422, { code: 'VALIDATION_FAILED', message: 'the file of facts', problems }),
  );
  writeFileSync(join(daemon.root, 'facts.json'), '{}');
  const { code, stdout } = await runCliProcess(daemon.root, ['net', 'show', '--facts', 'facts.json', '--json']);
  assert.equal(code, 4);
  assert.deepEqual(JSON.parse(stdout).error.problems, problems);
});

test('words are wrapped at a width, and a word that is longer stands alone', () => {
  assert.deepEqual(wrapText('aa bb cc', '  ', 7), ['  aa bb', '  cc']);
  assert.deepEqual(wrapText('a verylongword b', '', 6), ['a', 'verylongword', 'b']);
  assert.deepEqual(wrapText('', '  ', 10), ['  ']);
});
