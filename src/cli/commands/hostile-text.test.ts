import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCliProcess } from '../../../test/support/cli-process.ts';
import { guestDetail, guestRow, operation, operationStep } from '../../../test/support/fake-answers.ts';
import { errorAnswer, type FakeDaemon, startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import { ALL_CONTROLS, obeyedIn } from '../../../test/support/terminal-controls.ts';
import type { LodgeEvent } from '../../api/types.ts';

const HOSTILE = `begin ${ALL_CONTROLS} end`;

/** A daemon whose every answer is full of controls, wherever a guest, a file or a program could have put them. */
function answers(daemon: FakeDaemon): void {
  daemon.on('GET /v1/guests', () => [guestRow('web1', { image: HOSTILE })]);
  const agent = { hostName: HOSTILE, os: HOSTILE, addresses: [HOSTILE], differences: [HOSTILE] };
  daemon.on('GET /v1/guests/web1', () => ({ ...guestDetail('web1', { lastError: HOSTILE }), agent }));
  const check = { id: 'x', status: 'fail', summary: HOSTILE, detail: HOSTILE, fix: HOSTILE };
  daemon.on('POST /v1/doctor', () => ({ checks: [check], accelerator: null }));
  const failed = operation({
    state: 'failed',
    steps: [operationStep('one', { state: 'failed', title: HOSTILE, detail: HOSTILE })],
    error: { code: 'QEMU_FAILED', message: HOSTILE, hint: HOSTILE },
  });
  daemon.on('GET /v1/operations', () => [failed]);
  daemon.on('GET /v1/operations/*', () => failed);
  daemon.on('POST /v1/guests/web1/start', () => failed);
  const problems = [{ path: HOSTILE, rule: HOSTILE, value: HOSTILE }];
  const refusal = { code: 'VALIDATION_FAILED', message: HOSTILE, hint: HOSTILE, problems } as const;
  daemon.on('POST /v1/guests/web1/stop', () => errorAnswer(422, refusal));
  const finding = { id: 'x', level: 'alarm', what: HOSTILE, cause: HOSTILE, consequence: HOSTILE, fix: HOSTILE };
  const line = { text: HOSTILE, meaning: HOSTILE };
  daemon.on('POST /v1/network/explain', () => ({
    hostname: HOSTILE,
    kernelRelease: HOSTILE,
    takenAtMs: 0,
    owner: 'ifupdown',
    ownerReason: HOSTILE,
    walk: { sections: [{ command: 'ip link', lines: [line] }] },
    findings: [finding],
  }));
  const events: LodgeEvent[] = [
    { seq: 1, atMs: 0, type: 'guest.phase', guest: 'web1', phase: 'crashed', reason: HOSTILE },
    { seq: 2, atMs: 0, type: 'operation', operation: failed },
  ];
  daemon.on('GET /v1/events', ({ response }) => {
    response.writeHead(200).end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  });
  daemon.on('GET /v1/guests/web1/logs', ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    // Cut wherever it falls, and with a byte that is a control only where nobody reads UTF-8.
    for (const byte of Buffer.concat([Buffer.from(`${HOSTILE}\n`), Buffer.from([0x9b, 0x41])]))
      response.write(Buffer.from([byte]));
    response.end();
  });
}

const COMMANDS = [
  ['ls'],
  ['show', 'web1'],
  ['doctor'],
  ['operation', 'ls'],
  ['operation', 'show', 'op7'],
  ['start', 'web1'],
  ['stop', 'web1'],
  ['net', 'explain'],
  ['net', 'show'],
  ['events'],
  ['logs', 'web1'],
  ['api', 'GET', '/v1/guests/web1'],
  ['api', 'GET', '/v1/guests/web1/logs'],
];

test('nothing that a guest, a file or a program put into an answer is obeyed by a terminal, as text and as JSON', async () => {
  await using daemon = await startFakeDaemon();
  answers(daemon);
  for (const words of COMMANDS) {
    for (const json of words[0] === 'api' ? [[]] : [[], ['--json']]) {
      const { stdout, stderr } = await runCliProcess(daemon.root, [...words, ...json]);
      const shown = stdout + stderr;
      assert.match(shown, /begin|op7/, words.join(' '));
      assert.deepEqual(obeyedIn(shown), [], [...words, ...json].join(' '));
    }
  }
});

test('JSON says exactly what came', async () => {
  await using daemon = await startFakeDaemon();
  answers(daemon);
  const shown = await runCliProcess(daemon.root, ['show', 'web1', '--json']);
  assert.equal(JSON.parse(shown.stdout).agent.os, HOSTILE);
  const asked = await runCliProcess(daemon.root, ['api', 'GET', '/v1/guests/web1']);
  assert.equal(JSON.parse(asked.stdout).agent.os, HOSTILE);
  const refused = await runCliProcess(daemon.root, ['stop', 'web1', '--json']);
  assert.equal(JSON.parse(refused.stdout).error.problems[0].value, HOSTILE);
});
