import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCliProcess, startCli } from '../../../test/support/cli-process.ts';
import { guestDetail, guestRow, operation, operationStep } from '../../../test/support/fake-answers.ts';
import { answer, errorAnswer, type FakeDaemon, startFakeDaemon } from '../../../test/support/fake-daemon.ts';
import type { ErrorBody } from '../../base/errors.ts';
import { pendingChanges } from '../../model/pending-change.ts';
import { changedLine } from './set.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXAMPLE someone@home';
const DISK = { id: 'make-disk', title: 'make the disk' };

function createsInTwoSteps(daemon: FakeDaemon): void {
  daemon.on('POST /v1/guests', () => answer(202, operation()));
  daemon.on('GET /v1/operations/op7/watch', ({ response }) => {
    const done = operationStep('make-disk', { ...DISK, state: 'done', startedAtMs: 0, endedAtMs: 100 });
    response.write(`${JSON.stringify(operation({ steps: [operationStep('make-disk', DISK)] }))}\n`);
    response.write(`${JSON.stringify(operation({ steps: [{ ...done, state: 'running', endedAtMs: null }] }))}\n`);
    response.write(`${JSON.stringify(operation({ steps: [done] }))}\n`);
    response.end(`${JSON.stringify(operation({ steps: [done], state: 'done', endedAtMs: 1 }))}\n`);
    return undefined;
  });
  daemon.on('GET /v1/guests/*', ({ parts }) => {
    // The key that Lodge keeps for itself, as root sees it.
    const { ssh } = guestDetail(parts[0] ?? '');
    const identityFile = join(daemon.root, 'id_ed25519');
    writeFileSync(identityFile, '');
    return guestDetail(parts[0] ?? '', { ssh: { ...ssh, identityFile } });
  });
}

