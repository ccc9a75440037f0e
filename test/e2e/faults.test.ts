import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import type { DoctorReport, ErrorBody, Operation } from '../../src/api/types.ts';
import { exec } from '../../src/host/exec.ts';
import { writeBootableCd } from '../support/boot-sector.ts';
import { BLANK, FaultWorld } from '../support/fault-world.ts';
import type { CliResult } from '../support/lodge-instance.ts';
import { eventually } from '../support/netns.ts';

const PATIENCE_MS = 120_000;

let world: FaultWorld;
before(async () => {
  world = await FaultWorld.open('lgfa');
});
after(() => world.close());

/** Runs a command that has to be refused or to fail: the exit code and the body of the error, and nothing left of it. */
async function fail(args: string[], exitCode: number, code: string): Promise<ErrorBody> {
  const result = await world.lodge.run([...args, '--json']);
  assert.equal(result.exitCode, exitCode, `${result.stdout}${result.stderr}`);
  const { error } = JSON.parse(result.stdout) as { error: ErrorBody };
  assert.equal(error.code, code, error.message);
  return error;
}

const create = (name: string, ...options: string[]) => ['create', name, ...BLANK, ...options];

/** Begins a command and does not wait for it. */
function begin(args: string[]): Promise<CliResult> {
  return world.lodge.run(args);
}

function untilStep(subject: string, step: string): Promise<Operation> {
  const isThere = (one: Operation) =>
    one.subject === subject && one.steps.some(({ id, state }) => id === step && state === 'running');
  return eventually(`${subject} is at ${step}`, async () => (await world.operations()).find(isThere), PATIENCE_MS);
}

/** A guest that never answers by SSH, whose create therefore waits. */
const SILENT = ['--image', 'seeded', '--disk', '1MiB', '--memory', '64MiB'];

test('a request that is wrong in many ways is told all of them at once', async () => {
  const bad = [
    '--memory',
    '1KiB',
    '--vcpus',
    '0',
    '--disk',
    '7',
    '--mac',
    '01:00:00:00:00:00',
    '--ipv4',
    '192.0.2.300',
  ];
  const { problems = [] } = await fail(['create', 'Bad_Name', '--image', 'none', ...bad, '--keymap', 'xx'], 2, 'USAGE');
  const paths = problems.map(({ path }) => path).sort();
  for (const path of ['disk.sizeBytes', 'ipv4', 'keymap', 'mac', 'memoryMiB', 'name', 'vcpus']) {
    assert.ok(paths.includes(path), `${path} is not among ${paths}`);
  }
  await world.assertAtRest();
});

test('what is taken or not there is refused by its own code', async () => {
  const { spec } = await world.guest('neighbour');
  assert.match((await fail(create('neighbour'), 4, 'GUEST_EXISTS')).hint ?? '', /lodge show neighbour/);
  assert.match((await fail(['create', 'x', '--image', 'nothing'], 3, 'IMAGE_NOT_FOUND')).hint ?? '', /lodge image ls/);
  const twice = await fail(
    create('x', '--mac', spec.nic.mac, '--ipv4', String(spec.nic.ipv4), '--publish', '8080:1'),
    4,
    'VALIDATION_FAILED',
  );
  assert.deepEqual((twice.problems ?? []).map(({ path }) => path).sort(), ['ipv4', 'ipv6', 'mac', 'publish[0]']);
  const large = await fail(['create', 'x', ...BLANK.slice(0, 4), '--memory', '900GiB'], 4, 'VALIDATION_FAILED');
  assert.match(large.problems?.[0]?.rule ?? '', /must fit the host/);
  await fail(['show', 'nobody'], 3, 'GUEST_NOT_FOUND');
  await fail(['api', 'POST', '/v1/guests/neighbour/start', '--data', '{}'], 4, 'STATE_REFUSED');
  await world.assertAtRest();
});

test('a port that a program has is refused with its name', async () => {
  const program = world.lodge.namespaces.start('host', 'socat', ['TCP-LISTEN:9090', 'PIPE']);
  const listens = async () => (await world.lodge.namespaces.run('host', 'ss', ['-ltn'])).stdout.includes(':9090');
  await eventually('socat listens', listens);
  const { message } = await fail(create('x', '--publish', '9090:80'), 4, 'PORT_TAKEN');
  assert.match(message, /9090\/tcp is taken by socat/);
  await fail(['set', 'neighbour', '--publish', '9090:80'], 4, 'PORT_TAKEN');
  program.kill('SIGKILL');
  await once(program, 'exit');
  await world.assertAtRest();
});

