import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLodgeError } from '../base/errors.ts';
import type { GuestSpec } from '../model/guest.ts';
import type { GuestRecord } from '../model/guest-record.ts';
import type { Proof } from '../model/network-plan.ts';
import { openDatabase, schemaVersion } from './database.ts';
import { MIGRATIONS } from './migrations.ts';
import type { NewNetworkPlan } from './network-plans.ts';
import { openStore } from './store.ts';

/** Keeps everybody else out, says so, and lets go a moment later. */
const HOLDER = `
  const database = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
  database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; PRAGMA user_version = ${MIGRATIONS.length}; COMMIT');
  console.log('held');
  setTimeout(() => database.close(), 300);
`;

function inDirectory(run: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-store-'));
  try {
    run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function record(name: string): GuestRecord {
  const nic = { link: 'nat', mac: '52:54:00:00:00:01', tap: 'lg1', ipv4: '10.0.0.2', ipv6: null, publish: [] };
  const spec = { version: 1, name, uuid: `uuid-${name}`, memoryMiB: 512, vcpus: 2, image: 'debian-12', nic };
  return {
    spec: spec as unknown as GuestSpec,
    phase: 'stopped',
    wanted: 'stopped',
    generation: 1,
    userIndex: 1,
    runningGeneration: null,
    runningSpec: null,
    accel: null,
    bootId: null,
    hasBooted: false,
    restartCount: 0,
    lastError: null,
    createdAtMs: 5,
    startedAtMs: null,
  };
}

test('a guest is read back as it was written, after the store was closed', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    store.guests.insert(record('web1'));
    store.close();
    const again = openStore(join(directory, 'db'));
    assert.deepEqual(again.guests.find('web1'), record('web1'));
    assert.deepEqual(
      again.guests.rows().map((row) => ({ ...row })),
      [
        {
          name: 'web1',
          phase: 'stopped',
          ipv4: '10.0.0.2',
          ipv6: null,
          memoryMiB: 512,
          vcpus: 2,
          image: 'debian-12',
        },
      ],
    );
    again.close();
  }));

test('a row has what waits for the next start, as long as it differs from what runs', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    const { spec } = record('web1');
    const boot = { order: 'c', once: null };
    const ran = { ...spec, boot };
    store.guests.insert({ ...record('web1'), spec: ran, runningGeneration: 1, runningSpec: ran });
    const row = () => store.guests.rows()[0];
    assert.equal(row()?.pending, undefined);
    store.guests.update('web1', { spec: { ...ran, memoryMiB: 1024 } });
    assert.deepEqual(row()?.pending, [{ field: 'memoryMiB', running: 512, wanted: 1024 }]);
    store.guests.update('web1', { spec: ran });
    assert.equal(row()?.pending, undefined);
    assert.deepEqual(store.guests.find('web1')?.runningSpec, ran);
    store.close();
  }));

test('a guest that the Lodge before started: what it runs with is known, unless a change of it waits', () =>
  inDirectory((directory) => {
    const path = join(directory, 'db');
    const before = openDatabase(path, MIGRATIONS.slice(0, 2));
    const insert = before.prepare(
      `INSERT INTO guests (name, uuid, spec, phase, wanted, generation, running_generation, has_booted, restart_count, created_at_ms)
       VALUES (?, ?, ?, 'running', 'running', ?, ?, 1, 0, 5)`,
    );
    const text = JSON.stringify(record('x').spec);
    insert.run('changed', 'u1', text, 2, 1);
    insert.run('same', 'u2', text, 2, 2);
    insert.run('stopped', 'u3', text, 2, null);
    before.close();
    const store = openStore(path);
    assert.deepEqual(
      store.guests.rows().map(({ pending }) => pending),
      [[], undefined, undefined],
    );
    assert.deepEqual(
      store.guests.list().map(({ runningSpec }) => runningSpec === null),
      [true, false, true],
    );
    store.close();
  }));

test('a changed spec counts the generation up, other changes do not', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    store.guests.insert(record('web1'));
    store.guests.update('web1', { phase: 'running', hasBooted: true });
    assert.equal(store.guests.find('web1')?.generation, 1);
    assert.equal(store.guests.find('web1')?.hasBooted, true);
    store.guests.update('web1', { spec: { ...record('web1').spec, memoryMiB: 1024 } });
    assert.equal(store.guests.find('web1')?.generation, 2);
    store.close();
  }));

test('a transaction that throws changes nothing', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    assert.throws(() =>
      store.transaction(() => {
        store.guests.insert(record('web1'));
        throw new Error('stop');
      }),
    );
    assert.deepEqual(store.guests.list(), []);
    store.close();
  }));

