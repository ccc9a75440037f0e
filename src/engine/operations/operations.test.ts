import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../base/clock.ts';
import { LodgeError } from '../../base/errors.ts';
import { systemRandom } from '../../base/random.ts';
import { openStore, type Store } from '../../store/store.ts';
import { createEventLog } from '../event-log.ts';
import { type FaultPoint, noFault, parseFault } from './fault.ts';
import { Operations } from './operations.ts';
import type { Ending, StepRunner, Workflow, Workflows } from './step.ts';

const PLAN = ['a', 'b', 'c'].map((id) => ({ id, title: `do ${id}`, why: 'test' }));

interface Bench {
  store: Store;
  /** What was done and undone, in order: `a`, `-a`. */
  diary: string[];
  /** Another daemon on the same store. */
  daemon(fault?: FaultPoint, change?: Partial<Workflow>, runners?: Record<string, StepRunner>): Operations;
}

async function withBench(run: (bench: Bench) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-operations-'));
  const store = openStore(join(directory, 'db'));
  const diary: string[] = [];
  const stepOf = (id: string): StepRunner => ({
    run: async () => void diary.push(id),
    undo: async () => void diary.push(`-${id}`),
  });
  const events = createEventLog(store, systemClock);
  const daemon: Bench['daemon'] = (fault = noFault, change = {}, runners = {}) => {
    const operations = new Operations({ store, events, clock: systemClock, random: systemRandom, fault });
    const all = { a: stepOf('a'), b: stepOf('b'), c: stepOf('c'), ...runners };
    const workflow: Workflow = { runners: all, waits: [], undoable: true, ...change };
    operations.useWorkflows({ 'guest.create': workflow } as unknown as Workflows, async () => {});
    return operations;
  };
  try {
    await run({ store, diary, daemon });
  } finally {
    store.close();
    rmSync(directory, { recursive: true });
  }
}

test('steps run in order and the operation is done', () =>
  withBench(async ({ diary, daemon, store }) => {
    const operations = daemon();
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    const ended = await operations.wait(id);
    assert.equal(ended.state, 'done');
    assert.deepEqual(diary, ['a', 'b', 'c']);
    assert.deepEqual(store.operations.unfinished(), []);
  }));

test('a failing step is undone with those before it, the last first', () =>
  withBench(async ({ diary, daemon }) => {
    const operations = daemon(parseFault('fail:b:end', () => {}));
    const ended = await operations.wait(operations.begin('guest.create', 'web1', {}, PLAN).id);
    assert.equal(ended.state, 'failed');
    assert.match(ended.error?.message ?? '', /fail:b:end/);
    assert.deepEqual(diary, ['a', 'b', '-b', '-a']);
  }));

test('what a program said is never the first word of an error: what could not be done is', () =>
  withBench(async ({ daemon }) => {
    const nft: StepRunner = {
      run: async () => {
        throw new LodgeError('COMMAND_FAILED', 'nft -f - exited with 1: /dev/stdin:97: Error', { hint: 'look' });
      },
    };
    const operations = daemon(noFault, {}, { b: nft });
    const plan = PLAN.map((step) => ({ ...step, title: `${step.title}: this; that` }));
    const ended = await operations.wait(operations.begin('guest.create', 'web1', {}, plan).id);
    assert.deepEqual(ended.error, {
      code: 'COMMAND_FAILED',
      message: 'could not do b: nft -f - exited with 1: /dev/stdin:97: Error',
      hint: 'look',
    });
  }));

test('an undo that fails does not stop the others, and is reported with them', () =>
  withBench(async ({ diary, daemon }) => {
    const stubborn: StepRunner = {
      run: async () => {},
      undo: async () => {
        throw new LodgeError('INTERNAL', 'the tap would not go');
      },
    };
    const operations = daemon(
      parseFault('fail:c:begin', () => {}),
      {},
      { b: stubborn },
    );
    const ended = await operations.wait(operations.begin('guest.create', 'web1', {}, PLAN).id);
    assert.equal(ended.error?.code, 'UNDO_FAILED');
    assert.match(ended.error?.message ?? '', /fail:c:begin.*the tap would not go/s);
    assert.deepEqual(diary, ['a', '-c', '-a']);
  }));

