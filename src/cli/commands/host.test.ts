import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCliProcess } from '../../../test/support/cli-process.ts';
import { operation, operationStep } from '../../../test/support/fake-answers.ts';
import { answer, errorAnswer, startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import type { DoctorReport } from '../../api/types.ts';

const REPORT: DoctorReport = {
  checks: [
    { id: 'memory', status: 'ok', summary: '24GiB', detail: '', fix: null },
    { id: 'kvm', status: 'fail', summary: 'KVM crawls', detail: 'arithmetic took 374 ms', fix: 'use --accel tcg' },
  ],
  accelerator: {
    chosen: 'tcg',
    reason: 'the only one that works',
    measurements: [
      {
        accel: 'tcg',
        verdict: 'works',
        reason: 'all parts ran',
        wholeRunMs: 210,
        arithmeticMs: 0.553,
        contextSwitchMs: 42,
        pageFaultMs: 4.5,
        portIoMs: null,
      },
    ],
    bootId: 'b',
    kernelRelease: '6.1',
    qemuVersion: '7.2',
    measuredAtMs: 0,
  },
};

test('doctor shows each check with its fix, the numbers, and ends with 1 when one fails', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('POST /v1/doctor', () => REPORT);
  const { code, stdout } = await runCliProcess(daemon.root, ['doctor', '--refresh']);
  assert.equal(code, 1);
  assert.equal(
    stdout,
    [
      'ok    memory  24GiB',
      'fail  kvm     KVM crawls',
      '      arithmetic took 374 ms',
      '      fix: use --accel tcg',
      '',
      'ACCEL  VERDICT  WHOLE   ARITHMETIC  SPACE SWITCH  FAULTS  PORT I/O',
      'tcg    works    210 ms  0.55 ms     42 ms         4.5 ms  -',
      'tcg is used',
      '',
      '1 ok, 0 to look at, 1 to mend',
      '',
    ].join('\n'),
  );
  assert.deepEqual(daemon.requests[0]?.body, { refresh: true });
  const json = await runCliProcess(daemon.root, ['doctor', '--json']);
  assert.equal(json.code, 1);
  assert.deepEqual(JSON.parse(json.stdout), REPORT);
});

test('setup says what it would do, and never asks off a terminal', async () => {
  await using daemon = await startFakeDaemon();
  const plan = { missingPackages: ['mtools'], actions: ['install mtools'], backportsQemu: '10.0.2' };
  daemon.on('GET /v1/setup', () => plan);
  daemon.on('POST /v1/setup', () => answer(202, operation({ kind: 'setup', state: 'done' })));
  const { code, stdout, stderr } = await runCliProcess(daemon.root, ['setup']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'the host is set up\n' });
  assert.match(stderr, /^setup would do:\n {2}install mtools\n.*QEMU 10\.0\.2: lodge setup --backports takes it\n$/);
  assert.deepEqual(daemon.requests.at(-1)?.body, { backports: false });
  const dry = await runCliProcess(daemon.root, ['setup', '--dry-run', '--json']);
  assert.deepEqual(JSON.parse(dry.stdout), plan);
});

test('operation cancel ends well when the operation ends as cancelled', async () => {
  await using daemon = await startFakeDaemon();
  const cancelled = operation({ state: 'cancelled', error: { code: 'CANCELLED', message: 'cancelled' } });
  daemon.on('POST /v1/operations/op7/cancel', () => operation({ state: 'undoing' }));
  daemon.on('GET /v1/operations/op7/watch', ({ response }) => void response.end(`${JSON.stringify(cancelled)}\n`));
  daemon.on('GET /v1/operations/op7', () => cancelled);
  const { code, stdout } = await runCliProcess(daemon.root, ['operation', 'cancel', 'op7']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: 'create web1: cancelled\n' });
});

test('operation cancel of what only waited says what stays', async () => {
  await using daemon = await startFakeDaemon();
  const message = 'the wait was ended by lodge operation cancel; web1 is kept and runs on';
  const steps = [operationStep('start-qemu', { state: 'done' }), operationStep('wait-ssh', { state: 'cancelled' })];
  const cancelled = operation({ state: 'cancelled', steps, error: { code: 'CANCELLED', message } });
  daemon.on('POST /v1/operations/op7/cancel', () => cancelled);
  daemon.on('GET /v1/operations/op7', () => cancelled);
  const { code, stdout } = await runCliProcess(daemon.root, ['operation', 'cancel', 'op7']);
  assert.deepEqual({ code, stdout }, { code: 0, stdout: `create web1: cancelled; ${message}\n` });
});

test('operation cancel of one that has ended says so and ends with 4', async () => {
  await using daemon = await startFakeDaemon();
  const error = { code: 'STATE_REFUSED', message: 'operation op7 has ended already: it is done' } as const;
  daemon.on('POST /v1/operations/op7/cancel', () => errorAnswer(409, error));
  const { code, stderr } = await runCliProcess(daemon.root, ['operation', 'cancel', 'op7']);
  assert.deepEqual({ code, stderr }, { code: 4, stderr: `lodge: ${error.message}\n` });
});