test('a file that is no image is told apart, by import and by create', async () => {
  const text = `${world.lodge.root}/notes.qcow2`;
  await writeFile(text, 'this is a text\n'.repeat(100));
  const { message } = await fail(['image', 'import', text, '--name', 'notes'], 4, 'NOT_AN_IMAGE');
  assert.match(message, /notes\.qcow2 is no disk image/);
  await fail(['create', 'x', '--image', text, ...BLANK.slice(2)], 4, 'NOT_AN_IMAGE');
  const { problems = [] } = await fail(
    create('x', '--iso', text, '--checksum', `sha256:${'0'.repeat(64)}`),
    4,
    'VALIDATION_FAILED',
  );
  assert.deepEqual(problems.map(({ path, rule }) => `${path} ${rule}`).sort(), [
    'checksum must come with an image that is a file or a URL: only that is checked',
    'iso must be a CD image (ISO 9660 or UDF), and is none',
  ]);
  const taken = await fail(['image', 'import', text, '--name', 'debian-13'], 4, 'VALIDATION_FAILED');
  assert.match(taken.message, /one that Lodge builds itself/);
  await world.assertAtRest();
});

test('a CPU that QEMU does not have, or has not here, is refused before anything is made, in its words', async () => {
  const begun = (await world.operations()).length;
  const refused: [string, RegExp][] = [
    ['nonsense', /^must be a CPU that this QEMU has under \w+: it says “unable to find CPU model 'nonsense'”$/],
    ['Nehalem,+nonsense', /Property '.*nonsense' not found/],
    ['host', /must not be host under emulation/],
    ['a b', /must be auto or a CPU model with features/],
  ];
  for (const [cpu, wording] of refused) {
    for (const dry of [[], ['--dry-run']]) {
      const words = create('x', '--accel', 'tcg', '--cpu', cpu, '--vcpus', '0', ...dry);
      const { problems = [] } = await fail(words, 2, 'USAGE');
      assert.deepEqual(problems.map(({ path }) => path).sort(), ['cpu', 'vcpus']);
      assert.match(problems.find(({ path }) => path === 'cpu')?.rule ?? '', wording);
    }
  }
  assert.equal((await world.operations()).length, begun);
  await world.succeed(create('x', '--accel', 'tcg', '--cpu', 'Nehalem,-sse4.2,+aes', '--dry-run'));
});

test('KVM that the probe found absent or broken is refused with what it found', async () => {
  const { accelerator } = await world.api.request<DoctorReport>('POST', routes.doctor, {});
  const kvm = accelerator?.measurements.find(({ accel }) => accel === 'kvm');
  if (kvm?.verdict === 'works' || kvm?.verdict === 'slow') {
    await world.succeed(create('x', '--accel', 'kvm', '--dry-run'));
  } else {
    const { problems = [] } = await fail(
      create('x', '--accel', 'kvm', '--cpu', 'host', '--dry-run'),
      4,
      'VALIDATION_FAILED',
    );
    assert.deepEqual(
      problems.map(({ path }) => path),
      ['accel'],
    );
    assert.match(problems[0]?.rule ?? '', /^must be auto or tcg: KVM is \w+ on this host: .*lodge doctor/);
  }
});

test('a QEMU that dies at its start takes everything back, and its words are told', async () => {
  const cd = `${world.lodge.root}/gone.iso`;
  await writeBootableCd(cd, 'nothing');
  await world.succeed([...create('x', '--iso', cd)]);
  await world.succeed(['kill', 'x']);
  await rm(cd);
  const { message } = await fail(['start', 'x'], 1, 'QEMU_DIED');
  assert.match(message, /gone\.iso/);
  await world.succeed(['rm', 'x', '--yes']);
  await world.assertAtRest();
});

