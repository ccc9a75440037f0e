import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { routes } from '../../src/api/routes.ts';
import { planKill, planRemove, planRestart, planStart, planStop } from '../../src/plan/guest-steps.ts';
import { BLANK, FaultWorld } from '../support/fault-world.ts';

/**
 * Daemons are killed at the beginning and at the end of every step of every plan, and before every undo. The lists of
 * steps are the plans' own: a new step is killed at without a word in here.
 */
const MOMENTS = ['begin', 'end'] as const;
const TINY = ['--image', 'seeded', '--disk', '1MiB', '--memory', '64MiB', '--no-wait'];

let world: FaultWorld;
before(async () => {
  world = await FaultWorld.open('lgke');
});
after(() => world.close());

/** `make-disk:end`, and the guest in whose work it happens. */
interface Case {
  point: string;
  guest: string;
}

/** The n-th point happens to the guest gN: each case has a guest of its own. */
function pointsOf(steps: readonly { id: string }[], moments: readonly string[] = MOMENTS): Case[] {
  assert.notEqual(steps.length, 0);
  return steps
    .flatMap(({ id }) => moments.map((moment) => `${id}:${moment}`))
    .map((point, index) => {
      return { point, guest: `g${index}` };
    });
}

interface Kills {
  cases: Case[];
  faultOf?: (one: Case) => string;
  command: (guest: string) => string[];
  /** How the operation ends all the same. */
  end?: 'done' | 'failed';
  check: (guest: string) => Promise<void>;
}

/** Each daemon is killed in the work on one guest; the one that goes on with it is armed for the next case. */
async function killInTurn(context: TestContext, { cases, command, check, end = 'done', ...rest }: Kills) {
  const faultOf = rest.faultOf ?? (({ point, guest }) => `kill:${point}@${guest}`);
  for (const [index, one] of cases.entries()) {
    const next = cases[index + 1];
    await context.test(one.point, async () => {
      await world.daemon(faultOf(one));
      const args = command(one.guest);
      const { exitCode, stderr, operation } = await world.runToItsDaemonsDeath(args, next ? faultOf(next) : '');
      assert.ok([end === 'done' ? 0 : 1, 5].includes(exitCode), `exit ${exitCode}: ${stderr}`);
      assert.equal(operation.state, end, operation.error?.message);
      await check(one.guest);
      await world.assertRuns('neighbour');
    });
  }
}

const isRunning = (guest: string) => world.assertRuns(guest);
const isStopped = (guest: string) => world.assertStopped(guest);
const start = (guest: string) => world.ask('POST', routes.guestAction(guest, 'start'), {});
const kill = (guest: string) => world.ask('POST', routes.guestAction(guest, 'kill'), {});

async function bring(cases: Case[], phase: 'running' | 'stopped'): Promise<void> {
  await world.daemon('');
  for (const { guest } of cases) {
    if ((await world.guest(guest)).phase !== phase) await (phase === 'running' ? start(guest) : kill(guest));
  }
}