test('a database that another process is closing is waited for', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lodge-store-'));
  try {
    const path = join(directory, 'db');
    openStore(path).close();
    const holder = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', HOLDER, path]);
    await once(holder.stdout, 'data');
    openStore(path).close();
    await once(holder, 'exit');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a migration runs once and keeps a copy of what was before it', () =>
  inDirectory((directory) => {
    const path = join(directory, 'db');
    openStore(path).close();
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.includes('before')),
      [],
      'of a new one there is nothing to keep',
    );
    const next = [...MIGRATIONS, 'CREATE TABLE later (a TEXT) STRICT;'];
    const database = openDatabase(path, next);
    assert.equal(schemaVersion(database), MIGRATIONS.length + 1);
    database.close();
    assert.ok(existsSync(`${path}.before-${MIGRATIONS.length + 1}`));
    assert.throws(
      () => openDatabase(path),
      (error) => isLodgeError(error, 'STORE_FAILED') && /newer/.test(error.message),
    );
  }));

test('a migration that fails leaves the schema as it was', () =>
  inDirectory((directory) => {
    const path = join(directory, 'db');
    openStore(path).close();
    assert.throws(() => openDatabase(path, [...MIGRATIONS, 'CREATE TABLE later (a TEXT); nonsense;']));
    const database = openDatabase(path);
    assert.equal(schemaVersion(database), MIGRATIONS.length);
    assert.equal(database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'later'").get()?.n, 0);
    database.close();
  }));

test('a file that is no database is refused with its path', () =>
  inDirectory((directory) => {
    const path = join(directory, 'db');
    writeFileSync(path, 'this is no database, only a text of some length'.repeat(20));
    assert.throws(
      () => openDatabase(path),
      (error) => isLodgeError(error, 'STORE_FAILED') && error.message.includes(path),
    );
  }));

test('a guest that goes on and off for ever leaves what happened to others in the list, and a thousand events are kept', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    const change = (make: () => void) => store.transaction(make);
    store.events.append({ type: 'guest.removed', atMs: 0, guest: 'quiet' });
    change(() => {
      for (let number = 0; number < 3000; number += 1) {
        const phase = number % 2 === 0 ? 'paused' : 'running';
        store.events.append({ type: 'guest.phase', atMs: number, guest: 'loud', phase, reason: null });
        if (number % 100 === 0) store.events.append({ type: 'image.added', atMs: number, image: 'a' });
      }
    });
    const kept = store.events.since(0);
    assert.ok(kept.some((event) => event.type === 'guest.removed'));
    assert.equal(kept.filter((event) => event.type === 'image.added').length, 30);
    const loud = kept.filter((event) => event.type === 'guest.phase');
    assert.ok(loud.length >= 200 && loud.length <= 300, `${loud.length}`);
    assert.equal(loud.at(-1)?.atMs, 2999);
    change(() => {
      for (let number = 0; number < 2000; number += 1) {
        store.events.append({ type: 'guest.removed', atMs: number, guest: `guest${number}` });
      }
    });
    assert.ok(store.events.since(0).length <= 1100);
    store.close();
  }));

test('events are numbered and read from a number on', () =>
  inDirectory((directory) => {
    const store = openStore(join(directory, 'db'));
    const first = store.events.append({ type: 'image.added', atMs: 1, image: 'a' });
    store.events.append({ type: 'image.added', atMs: 2, image: 'b' });
    assert.deepEqual(
      store.events.since(first.seq).map((event) => event.type === 'image.added' && event.image),
      ['b'],
    );
    store.close();
  }));

test('network plans are numbered, one of them is in force, and their proofs are kept', () =>
  inDirectory((directory) => {
    const { networkPlans, close } = openStore(join(directory, 'db'));
    const made = { parent: null, createdAtMs: 5, layout: 'routed', steps: [], files: [] } as unknown as NewNetworkPlan;
    assert.equal(networkPlans.current(), null);
    assert.deepEqual([networkPlans.insert(made).number, networkPlans.insert({ ...made, parent: 1 }).number], [1, 2]);
    networkPlans.setState(1, 'committed');
    networkPlans.setProof(2, { plan: 2, isGreen: true } as Proof);
    assert.deepEqual(networkPlans.current(), { ...made, number: 1 });
    assert.deepEqual(networkPlans.find(2), {
      plan: { ...made, parent: 1, number: 2 },
      state: 'planned',
      proof: { plan: 2, isGreen: true },
    });
    assert.deepEqual(
      networkPlans.list().map(({ plan, state }) => [plan.number, state]),
      [
        [1, 'committed'],
        [2, 'planned'],
      ],
    );
    assert.equal(networkPlans.find(3), null);
    close();
  }));