test('a guest that never answers by SSH is kept, and the serial console is quoted', async () => {
  await world.daemon('', { LODGE_SSH_LIMIT_MS: '1500' });
  const { message, hint } = await fail(['create', 'silent', ...SILENT], 1, 'GUEST_UNREACHABLE');
  assert.match(
    message,
    /silent runs but SSH did not answer in 1.5 s; its packets get through this host: the guest itself/,
  );
  assert.match(hint ?? '', /lodge console silent/);
  await world.assertRuns('silent');
  await world.succeed(['rm', 'silent', '--yes']);

  const { namespaces } = world.lodge;
  await namespaces.nft(
    'host',
    'table inet wall { chain c { type filter hook output priority 0; tcp dport 22 drop; }; }',
  );
  const walled = await fail(['create', 'silent', ...SILENT], 1, 'GUEST_UNREACHABLE');
  assert.match(
    walled.message,
    /this host stops packets of guests: inet wall c, handle \d+, "tcp dport 22 drop": SSH from the/,
  );
  assert.match(walled.message, /SSH from the host to this guest \(IPv4 and IPv6\)/);
  assert.match(walled.hint ?? '', /^nft 'insert rule inet wall c oifname "lg....\*" accept'$/);
  await world.succeed(['rm', 'silent', '--yes']);
  await namespaces.nft('host', 'delete table inet wall');
  await world.assertAtRest();
  await world.killDaemon();
  await world.daemon('');
});

test('two creates of one name at once: one wins', async () => {
  const ends = await Promise.all([begin(create('twin')), begin(create('twin'))]);
  assert.deepEqual(ends.map(({ exitCode }) => exitCode).sort(), [0, 4]);
  assert.match(ends.map(({ stderr }) => stderr).join(''), /there is a guest twin already/);
  await world.assertRuns('twin');
  await world.succeed(['rm', 'twin', '--yes']);
  await world.assertAtRest();
});

test('eight creates at once have eight addresses', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `many${index}`);
  const ends = await Promise.all(names.map((name) => begin(create(name))));
  assert.deepEqual(
    ends.map(({ exitCode }) => exitCode),
    names.map(() => 0),
    ends.map(({ stderr }) => stderr).join(''),
  );
  const guests = await Promise.all(names.map((name) => world.guest(name)));
  assert.equal(new Set(guests.map(({ spec }) => spec.nic.ipv4)).size, 8);
  for (const name of names) await world.assertRuns(name);
  await world.succeed(['rm', ...names, '--yes']);
  await world.assertAtRest();
});

test('Ctrl-C detaches with 130, and the work goes on', async () => {
  const child = world.lodge.spawn(['create', 'detached', ...SILENT]);
  let said = '';
  child.stderr?.on('data', (data) => {
    said += data;
  });
  const { id } = await untilStep('detached', 'wait-ssh');
  // `ip netns exec` and the launcher exec: the child is the command line itself.
  child.kill('SIGINT');
  const [exitCode] = await once(child, 'exit');
  assert.equal(exitCode, 130, said);
  assert.match(said, new RegExp(`it goes on[\\s\\S]*lodge operation wait ${id}`));
  assert.match(said, new RegExp(`to end the wait, and detached runs on: .*lodge operation cancel ${id}\n`));
  await world.assertRuns('detached', 'starting');
  const { operation } = await world.guest('detached');
  assert.equal(operation, id);
  const { stdout } = await world.succeed(['operation', 'cancel', id]);
  const kept =
    /^create detached: cancelled; the wait was ended by .*lodge operation cancel; detached is kept and runs on\n$/;
  assert.match(stdout, kept);
  await world.assertRuns('detached');
  assert.equal((await world.guest('detached')).lastError, null);
  await world.succeed(['rm', 'detached', '--yes']);
  await world.assertAtRest();
});

test('rm of a guest that is being made cancels that; the other command says so and ends with 130', async () => {
  const making = begin(['create', 'half', ...SILENT]);
  await untilStep('half', 'wait-ssh');
  await world.succeed(['rm', 'half', '--yes']);
  const { exitCode, stderr } = await making;
  assert.equal(exitCode, 130, stderr);
  assert.match(stderr, /\nlodge: half was removed by lodge rm before SSH answered\n$/);
  assert.match(stderr, /wait until SSH answers … cancelled after [^:\n]*\n/);
  assert.doesNotMatch(stderr, /failed/);
  await world.assertAtRest();
});

const WAITERS: { name: string; args: string[]; kept: string }[] = [
  { name: 'create', args: ['create', 'quiet', ...SILENT], kept: '; it is kept, with its disk' },
  { name: 'start --wait', args: ['start', 'quiet', '--wait'], kept: '' },
  { name: 'restart --wait', args: ['restart', 'quiet', '--wait', '--timeout', '1s'], kept: '' },
];