describe('create', () => {
  test('tells each step on stderr and the result on stdout', async () => {
    await using daemon = await startFakeDaemon();
    createsInTwoSteps(daemon);
    mkdirSync(join(daemon.root, '.ssh'));
    writeFileSync(join(daemon.root, '.ssh/id_ed25519.pub'), `${KEY}\n`);
    const result = await runCliProcess(daemon.root, ['create', 'web1']);
    assert.deepEqual(result, {
      code: 0,
      stdout: [
        'web1 is running at 10.83.0.2, fd12:3456:789a::2',
        'log in: lodge ssh web1',
        'under emulation, which is slow: lodge doctor says why',
        '',
      ].join('\n'),
      stderr: 'make the disk …\nmake the disk … 100 ms\n',
    });
  });

  test('one line says which keys were left out, or that there is none, beside the result', async () => {
    await using daemon = await startFakeDaemon();
    createsInTwoSteps(daemon);
    const directory = join(daemon.root, '.ssh');
    const talk = async (...more: string[]) =>
      (await runCliProcess(daemon.root, ['create', 'web1', ...more])).stderr.split('\n').at(-2);
    assert.equal(
      await talk(),
      `lodge: no public key of yours was taken (no *.pub in ${directory}): lodge ssh works all the same, --ssh-key FILE lets in a key`,
    );
    mkdirSync(directory);
    writeFileSync(join(directory, 'authorized_keys'), `from="192.0.2.1" ${KEY}\nssh-dss AAAAB3NzaC1kc3M me\n`);
    assert.match((await talk()) ?? '', /--ssh-key \S+\/authorized_keys lets in who logs in here$/);
    const named = join(directory, 'authorized_keys');
    const leftOut = `lodge: keys left out: ${named} line 2: must be no DSA key: OpenSSH takes none any more`;
    assert.equal(await talk('--ssh-key', named), leftOut);
    const { body } = daemon.requests.findLast((request) => request.body !== undefined) ?? {};
    assert.deepEqual((body as { sshKeys: string[] }).sshKeys, [`from="192.0.2.1" ${KEY}`]);
    mkdirSync(join(directory, 'x.pub'));
    writeFileSync(join(directory, 'y.pub'), KEY);
    assert.equal(await talk(), `lodge: keys left out: ${directory}/x.pub (must be a file: this is a directory)`);
  });

  test('sends what the options say, and the keys of ~/.ssh', async () => {
    await using daemon = await startFakeDaemon();
    createsInTwoSteps(daemon);
    mkdirSync(join(daemon.root, '.ssh'));
    writeFileSync(join(daemon.root, '.ssh/id_ed25519.pub'), `${KEY}\n`);
    writeFileSync(join(daemon.root, 'a.iso'), '');
    const options = '--memory 2GiB --vcpus 2 --disk 20GiB --boot order=cd,once=d --publish 8080:80 --publish 53:53/udp';
    const words = [
      'create',
      'web1',
      ...options.split(' '),
      '--iso',
      'a.iso',
      '--no-start-with-host',
      '--no-wait',
      '--json',
    ];
    const { code, stdout } = await runCliProcess(daemon.root, words);
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).spec.name, 'web1');
    assert.deepEqual(daemon.requests[0]?.body, {
      name: 'web1',
      iso: join(daemon.root, 'a.iso'),
      memoryMiB: 2048,
      vcpus: 2,
      disk: { sizeBytes: 20 * 1024 ** 3 },
      boot: { order: 'cd', once: 'd' },
      startWithHost: false,
      wait: false,
      publish: [
        { protocol: 'tcp', hostAddress: null, hostPort: 8080, guestPort: 80 },
        { protocol: 'udp', hostAddress: null, hostPort: 53, guestPort: 53 },
      ],
      sshKeys: [KEY],
    });
  });

  test('all problems come at once, those that only the daemon knows with them', async () => {
    await using daemon = await startFakeDaemon();
    const port = { path: 'publish[0].hostPort', rule: 'must be free, 8080 is taken', value: 8080 };
    const error: ErrorBody = {
      code: 'VALIDATION_FAILED',
      message: 'guest web1: …',
      problems: [{ path: 'name', rule: 'must be better', value: '' }, port],
    };
    daemon.on('POST /v1/guests', ({ request }) => {
      assert.equal((request.body as { dryRun?: boolean }).dryRun, true);
      return errorAnswer(422, error);
    });
    const words = [
      'create',
      'Web_1',
      '--memory',
      'much',
      '--link',
      'bridged',
      '--publish',
      '8080:80',
      '--ssh-key',
      'no',
    ];
    const { code, stdout } = await runCliProcess(daemon.root, [...words, '--json']);
    assert.equal(code, 2);
    const body = JSON.parse(stdout).error;
    assert.equal(body.code, 'USAGE');
    assert.deepEqual(body.problems.slice(1), [
      { path: 'memoryMiB', rule: 'must be a size such as 512MiB or 10GiB', value: 'much' },
      { path: 'link', rule: 'must be nat: the link bridged is not built yet, only nat is', value: 'bridged' },
      { path: 'sshKeys[0]', rule: 'must be a file that exists', value: 'no' },
      port,
    ]);
    assert.equal(body.problems[0].path, 'name');
    const text = await runCliProcess(daemon.root, words);
    assert.match(text.stderr, /^lodge: create Web_1: not possible as typed\n {2}<name>: must be lower-case/);
    assert.match(text.stderr, /\n {2}--memory: must be a size such as 512MiB or 10GiB, got "much"\n/);
  });

  test('Ctrl-C detaches, ends with 130 and says how to come back', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('POST /v1/guests', () => answer(202, operation()));
    daemon.on('GET /v1/operations/op7/watch', ({ response }) => {
      const step = operationStep('make-disk', { ...DISK, state: 'done', startedAtMs: 0, endedAtMs: 100 });
      response.write(`${JSON.stringify(operation({ steps: [step] }))}\n`);
      return undefined;
    });
    const cli = startCli(daemon.root, ['create', 'web1']);
    await cli.seen('make the disk … 100 ms');
    cli.child.kill('SIGINT');
    const { code, stdout, stderr } = await cli.result;
    assert.equal(code, 130);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /detached from "create web1": it goes on\n {2}hint: to come back to it: lodge operation wait op7; .*: lodge operation cancel op7/,
    );
    assert.ok(!daemon.requests.some(({ path }) => path.endsWith('/cancel')));
  });

  test('a failed operation ends with the code of its error', async () => {
    await using daemon = await startFakeDaemon();
    const error = { code: 'PORT_TAKEN', message: 'port 8080 is taken', hint: 'choose another' } as const;
    daemon.on('POST /v1/guests', () => answer(202, operation()));
    daemon.on(
      'GET /v1/operations/op7/watch',
      ({ response }) => void response.end(`${JSON.stringify(operation({ state: 'failed', error }))}\n`),
    );
    const { code, stderr } = await runCliProcess(daemon.root, ['create', 'web1']);
    assert.equal(code, 4);
    assert.equal(stderr, 'lodge: port 8080 is taken\n  hint: choose another\n');
  });

  test('a daemon that drops the connection is asked again', async () => {
    await using daemon = await startFakeDaemon();
    createsInTwoSteps(daemon);
    let asked = 0;
    daemon.on('GET /v1/operations/op7/watch', ({ response }) => {
      asked += 1;
      response.write(`${JSON.stringify(operation({ state: asked === 1 ? 'running' : 'done' }))}\n`, () =>
        asked === 1 ? response.destroy() : response.end(),
      );
      return undefined;
    });
    const { code } = await runCliProcess(daemon.root, ['create', 'web1']);
    assert.deepEqual({ code, asked }, { code: 0, asked: 2 });
  });

  test('--detach prints the operation and leaves', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('POST /v1/guests', () => answer(202, operation()));
    const { code, stdout } = await runCliProcess(daemon.root, ['create', 'web1', '--detach']);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: 'create web1: lodge operation wait op7\n' });
  });

  test('--dry-run prints the steps and why', async () => {
    await using daemon = await startFakeDaemon();
    const { spec } = guestDetail('web1');
    daemon.on('POST /v1/guests', () => ({ spec, steps: [{ id: 'a', title: 'make the disk', why: 'it needs one' }] }));
    const { stdout } = await runCliProcess(daemon.root, ['create', 'web1', '--dry-run']);
    assert.match(stdout, /nothing was changed\n 1\. make the disk\n {4}it needs one\n$/);
  });
});