test('every step of every plan', async (context) => {
  type Plan = { spec: Parameters<typeof planStart>[0]; steps: { id: string }[] };
  const { spec, steps } = await world.lodge.json<Plan>(['create', 'plan', ...TINY, '--dry-run']);
  const created = pointsOf(steps);
  const started = planStart(spec, false);
  const lastOf = (plan: readonly { id: string }[]) => plan.at(-1)?.id;
  const create = (guest: string) => ['create', guest, ...TINY];

  await context.test('create fails, and nothing stays', async (inner) => {
    await world.daemon(created.map(({ point, guest }) => `fail:${point}@${guest}`).join());
    for (const { point, guest } of created) {
      await inner.test(point, async () => {
        const { exitCode, stdout } = await world.lodge.run([...create(guest), '--json']);
        assert.equal(exitCode, 1);
        const message = `fault fail:${point}@${guest} was asked for`;
        assert.deepEqual(JSON.parse(stdout), { error: { code: 'INTERNAL', message } });
        await world.assertAtRest();
      });
    }
  });

  await context.test('create is killed while it is taken back, and the next daemon takes the rest back', (inner) =>
    killInTurn(inner, {
      cases: pointsOf(steps, ['undo']),
      faultOf: ({ point, guest }) => `fail:${lastOf(steps)}:end@${guest},kill:${point}@${guest}`,
      command: create,
      end: 'failed',
      check: () => world.assertAtRest(),
    }),
  );

  await context.test('create is killed, and the next daemon finishes it', (inner) =>
    killInTurn(inner, { cases: created, command: create, check: isRunning }),
  );

  await context.test('restart is killed, and the next daemon finishes it', async (inner) => {
    const cases = pointsOf(planRestart(spec, 0, false));
    const pids = new Map<string, number | null>();
    for (const { guest } of cases) pids.set(guest, (await world.guest(guest)).pid);
    const check = async (guest: string) => {
      await isRunning(guest);
      assert.notEqual((await world.guest(guest)).pid, pids.get(guest), 'it is another QEMU');
    };
    await killInTurn(inner, { cases, command: (guest) => ['restart', guest, '--timeout', '0s'], check });
  });

  await context.test('stop is killed, and the next daemon finishes it', (inner) =>
    killInTurn(inner, {
      cases: pointsOf(planStop(spec, 0)),
      command: (guest) => ['stop', guest, '--timeout', '0s'],
      check: isStopped,
    }),
  );

  await context.test('start fails, and the guest is stopped as before', async (inner) => {
    const cases = pointsOf(started);
    await bring(cases, 'stopped');
    await world.daemon(cases.map(({ point, guest }) => `fail:${point}@${guest}`).join());
    for (const { point, guest } of cases) {
      await inner.test(point, async () => {
        const { exitCode, stderr } = await world.lodge.run(['start', guest]);
        assert.equal(exitCode, 1);
        assert.match(stderr, new RegExp(`fault fail:${point}@${guest} was asked for`));
        await isStopped(guest);
      });
    }
  });

  await context.test('start is killed while it is taken back, and the next daemon takes the rest back', (inner) =>
    killInTurn(inner, {
      cases: pointsOf(started, ['undo']),
      faultOf: ({ point, guest }) => `fail:${lastOf(started)}:end@${guest},kill:${point}@${guest}`,
      command: (guest) => ['start', guest],
      end: 'failed',
      check: isStopped,
    }),
  );

  await context.test('start is killed, and the next daemon finishes it', (inner) =>
    killInTurn(inner, { cases: pointsOf(started), command: (guest) => ['start', guest], check: isRunning }),
  );

  await context.test('kill is killed, and the next daemon finishes it', (inner) =>
    killInTurn(inner, { cases: pointsOf(planKill(spec)), command: (guest) => ['kill', guest], check: isStopped }),
  );

  await context.test('rm is killed, and the next daemon finishes it', async (inner) => {
    const cases = pointsOf(planRemove(spec));
    await bring(cases, 'running');
    const specs = new Map<string, typeof spec>();
    for (const { guest } of cases) specs.set(guest, (await world.guest(guest)).spec);
    const check = async (guest: string) => {
      assert.deepEqual(await world.traces(specs.get(guest) ?? spec), []);
      assert.ok(!(await world.guestNames()).includes(guest));
    };
    await killInTurn(inner, { cases, command: (guest) => ['rm', guest, '--yes'], check });
  });

  const rest = (await world.guestNames()).filter((name) => name !== 'neighbour');
  await world.succeed(['rm', ...rest, '--yes']);
  await world.assertAtRest();
});

test('image import is killed at either end of its step: one image, and no work left', async (context) => {
  for (const moment of MOMENTS) {
    await context.test(`make-image:${moment}`, async () => {
      await world.daemon(`kill:make-image:${moment}@foreign`);
      const command = ['image', 'import', `${world.lodge.root}/tiny.qcow2`, '--name', 'foreign'];
      await world.runToItsDaemonsDeath(command, '');
      const { images } = await world.lodge.json<{ images: { name: string }[] }>(['image', 'ls']);
      assert.deepEqual(images.map(({ name }) => name).sort(), ['credited', 'foreign', 'seeded']);
      await world.assertAtRest();
      await world.succeed(['image', 'rm', 'foreign', '--yes']);
    });
  }
});

test('create from a file is killed before, in and after the import inside it: both are finished', async (context) => {
  const file = `${world.lodge.root}/tiny.qcow2`;
  const command = ['create', 'subject', '--image', file, ...BLANK.slice(2), '--no-wait'];
  const { spec } = await world.lodge.json<{ spec: { image: string } }>([...command, '--dry-run']);
  const inImport = MOMENTS.map((moment) => `make-image:${moment}@${spec.image}`);
  for (const point of ['prepare-image:begin@subject', ...inImport, 'prepare-image:end@subject']) {
    await context.test(point.replace(/@.*/, ''), async () => {
      await world.daemon(`kill:${point}`);
      await world.runToItsDaemonsDeath(command, '');
      await isRunning('subject');
      await world.succeed(['rm', 'subject', '--yes']);
      await world.assertAtRest();
      await world.succeed(['image', 'rm', spec.image, '--yes']);
    });
  }
});

test('a step that kills every daemon is not tried for ever', async () => {
  await world.killDaemon();
  const fault = { LODGE_FAULT: 'kill:make-disk:end@subject' };
  const { exitCode, stderr } = await world.lodge.run(['create', 'subject', ...TINY], fault);
  assert.equal(exitCode, 5);
  assert.match(stderr, /daemon/);
  await world.succeed(['ls']);
  await world.idle();
  await isRunning('subject');
  await world.succeed(['rm', 'subject', '--yes']);
  await world.assertAtRest();
});
