import type { DatabaseSync } from 'node:sqlite';
import type { Accelerator, GuestPhase, GuestSpec } from '../model/guest.ts';
import type { GuestRecord } from '../model/guest-record.ts';
import type { GuestRow } from '../model/guest-view.ts';
import { pendingChanges } from '../model/pending-change.ts';
import { eraseGuest } from './erase-guest.ts';

export interface GuestTable {
  /** Every guest, by name. */
  list(): GuestRecord[];
  /** What `ls` shows, without reading whole specs into objects. */
  rows(): GuestRow[];
  find(name: string): GuestRecord | null;
  /** The guest gets the smallest user index that none has. */
  insert(record: Omit<GuestRecord, 'userIndex'>): void;
  /** Writes a spec that nobody asked to change: it has become this by itself. */
  become(name: string, spec: GuestSpec): void;
  /** Writes the given fields of one guest; a spec counts the generation up. */
  update(name: string, change: Partial<Omit<GuestRecord, 'generation' | 'userIndex'>>): void;
  /** Removes the guest, and every word of it: from the history, the write-ahead log and the copies beside the database, too. */
  erase(name: string, history: 'kept' | 'silenced'): void;
}

const COLUMNS: Record<keyof Omit<GuestRecord, 'spec' | 'generation' | 'userIndex'>, string> = {
  phase: 'phase',
  wanted: 'wanted',
  runningGeneration: 'running_generation',
  runningSpec: 'running_spec',
  accel: 'accel',
  bootId: 'boot_id',
  hasBooted: 'has_booted',
  restartCount: 'restart_count',
  lastError: 'last_error',
  createdAtMs: 'created_at_ms',
  startedAtMs: 'started_at_ms',
};

/** @param path the database's file, beside which its copies lie */
export function guestTable(database: DatabaseSync, path: string): GuestTable {
  const listAll = database.prepare('SELECT * FROM guests ORDER BY name');
  const findOne = database.prepare('SELECT * FROM guests WHERE name = ?');
  const listRows = database.prepare(`
    SELECT name, phase, spec ->> '$.nic.ipv4' AS ipv4, spec ->> '$.nic.ipv6' AS ipv6,
      spec ->> '$.memoryMiB' AS memoryMiB, spec ->> '$.vcpus' AS vcpus, spec ->> '$.image' AS image,
      running_spec IS NULL AND running_generation IS NOT NULL AND running_generation <> generation AS isOutdated,
      CASE WHEN running_spec <> spec THEN spec END AS wanted, CASE WHEN running_spec <> spec THEN running_spec END AS running
    FROM guests ORDER BY name`);
  const insertOne = database.prepare(`
    INSERT INTO guests (name, uuid, spec, phase, wanted, generation, running_generation, running_spec, accel, boot_id,
      has_booted, restart_count, last_error, created_at_ms, started_at_ms, user_index)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (
      SELECT MIN(taken.user_index) + 1 FROM (SELECT 0 AS user_index UNION ALL SELECT user_index FROM guests) AS taken
      WHERE taken.user_index + 1 NOT IN (SELECT user_index FROM guests)))`);
  const becomeOne = database.prepare('UPDATE guests SET spec = ? WHERE name = ?');
  return {
    list: () => listAll.all().map(toRecord),
    rows: () => listRows.all().map(toRow),
    find(name) {
      const row = findOne.get(name);
      return row === undefined ? null : toRecord(row);
    },
    insert(record) {
      const { spec } = record;
      insertOne.run(
        spec.name,
        spec.uuid,
        JSON.stringify(spec),
        record.phase,
        record.wanted,
        record.generation,
        record.runningGeneration,
        record.runningSpec === null ? null : JSON.stringify(record.runningSpec),
        record.accel,
        record.bootId,
        Number(record.hasBooted),
        record.restartCount,
        record.lastError,
        record.createdAtMs,
        record.startedAtMs,
      );
    },
    become(name, spec) {
      becomeOne.run(JSON.stringify(spec), name);
    },
    update(name, change) {
      const { spec, ...fields } = change;
      const assignments: string[] = [];
      const values: (string | number | null)[] = [];
      if (spec !== undefined) {
        assignments.push('spec = ?', 'generation = generation + 1');
        values.push(JSON.stringify(spec));
      }
      for (const [key, value] of Object.entries(fields)) {
        assignments.push(`${COLUMNS[key as keyof typeof COLUMNS]} = ?`);
        values.push(toColumn(value));
      }
      if (assignments.length === 0) return;
      database.prepare(`UPDATE guests SET ${assignments.join(', ')} WHERE name = ?`).run(...values, name);
    },
    erase: (name, history) => eraseGuest(database, path, name, history),
  };
}

function toColumn(value: string | number | boolean | GuestSpec | null): string | number | null {
  if (typeof value === 'boolean') return Number(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

/** Specs are read into objects only where something of them waits, or may. */
function toRow(columns: Record<string, unknown>): GuestRow {
  const { isOutdated, wanted, running, ...row } = columns;
  const isBoth = typeof wanted === 'string' && typeof running === 'string';
  const pending = isBoth ? pendingChanges(JSON.parse(running) as GuestSpec, JSON.parse(wanted) as GuestSpec) : [];
  const waits = isOutdated === 1 || pending.length > 0;
  return { ...(row as unknown as GuestRow), ...(waits ? { pending } : {}) };
}

function toRecord(row: Record<string, unknown>): GuestRecord {
  return {
    spec: JSON.parse(String(row.spec)) as GuestSpec,
    phase: row.phase as GuestPhase,
    wanted: row.wanted as GuestRecord['wanted'],
    generation: Number(row.generation),
    userIndex: Number(row.user_index),
    runningGeneration: row.running_generation as number | null,
    runningSpec: row.running_spec === null ? null : (JSON.parse(String(row.running_spec)) as GuestSpec),
    accel: row.accel as Accelerator | null,
    bootId: row.boot_id as string | null,
    hasBooted: row.has_booted === 1,
    restartCount: Number(row.restart_count),
    lastError: row.last_error as string | null,
    createdAtMs: Number(row.created_at_ms),
    startedAtMs: row.started_at_ms as number | null,
  };
}