describe('rm, start and set', () => {
  test('rm never asks off a terminal', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => [guestRow('web1'), guestRow('web2')]);
    const { code, stderr } = await runCliProcess(daemon.root, ['rm', 'web1', 'web2']);
    assert.equal(code, 4);
    assert.match(stderr, /hint: lodge rm web1 web2 --yes\n$/);
    assert.ok(daemon.requests.every(({ method }) => method === 'GET'));
  });

  test('several names become several operations, a name given twice one, and one refusal does not stop the others', async () => {
    await using daemon = await startFakeDaemon();
    const ops = (name: string) => operation({ id: `op-${name}`, kind: 'guest.rm', subject: name, state: 'done' });
    daemon.on('DELETE /v1/guests/*', ({ parts: [name = ''] }) =>
      name === 'busy' ? errorAnswer(409, { code: 'GUEST_BUSY', message: 'busy is in the works' }) : ops(name),
    );
    daemon.on('GET /v1/guests', () => ['a', 'b', 'busy'].map((name) => guestRow(name)));
    const good = await runCliProcess(daemon.root, ['rm', 'a', 'b', 'a', '--yes', '--json']);
    assert.deepEqual(JSON.parse(good.stdout), [ops('a'), ops('b')]);
    const bad = await runCliProcess(daemon.root, ['rm', 'busy', 'b', '--yes']);
    assert.deepEqual(bad, { code: 4, stdout: 'b was removed\n', stderr: 'lodge: busy is in the works\n' });
  });

  test('what is asked for and is so already is done: start, stop and kill may be said twice', async () => {
    await using daemon = await startFakeDaemon();
    const phases = { on: 'running', off: 'stopped', fell: 'crashed', half: 'failed' } as const;
    daemon.on('GET /v1/guests', () => Object.entries(phases).map(([name, phase]) => guestRow(name, { phase })));
    daemon.on('GET /v1/guests/*', ({ parts: [name = ''] }) =>
      guestDetail(name, { phase: phases[name as keyof typeof phases] }),
    );
    const refused = errorAnswer(409, { code: 'STATE_REFUSED', message: 'it is not possible now' });
    const may = { start: ['off', 'fell'], stop: ['on'], kill: ['on'] };
    for (const verb of ['start', 'stop', 'kill'] as const) {
      daemon.on(`POST /v1/guests/*/${verb}`, ({ parts: [name = ''] }) =>
        may[verb].includes(name) ? operation({ id: name, subject: name, state: 'done' }) : refused,
      );
    }
    const run = (...words: string[]) => runCliProcess(daemon.root, words);
    const said = async (...words: string[]) => {
      const { code, stdout } = await run(...words);
      return [code, stdout];
    };
    assert.deepEqual(await said('stop', 'off'), [0, 'off was stopped already\n']);
    assert.deepEqual(await said('stop', 'off', 'on'), [0, 'off was stopped already\non is stopped\n']);
    assert.deepEqual(await said('kill', 'off', 'fell'), [
      0,
      'off was stopped already\nfell does not run already: it had crashed\n',
    ]);
    assert.deepEqual(await said('start', 'on'), [0, 'on was running already\n']);
    const unwaited = 'on was running already; whether SSH answers was not waited for\n';
    assert.deepEqual(await said('start', 'on', '--wait'), [0, unwaited]);
    assert.deepEqual(await said('start', 'on', '--detach'), [0, 'on was running already\n']);
    assert.deepEqual(JSON.parse((await run('stop', 'off', '--json')).stdout), []);
    for (const verb of ['start', 'stop', 'kill']) assert.equal((await run(verb, 'half')).code, 4, verb);
  });

  test('a guest that had to be ended is told as that, by stop and by restart', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => [guestRow('web1'), guestRow('web2')]);
    const warning = 'it did not shut down in 90 s and was ended';
    for (const [verb, done] of [
      ['stop', 'is stopped'],
      ['restart', 'is running again'],
    ] as const) {
      daemon.on(`POST /v1/guests/*/${verb}`, ({ parts: [name = ''] }) => {
        const steps = [operationStep('shut-down', { state: 'done', ...(name === 'web1' ? { warning } : {}) })];
        return operation({ id: name, kind: `guest.${verb}`, subject: name, state: 'done', steps });
      });
      const { code, stdout } = await runCliProcess(daemon.root, [verb, 'web1', 'web2']);
      const lines = `web1 ${done}; ${warning}: --timeout gives it longer\nweb2 ${done}\n`;
      assert.deepEqual({ code, stdout }, { code: 0, stdout: lines });
      const json = await runCliProcess(daemon.root, [verb, 'web1', '--json']);
      assert.equal(JSON.parse(json.stdout)[0].steps[0].warning, warning);
    }
  });

  test('when some of several names do not exist, all of those are told and nothing is done', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('GET /v1/guests', () => [guestRow('web1'), guestRow('db1')]);
    for (const verb of ['rm --yes', 'start', 'stop', 'restart', 'kill']) {
      const [command = '', ...options] = verb.split(' ');
      const words = [command, 'web1', 'wbe1', 'nope', ...options];
      const { code, stdout } = await runCliProcess(daemon.root, [...words, '--json']);
      assert.equal(code, 3, verb);
      const message = 'there are no guests wbe1, nope; nothing was done to any of those named';
      assert.deepEqual(JSON.parse(stdout).error, { code: 'GUEST_NOT_FOUND', message, hint: 'lodge ls' });
    }
    assert.ok(daemon.requests.every(({ method }) => method === 'GET'));
    daemon.on('GET /v1/images', () => ({ images: [{ name: 'cloud' }], buildable: ['debian-12'] }));
    const image = await runCliProcess(daemon.root, ['image', 'rm', 'cloud', 'debian-12', '--yes']);
    const why = 'lodge: there is no image debian-12; nothing was done to any of those named';
    assert.deepEqual(image, { code: 3, stdout: '', stderr: `${why}\n  hint: lodge image ls\n` });
    assert.ok(daemon.requests.every(({ method }) => method === 'GET'));
  });

  test('all problems of a set come at once, those that only the daemon knows with them', async () => {
    await using daemon = await startFakeDaemon();
    const shrink = { path: 'diskSizeBytes', rule: 'must be at least 10GiB, the size it has', value: 1024 ** 2 };
    const error: ErrorBody = { code: 'DISK_SHRINK_REFUSED', message: 'the disk cannot shrink', problems: [shrink] };
    daemon.on('PATCH /v1/guests/web1', () => errorAnswer(409, error));
    const options = '--memory x --vcpus z --disk 1MiB --restart q --start-with-host --no-start-with-host';
    const { code, stderr } = await runCliProcess(daemon.root, ['set', 'web1', ...options.split(' ')]);
    assert.equal(code, 2);
    const rules = stderr.split('\n').flatMap((line) => /^ {2}(--[a-z-]+: .*?)(, got .*)?$/.exec(line)?.[1] ?? []);
    assert.deepEqual(rules.sort(), [
      '--disk: must be at least 10GiB, the size it has',
      '--memory: must be a size such as 512MiB or 10GiB',
      '--restart: must be one of no, on-failure, always',
      '--start-with-host: must come without --no-start-with-host',
      '--vcpus: must be a whole number',
    ]);
    assert.equal(daemon.requests.length, 1);
    await runCliProcess(daemon.root, ['set', 'web1', '--publish', 'bad', '--publish', '81:81']);
    assert.deepEqual(daemon.requests[1]?.body, { dryRun: true });
    assert.deepEqual(daemon.requests[0]?.body, { diskSizeBytes: 1024 ** 2, startWithHost: false, dryRun: true });
  });

  test('options that contradict each other are told by both, as they were typed', async () => {
    await using daemon = await startFakeDaemon();
    for (const [words, told] of [
      ['--publish 1:1 --unpublish', '--publish: must come without --unpublish: it replaces all earlier ports anyway'],
      ['--iso a.iso --eject', '--iso: must come without --eject, which empties the drive, got "a.iso"'],
      ['--start-with-host --no-start-with-host', '--start-with-host: must come without --no-start-with-host'],
    ] as const) {
      const { code, stderr } = await runCliProcess(daemon.root, ['set', 'web1', ...words.split(' ')]);
      assert.equal(code, 2);
      assert.equal(stderr, `lodge: set web1: not possible as typed\n  ${told}\n`);
    }
  });

  test('set says when nothing had to be changed, and tells of the next start only what it has to do with', () => {
    const before = guestDetail('web1', { generation: 4 });
    const waiting = pendingChanges(before.spec, { ...before.spec, vcpus: 2 });
    const after = { ...before, generation: 5, pendingRestart: true, pending: waiting };
    const asked = 'web1 is as asked for already: nothing was changed';
    const next = 'its next start applies it: lodge restart web1';
    assert.equal(changedLine(before, { memoryMiB: 1024 }, before), asked);
    assert.equal(changedLine({ ...after, generation: 4 }, { memoryMiB: 1024 }, before), asked);
    assert.equal(changedLine({ ...after, generation: 4 }, { vcpus: 2 }, before), `${asked}; ${next}`);
    assert.equal(changedLine(after, { vcpus: 2 }, before), `web1 was changed; ${next}`);
    assert.equal(changedLine(after, { diskSizeBytes: 1 }, before), 'web1 was changed');
    assert.equal(changedLine(before, { balloonMiB: 512 }, before), 'web1 was changed');
    assert.equal(changedLine(before, { vcpus: 2 }, null), 'web1 was changed');
  });

  test('set sends only what was named and says when it takes effect', async () => {
    await using daemon = await startFakeDaemon();
    daemon.on('PATCH /v1/guests/web1', () => guestDetail('web1', { pendingRestart: true }));
    const words = ['set', 'web1', '--vcpus', '2', '--no-start-with-host', '--eject', '--unpublish'];
    const { stdout } = await runCliProcess(daemon.root, words);
    assert.equal(stdout, 'web1 was changed; its next start applies it: lodge restart web1\n');
    const changes = daemon.requests.filter(({ method }) => method === 'PATCH');
    assert.deepEqual(changes[0]?.body, { vcpus: 2, startWithHost: false, iso: null, publish: [] });
    assert.equal((await runCliProcess(daemon.root, ['set', 'web1'])).code, 2);
  });
});