test('what is wrong with an image import comes at once', async () => {
  await using daemon = await startFakeDaemon();
  const words = ['image', 'import', 'a.img', '--name', 'B a', '--identity', 'foo', '--checksum', 'md5:00'];
  const { code, stderr } = await runCliProcess(daemon.root, words);
  assert.equal(code, 2);
  assert.match(stderr, /\n {2}--identity: must be one of nocloud, none, got "foo"\n/);
  assert.match(stderr, /\n {2}--name: must be lower-case letters, .*, got "B a"\n/);
  assert.match(stderr, /\n {2}--checksum: must be sha256: and 64 hex digits .*, got "md5:00"\n/);
  assert.deepEqual(daemon.requests, []);
});

test('image import sends an absolute path and a name made from the file', async () => {
  const checksum = `sha256:${'0'.repeat(64)}`;
  await using daemon = await startFakeDaemon();
  const done = operation({ kind: 'image.import', subject: 'my-disk', state: 'done' });
  daemon.on('POST /v1/images/import', () => answer(202, done));
  writeFileSync(join(daemon.root, 'My_Disk.qcow2'), '');
  const { stdout } = await runCliProcess(daemon.root, ['image', 'import', 'My_Disk.qcow2', '--checksum', checksum]);
  assert.equal(stdout, 'my-disk is ready\n');
  const source = join(daemon.root, 'My_Disk.qcow2');
  assert.deepEqual(daemon.requests[0]?.body, { name: 'my-disk', source, checksum });
});

test('an import of what is there already is done', async () => {
  await using daemon = await startFakeDaemon();
  writeFileSync(join(daemon.root, 'cloud.qcow2'), '');
  daemon.on('POST /v1/images/import', () => errorAnswer(409, { code: 'IMAGE_SAME', message: 'there already' }));
  const { code, stdout } = await runCliProcess(daemon.root, ['image', 'import', 'cloud.qcow2']);
  assert.deepEqual([code, stdout], [0, 'cloud is there already, with this content\n']);
});

test('api without the body that a request needs says how to give it', async () => {
  await using daemon = await startFakeDaemon();
  const problems = [{ path: 'name', rule: 'must be given, of the type string', value: undefined }];
  const refusal = { code: 'VALIDATION_FAILED', message: 'the request is not valid', problems } as const;
  daemon.on('POST /v1/guests', () => errorAnswer(422, refusal));
  const hint = /^ {2}hint: no body was sent: lodge api POST \/v1\/guests --data JSON$/m;
  const bare = await runCliProcess(daemon.root, ['api', 'POST', '/v1/guests']);
  assert.equal(bare.code, 4);
  assert.match(bare.stderr, hint);
  assert.doesNotMatch((await runCliProcess(daemon.root, ['api', 'POST', '/v1/guests', '--data', '{}'])).stderr, hint);
});

test('image ls without an image says once how to build one', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('GET /v1/images', () => ({ images: [], buildable: ['debian-12'] }));
  const { stdout, stderr } = await runCliProcess(daemon.root, ['image', 'ls']);
  assert.match(stdout, /^debian-12 .* not built yet: lodge image build debian-12$/m);
  assert.equal((stdout + stderr).split('image build').length, 2, stdout + stderr);
  assert.equal(stderr, 'no images yet: lodge create NAME builds the one that it needs\n');
});

test('api sends a body from a file and prints the answer as it is', async () => {
  await using daemon = await startFakeDaemon();
  daemon.on('PATCH /v1/guests/web1', ({ request }) => request.body);
  writeFileSync(join(daemon.root, 'body.json'), '{ "vcpus": 2 }');
  const words = ['api', 'patch', '/v1/guests/web1', '--data', '@body.json'];
  assert.equal((await runCliProcess(daemon.root, words)).stdout, '{"vcpus":2}\n');
  assert.equal((await runCliProcess(daemon.root, ['api', 'GET', '/v1/nothing'])).code, 3);
  const foo = await runCliProcess(daemon.root, ['api', 'FOO', '/v1/guests']);
  assert.equal(foo.code, 2);
  assert.match(foo.stderr, /^lodge: FOO is no method of the API: those are GET, POST, PATCH, DELETE\n/);
  assert.equal((await runCliProcess(daemon.root, ['api', 'GET', '/', '--data', '{'])).code, 2);
});

test("doctor's fixes are typed as the user typed, for a program too", async () => {
  await using daemon = await startFakeDaemon();
  const check = { id: 'kvm', status: 'warn', summary: 'old', detail: '', fix: 'lodge doctor --refresh' };
  daemon.on('POST /v1/doctor', () => ({ ...REPORT, checks: [check] }));
  const program = join(daemon.root, 'lodge');
  writeFileSync(program, '');
  const env = { LODGE_COMMAND: program };
  const fix = `LODGE_ROOT=${daemon.root} ${program} doctor --refresh`;
  const { stdout } = await runCliProcess(daemon.root, ['doctor', '--json'], { env });
  assert.equal(JSON.parse(stdout).checks[0].fix, fix);
  // Wherever one lies: in a finding, in what an operation failed with.
  const error = { code: 'STATE_REFUSED', message: 'lodge ls', hint: 'lodge doctor --refresh' } as const;
  daemon.on('GET /v1/operations/op7', () => operation({ state: 'failed', error }));
  const shown = await runCliProcess(daemon.root, ['operation', 'show', 'op7', '--json'], { env });
  assert.deepEqual(JSON.parse(shown.stdout).error, { ...error, hint: fix });
  assert.match((await runCliProcess(daemon.root, ['doctor'], { env })).stdout, new RegExp(`fix: ${fix}\n`));
});
