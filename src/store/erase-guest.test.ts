import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { guestDetail } from '../../test/support/fake-answers.ts';
import { propertyRuns } from '../../test/support/property-runs.ts';
import type { GuestRecord } from '../model/guest-record.ts';
import type { OperationRecord } from '../model/operation-record.ts';
import { openDatabase } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import { openStore } from './store.ts';

function inDirectory(run: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-erase-'));
  try {
    run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The names of the files in which the word is. */
const filesWith = (directory: string, word: string) =>
  readdirSync(directory).filter((file) => readFileSync(join(directory, file)).includes(word));

function record(name: string, userData: string): GuestRecord {
  const { spec } = guestDetail(name);
  const own = { ...spec, uuid: name, userData };
  return {
    spec: own,
    phase: 'running',
    wanted: 'running',
    generation: 1,
    userIndex: 1,
    runningGeneration: 1,
    runningSpec: own,
    accel: null,
    bootId: null,
    hasBooted: true,
    restartCount: 0,
    lastError: `its serial console: ${userData}`,
    createdAtMs: 5,
    startedAtMs: null,
  };
}

function operation(subject: string, said: string): OperationRecord {
  const step = { id: 'wait-ssh', title: 't', why: 'w', state: 'failed', startedAtMs: 1, endedAtMs: 2, detail: said };
  return {
    id: `op-${subject}`,
    kind: 'guest.create',
    subject,
    state: 'failed',
    input: { said },
    steps: [step as OperationRecord['steps'][number]],
    error: { code: 'GUEST_UNREACHABLE', message: said, hint: said },
    createdAtMs: 1,
    endedAtMs: 2,
  };
}

test('of an erased guest no file has a word, and the history still says that it was there', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'lodge.db'));
    store.guests.insert(record('gone', 'hunter2-gone'));
    store.guests.insert(record('stays', 'hunter2-stays'));
    for (const name of ['gone', 'stays']) {
      const done = operation(name, `hunter2-${name}`);
      store.operations.insert(done);
      store.events.append({ type: 'guest.phase', guest: name, phase: 'crashed', reason: `hunter2-${name}`, atMs: 1 });
      const { input: _input, ...told } = done;
      store.events.append({ type: 'operation', operation: told, atMs: 2 });
    }
    assert.notDeepEqual(filesWith(directory, 'hunter2-gone'), []);
    store.guests.erase('gone', 'silenced');
    assert.deepEqual(filesWith(directory, 'hunter2-gone'), []);
    assert.equal(store.guests.find('stays')?.spec.userData, 'hunter2-stays');
    assert.equal(store.operations.find('op-stays')?.error?.message, 'hunter2-stays');
    const { kind, error, steps } = store.operations.find('op-gone') ?? {};
    assert.deepEqual([kind, error?.code, steps?.[0]?.id], ['guest.create', 'GUEST_UNREACHABLE', 'wait-ssh']);
    assert.equal(store.events.since(0).length, 4);
    store.close();
  }));

test('the copies from before migrations forget it too, and keep the others; one that is none is taken away', () =>
  inDirectory((directory) => {
    const path = join(directory, 'lodge.db');
    const old = openDatabase(path, MIGRATIONS.slice(0, 1));
    const insert = old.prepare(
      `INSERT INTO guests (name, uuid, spec, phase, wanted, generation, has_booted, restart_count, created_at_ms)
       VALUES (?, ?, ?, 'stopped', 'stopped', 1, 1, 0, 5)`,
    );
    for (const name of ['gone', 'stays', 'long-gone']) {
      insert.run(name, name, JSON.stringify(record(name, `hunter2-${name}`).spec));
    }
    old.close();
    const between = openDatabase(path, MIGRATIONS.slice(0, 2));
    between.prepare("DELETE FROM guests WHERE name = 'long-gone'").run();
    between.close();
    assert.deepEqual(filesWith(directory, 'hunter2-long-gone').includes('lodge.db.before-2'), true);
    writeFileSync(`${path}.before-1`, 'hunter2-gone, in no database');
    const store = openStore(path);
    assert.deepEqual(filesWith(directory, 'hunter2-long-gone'), []);
    store.guests.erase('gone', 'silenced');
    assert.deepEqual(filesWith(directory, 'hunter2-gone'), []);
    assert.deepEqual(filesWith(directory, 'hunter2-stays').sort(), [
      'lodge.db',
      'lodge.db.before-2',
      'lodge.db.before-3',
      'lodge.db.before-4',
    ]);
    store.close();
  }));

test('whatever sizes the secrets have, and however often they were written', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 2, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(sizes, { minLength: 1, maxLength: 6 }), (guests) =>
      inDirectory((directory) => {
        const store = openStore(join(directory, 'lodge.db'));
        const secret = (index: number, size: number) => `hunter2-${index}-`.repeat(size / 10 + 1);
        guests.forEach(([first = 1], index) => {
          store.guests.insert(record(`g${index}`, secret(index, first)));
        });
        const longest = Math.max(...guests.map(({ length }) => length));
        for (let round = 1; round < longest; round++) {
          guests.forEach((each, index) => {
            const { spec } = record(`g${index}`, secret(index, each[round] ?? 1));
            store.guests.update(`g${index}`, { spec, runningSpec: spec });
          });
        }
        for (const index of guests.keys()) {
          store.guests.erase(`g${index}`, 'silenced');
          assert.deepEqual(filesWith(directory, `hunter2-${index}-`), [], `guest ${index}`);
        }
        store.close();
      }),
    ),
    propertyRuns(20),
  );
});