test('a guest that runs and is only waited for is killed and stopped as one that runs, and stays', async (context) => {
  const enders = [
    { args: ['kill', 'quiet'], said: 'quiet was killed\n', word: 'ended by lodge kill' },
    { args: ['stop', 'quiet', '--timeout', '1s'], said: /^quiet is stopped/, word: 'stopped by lodge stop' },
  ];
  for (const { args: end, said, word } of enders) {
    for (const { name, args, kept } of WAITERS) {
      await context.test(`${end[0]} during ${name}`, async () => {
        if (name === 'restart --wait') await world.succeed(['start', 'quiet']);
        const waiting = begin(args);
        await untilStep('quiet', 'wait-ssh');
        const { stdout } = await world.succeed(end);
        if (typeof said === 'string') assert.equal(stdout, said);
        else assert.match(stdout, said);
        const { exitCode, stderr } = await waiting;
        assert.equal(exitCode, 130, stderr);
        assert.ok(stderr.endsWith(`\nlodge: quiet was ${word} before SSH answered${kept}\n`), stderr);
        await world.assertStopped('quiet');
        const { lastError, diskStoredBytes } = await world.guest('quiet');
        assert.notEqual(diskStoredBytes, null, 'its disk is there');
        // A stop that had to end the guest says so there.
        if (end[0] === 'kill') assert.equal(lastError, null);
      });
    }
    await world.succeed(['rm', 'quiet', '--yes']);
  }
  await world.assertAtRest();
});

test('restart and set of a guest that is only waited for go through; the wait ends with the restart alone', async () => {
  const making = begin(['create', 'quiet', ...SILENT]);
  const { id } = await untilStep('quiet', 'wait-ssh');
  await world.succeed(['set', 'quiet', '--publish', '8081:80']);
  assert.equal((await world.guest('quiet')).operation, id, 'it still waits');
  await world.succeed(['restart', 'quiet', '--timeout', '1s']);
  const { exitCode, stderr } = await making;
  assert.equal(exitCode, 130, stderr);
  assert.match(stderr, /quiet was restarted by lodge restart before SSH answered; it is kept, with its disk\n$/);
  await world.assertRuns('quiet');
  await world.succeed(['rm', 'quiet', '--yes']);
  await world.assertAtRest();
});

test('a guest that is killed before its QEMU runs is gone with its create, and both commands say so', async () => {
  // It hears every request and answers none.
  const server = world.lodge.namespaces.start('host', 'socat', [
    '-u',
    'TCP-LISTEN:8099,fork,reuseaddr',
    'OPEN:/dev/null',
  ]);
  const listens = async () => (await world.lodge.namespaces.run('host', 'ss', ['-ltn'])).stdout.includes(':8099');
  await eventually('socat listens', listens);
  const far = ['--image', 'http://127.0.0.1:8099/far.qcow2', '--checksum', `sha256:${'0'.repeat(64)}`];
  const making = begin(['create', 'unmade', ...far, ...SILENT.slice(2)]);
  await untilStep('unmade', 'prepare-image');
  const { stdout } = await world.succeed(['kill', 'unmade']);
  assert.equal(stdout, 'unmade was killed; it was still being made: nothing of it is left\n');
  const { exitCode, stderr } = await making;
  assert.equal(exitCode, 130, stderr);
  assert.match(stderr, /\nlodge: create unmade was cancelled by lodge kill\n$/);
  assert.match(stderr, /import the image far\S* … taken back\n/);
  assert.doesNotMatch(stderr, /failed/);
  server.kill('SIGKILL');
  await once(server, 'exit');
  await world.assertAtRest();
});

test('an image that a create from a file has made stays when the guest is taken back, and is told to', async () => {
  const disk = `${world.lodge.root}/own.qcow2`;
  await exec('qemu-img', ['create', '-q', '-f', 'qcow2', disk, '1M']);
  await world.daemon('fail:make-disk:begin@unmade');
  const { exitCode, stderr } = await begin(['create', 'unmade', '--image', disk, ...SILENT.slice(2)]);
  assert.equal(exitCode, 1, stderr);
  const [, image = ''] =
    /\nimport the image (\S+) … not taken back: the image \1 stays: .*lodge image rm \1 /.exec(stderr) ?? [];
  assert.match(image, /^own/, stderr);
  await world.succeed(['image', 'rm', image, '--yes']);
  await world.daemon('');
  await world.assertAtRest();
});