test('a step whose failure is kept leaves what was done', () =>
  withBench(async ({ diary, daemon }) => {
    const operations = daemon(
      parseFault('fail:c:end', () => {}),
      { waits: ['c'] },
    );
    const ended = await operations.wait(operations.begin('guest.create', 'web1', {}, PLAN).id);
    assert.equal(ended.state, 'failed');
    assert.deepEqual(diary, ['a', 'b', 'c']);
  }));

/** A step that ends only when it is cancelled. */
function endlessStep(): { runner: StepRunner; started: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run: StepRunner['run'] = ({ signal }) => {
    resolve();
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  return { runner: { run }, started: promise };
}

const BY_KILL: Ending = { by: 'lodge kill', ofWait: 'web1 was ended by lodge kill before SSH answered' };

test('cancelling takes everything back, and says who has cancelled it', () =>
  withBench(async ({ diary, daemon }) => {
    const { runner, started } = endlessStep();
    const operations = daemon(noFault, { waits: ['c'] }, { b: runner });
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    await started;
    const ended = await operations.cancel(id);
    assert.equal(ended.state, 'cancelled');
    assert.deepEqual(ended.error, {
      code: 'CANCELLED',
      message: 'create web1 was cancelled by lodge operation cancel',
    });
    assert.deepEqual(diary, ['a', '-a']);
    await assert.rejects(operations.cancel(id), {
      code: 'STATE_REFUSED',
      message: /has ended already: it is cancelled/,
    });
  }));

test('cancelling what only waits ends the wait: what is made stays, also when the work can only go forward', async () => {
  for (const undoable of [true, false]) {
    await withBench(async ({ diary, daemon }) => {
      const { runner, started } = endlessStep();
      const operations = daemon(noFault, { undoable, waits: ['b'] }, { b: runner });
      const { id, kind } = operations.begin('guest.create', 'web1', {}, PLAN.slice(0, 2));
      assert.equal(operations.onlyWaits({ id, kind }), false);
      await started;
      assert.equal(operations.onlyWaits({ id, kind }), true);
      const { state, steps, error } = await operations.cancel(id);
      assert.equal(state, 'cancelled');
      assert.deepEqual(
        steps.map((step) => step.state),
        ['done', 'cancelled'],
      );
      assert.equal(error?.message, 'the wait was ended by lodge operation cancel; web1 is kept and runs on');
      assert.deepEqual(diary, ['a']);
      assert.equal(operations.onlyWaits({ id, kind }), false);
    });
  }
});

test('who comes before the wait, but too late for the step before it, ends the wait', () =>
  withBench(async ({ diary, daemon }) => {
    const started = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const deaf: StepRunner = {
      run: () => {
        started.resolve();
        return gate.promise;
      },
    };
    const operations = daemon(noFault, { waits: ['c'] }, { b: deaf });
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    await started.promise;
    const ended = operations.giveWay(id, BY_KILL);
    gate.resolve();
    await ended;
    assert.equal(operations.find(id).error?.message, BY_KILL.ofWait);
    assert.deepEqual(diary, ['a']);
  }));

test('a step that leaves something on purpose says what, and is not told to be taken back', () =>
  withBench(async ({ diary, daemon }) => {
    const kept = (_operation: unknown, wasDone: boolean) => (wasDone ? 'the image stays' : null);
    const image: StepRunner = { run: async () => {}, kept };
    const operations = daemon(
      parseFault('fail:c:end', () => {}),
      {},
      { a: image, c: { run: async () => {}, kept } },
    );
    const { steps } = await operations.wait(operations.begin('guest.create', 'web1', {}, PLAN).id);
    assert.deepEqual(
      steps.map(({ state, detail }) => `${state} ${detail}`),
      ['kept the image stays', 'undone null', 'undone null'],
    );
    assert.deepEqual(diary, ['b', '-b']);
  }));

test('what can only go forward cannot be cancelled', () =>
  withBench(async ({ daemon }) => {
    const gate = Promise.withResolvers<void>();
    const operations = daemon(noFault, { undoable: false }, { a: { run: () => gate.promise } });
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    await assert.rejects(operations.cancel(id), /only go forward/);
    gate.resolve();
    assert.equal((await operations.wait(id)).state, 'done');
  }));

for (const step of ['a', 'b', 'c'] as const) {
  test(`the next daemon goes on where one ended inside step ${step}`, () =>
    withBench(async ({ diary, daemon }) => {
      const inside = Promise.withResolvers<void>();
      const stuck: StepRunner = {
        run: ({ signal }) => {
          inside.resolve();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      };
      const first = daemon(noFault, {}, { [step]: stuck });
      const { id } = first.begin('guest.create', 'web1', {}, PLAN);
      await inside.promise;
      await first.abandon();
      const before = [...diary];
      const second = daemon();
      assert.equal(second.resume().length, 1);
      assert.equal((await second.wait(id)).state, 'done');
      assert.deepEqual(diary, [...before, ...['a', 'b', 'c'].filter((one) => !before.includes(one))]);
    }));
}

test('the next daemon goes on undoing', () =>
  withBench(async ({ diary, daemon, store }) => {
    const inside = Promise.withResolvers<void>();
    const stuck: StepRunner = { run: async () => {}, undo: () => new Promise(() => inside.resolve()) };
    const first = daemon(
      parseFault('fail:c:end', () => {}),
      {},
      { b: stuck },
    );
    const { id } = first.begin('guest.create', 'web1', {}, PLAN);
    await inside.promise;
    assert.equal(store.operations.find(id)?.state, 'undoing');
    const second = daemon();
    second.resume();
    const ended = await second.wait(id);
    assert.equal(ended.state, 'failed');
    assert.match(ended.error?.message ?? '', /fail:c:end/);
    assert.deepEqual(diary, ['a', 'c', '-c', '-b', '-a']);
  }));

test('an operation begun before the daemon goes on with old ones runs once', () =>
  withBench(async ({ diary, daemon }) => {
    const operations = daemon();
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    assert.deepEqual(operations.resume(), []);
    await operations.wait(id);
    assert.deepEqual(diary, ['a', 'b', 'c']);
  }));

test('watchers see every change and the end', () =>
  withBench(async ({ daemon }) => {
    const operations = daemon();
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    const states: string[] = [];
    operations.watch(id, (operation) => states.push(operation.steps.map(({ state }) => state[0]).join('')));
    await operations.wait(id);
    assert.deepEqual(states, ['ppp', 'rpp', 'dpp', 'drp', 'ddp', 'ddr', 'ddd', 'ddd']);
  }));

test('what can only go forward gives way to other work where it is', () =>
  withBench(async ({ diary, daemon }) => {
    const { runner, started } = endlessStep();
    const operations = daemon(noFault, { undoable: false }, { b: runner });
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    await started;
    await operations.giveWay(id, BY_KILL);
    assert.equal(operations.find(id).state, 'cancelled');
    assert.equal(operations.find(id).error?.message, 'create web1 was cancelled by lodge kill');
    assert.equal(operations.activeFor('guest', 'web1'), null);
    assert.deepEqual(diary, ['a']);
  }));

test('on a full disk what was done is taken back, and the end is written when there is room again', (context) =>
  withBench(async ({ diary, daemon, store }) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let full: { mock: { restore(): void } } | undefined;
    const fills: StepRunner = {
      run: async () => {
        full = context.mock.method(store.operations, 'save', () => {
          throw new LodgeError('DISK_FULL', 'no room');
        });
      },
    };
    const operations = daemon(noFault, {}, { b: fills });
    const { id } = operations.begin('guest.create', 'web1', {}, PLAN);
    const ended = await operations.wait(id);
    assert.equal(ended.error?.code, 'DISK_FULL');
    assert.deepEqual(diary, ['a', '-a']);
    assert.equal(operations.find(id).state, 'failed');
    assert.notEqual(store.operations.find(id)?.state, 'failed', 'there was no room for it');
    full?.mock.restore();
    context.mock.timers.tick(1000);
    assert.equal(store.operations.find(id)?.state, 'failed');
    assert.deepEqual(store.operations.unfinished(), []);
  }));
