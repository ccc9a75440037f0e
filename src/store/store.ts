import type { DatabaseSync } from 'node:sqlite';
import type { LodgeEvent } from '../model/event.ts';
import type { Image } from '../model/image.ts';
import { openDatabase } from './database.ts';
import { type GuestTable, guestTable } from './guests.ts';
import { type NetworkPlanTable, networkPlanTable } from './network-plans.ts';
import { type OperationTable, operationTable } from './operations.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'seq'> : never;
/** An event before the store has numbered it. */
export type NewEvent = Unnumbered<LodgeEvent>;

/** Everything Lodge remembers. The port behind which another store could stand. */
export interface Store {
  guests: GuestTable;
  operations: OperationTable;
  networkPlans: NetworkPlanTable;
  images: {
    list(): Image[];
    find(name: string): Image | null;
    put(image: Image): void;
    remove(name: string): void;
  };
  events: {
    /** Keeps the event and gives it its number; only the newest 1,000 are kept, and of one guest or image the newest 200. */
    append(event: NewEvent): LodgeEvent;
    since(seq: number): LodgeEvent[];
  };
  settings: { get(key: string): unknown; set(key: string, value: unknown): void };
  /** Runs the changes as one: all of them are kept, or none. */
  transaction<T>(change: () => T): T;
  close(): void;
}

const EVENTS_KEPT = 1000;
/** What goes on and off again and again must not push what happened to others out of the list. */
const EVENTS_KEPT_OF_ONE = 200;
const TRIMMED_EVERY = 100;

export function openStore(path: string): Store {
  const database = openDatabase(path);
  return {
    guests: guestTable(database, path),
    operations: operationTable(database),
    networkPlans: networkPlanTable(database),
    images: imageTable(database),
    events: eventTable(database),
    settings: settingTable(database),
    transaction(change) {
      database.exec('BEGIN IMMEDIATE');
      try {
        const result = change();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        // SQLite has rolled back by itself when the disk is full.
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function imageTable(database: DatabaseSync): Store['images'] {
  const list = database.prepare('SELECT image FROM images ORDER BY name');
  const find = database.prepare('SELECT image FROM images WHERE name = ?');
  const put = database.prepare('INSERT OR REPLACE INTO images (name, image) VALUES (?, ?)');
  const remove = database.prepare('DELETE FROM images WHERE name = ?');
  const parse = (row: Record<string, unknown>) => JSON.parse(String(row.image)) as Image;
  return {
    list: () => list.all().map(parse),
    find(name) {
      const row = find.get(name);
      return row === undefined ? null : parse(row);
    },
    put: (image) => void put.run(image.name, JSON.stringify(image)),
    remove: (name) => void remove.run(name),
  };
}

function eventTable(database: DatabaseSync): Store['events'] {
  const append = database.prepare('INSERT INTO events (event) VALUES (?)');
  const trimEach = database.prepare(
    `DELETE FROM events WHERE seq IN (
       SELECT seq FROM (
         SELECT seq, row_number() OVER (PARTITION BY about ORDER BY seq DESC) AS place FROM (
           SELECT seq, coalesce(event ->> '$.guest', event ->> '$.operation.subject') AS about FROM events
         ) WHERE about IS NOT NULL
       ) WHERE place > ?
     )`,
  );
  const trim = database.prepare(
    'DELETE FROM events WHERE seq <= (SELECT seq FROM events ORDER BY seq DESC LIMIT 1 OFFSET ?)',
  );
  const since = database.prepare('SELECT seq, event FROM events WHERE seq > ? ORDER BY seq');
  return {
    append(event) {
      const seq = Number(append.run(JSON.stringify(event)).lastInsertRowid);
      if (seq % TRIMMED_EVERY === 0) {
        trimEach.run(EVENTS_KEPT_OF_ONE);
        trim.run(EVENTS_KEPT);
      }
      return { seq, ...event } as LodgeEvent;
    },
    since: (seq) =>
      since.all(seq).map((row) => ({ seq: Number(row.seq), ...JSON.parse(String(row.event)) }) as LodgeEvent),
  };
}

function settingTable(database: DatabaseSync): Store['settings'] {
  const get = database.prepare('SELECT value FROM settings WHERE key = ?');
  const set = database.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)');
  return {
    get(key) {
      const row = get.get(key);
      return row === undefined ? undefined : JSON.parse(String(row.value));
    },
    set: (key, value) => void set.run(key, JSON.stringify(value)),
  };
}