test('an operation is cancelled at every step: nothing stays, and once QEMU runs the guest does', async (context) => {
  const plan = await world.lodge.json<{ steps: { id: string }[] }>(['create', 'x', ...SILENT, '--dry-run']);
  for (const { id: step } of plan.steps) {
    await context.test(step, async () => {
      const begun = await world.api.request<Operation>('POST', routes.guests, {
        name: 'x',
        image: 'seeded',
        disk: { sizeBytes: 2 ** 20 },
        memoryMiB: 64,
      });
      const at = (one: Operation) => one.steps.find(({ id }) => id === step)?.state !== 'pending';
      for await (const now of world.api.values<Operation>(routes.operationWatch(begun.id))) if (at(now)) break;
      const ended = await world.api.request<Operation>('POST', routes.operationCancel(begun.id));
      assert.equal(ended.state, 'cancelled');
      const hasStarted = ended.steps.find(({ id }) => id === 'start-qemu')?.state === 'done';
      assert.ok(hasStarted || step !== 'wait-ssh');
      if (hasStarted) {
        await world.assertRuns('x');
        await world.succeed(['rm', 'x', '--yes']);
      }
      await world.assertAtRest();
    });
  }
});

test('a guest that ignores the power button is ended after the time limit; kill does not wait for that', async () => {
  await world.succeed(create('deaf'));
  await world.succeed(['stop', 'deaf', '--timeout', '1s']);
  await world.assertStopped('deaf');
  await world.succeed(['start', 'deaf']);
  const stopping = begin(['stop', 'deaf', '--timeout', '10min']);
  await untilStep('deaf', 'shut-down');
  await world.succeed(['kill', 'deaf']);
  assert.equal((await stopping).exitCode, 130);
  await world.assertStopped('deaf');
  await world.succeed(['rm', 'deaf', '--yes']);
  await world.assertAtRest();
});

test('two daemons started at once: one serves, and both commands find it', async () => {
  await world.killDaemon();
  const [one, other] = await Promise.all([begin(['daemon', 'start']), begin(['daemon', 'start'])]);
  assert.deepEqual([one.exitCode, other.exitCode], [0, 0], one.stderr + other.stderr);
  const daemons = async () => {
    const pids = await world.lodge.namespaces.pids('host');
    const { pid } = await world.status();
    return pids.includes(pid) && (await world.lodge.leftovers()).every((line) => !/daemon(\.mjs|\/main)/.test(line));
  };
  await eventually('one daemon', daemons);
  await world.assertAtRest();
});

test('a root that is full: what was begun is taken back, the daemon lives and says why', async () => {
  const { root, layout } = world.lodge;
  // The state moves to a small file system of its own, with the guests' disks and the store.
  await world.succeed(['rm', 'neighbour', '--yes']);
  await world.killDaemon();
  await exec('mv', [layout.stateDir, `${root}/kept`]);
  await exec('mkdir', [layout.stateDir]);
  await exec('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0755', 'lodge-test', layout.stateDir]);
  try {
    await exec('cp', ['-a', `${root}/kept/.`, layout.stateDir]);
    const big = `${root}/big.raw`;
    // The boot sector of an empty disk, and what no image format can make smaller behind it.
    const sector = Buffer.alloc(512);
    sector.set([0x55, 0xaa], 510);
    await writeFile(big, Buffer.concat([sector, randomBytes(16 * 2 ** 20)]));
    await fail(['image', 'import', big, '--name', 'big'], 1, 'DISK_FULL');
    assert.deepEqual(await world.lodge.leftovers(), []);

    const ballast = `${layout.stateDir}/ballast`;
    await exec('sh', ['-c', `cat /dev/zero > ${ballast} 2>/dev/null || true`]);
    const { hint } = await fail(create('x'), 1, 'DISK_FULL');
    assert.match(hint ?? '', /df -h/);
    const { pid } = await world.status();
    assert.deepEqual(await world.lodge.json(['ls']), []);
    assert.deepEqual(await world.lodge.leftovers(), []);

    await exec('rm', [ballast]);
    await world.succeed(create('x'));
    await exec('sh', ['-c', `cat /dev/zero > ${ballast} 2>/dev/null || true`]);
    await world.assertRuns('x');
    await exec('rm', [ballast]);
    await world.succeed(['rm', 'x', '--yes']);
    assert.equal((await world.status()).pid, pid, 'it is the same daemon all the time');
    assert.deepEqual(await world.lodge.leftovers(), []);
  } finally {
    await world.killDaemon();
    await exec('umount', [layout.stateDir]);
    await exec('rmdir', [layout.stateDir]);
    await exec('mv', [`${root}/kept`, layout.stateDir]);
    await world.succeed(['ls']);
  }
});
