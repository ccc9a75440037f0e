import type { DatabaseSync } from 'node:sqlite';
import type { ErrorBody } from '../base/errors.ts';
import type { OperationKind, OperationState, OperationStep } from '../model/operation.ts';
import type { OperationRecord } from '../model/operation-record.ts';

export interface OperationTable {
  insert(record: OperationRecord): void;
  /** Writes state, steps, error and end. */
  save(record: OperationRecord): void;
  find(id: string): OperationRecord | null;
  /** Newest first. */
  latest(limit: number): OperationRecord[];
  /** Those a restarted daemon has to finish or undo, oldest first. */
  unfinished(): OperationRecord[];
  /** Keeps the newest ones that are over. */
  trim(keep: number): void;
}

export function operationTable(database: DatabaseSync): OperationTable {
  const insert = database.prepare(`
    INSERT INTO operations (id, kind, subject, state, input, steps, error, created_at_ms, ended_at_ms)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const save = database.prepare('UPDATE operations SET state = ?, steps = ?, error = ?, ended_at_ms = ? WHERE id = ?');
  const find = database.prepare('SELECT * FROM operations WHERE id = ?');
  const latest = database.prepare('SELECT * FROM operations ORDER BY created_at_ms DESC, rowid DESC LIMIT ?');
  const unfinished = database.prepare(
    "SELECT * FROM operations WHERE state IN ('queued', 'running', 'undoing') ORDER BY rowid",
  );
  const trim = database.prepare(`
    DELETE FROM operations WHERE ended_at_ms IS NOT NULL AND rowid NOT IN
      (SELECT rowid FROM operations ORDER BY rowid DESC LIMIT ?)`);
  return {
    insert(record) {
      insert.run(
        record.id,
        record.kind,
        record.subject,
        record.state,
        JSON.stringify(record.input),
        JSON.stringify(record.steps),
        errorText(record.error),
        record.createdAtMs,
        record.endedAtMs,
      );
    },
    save(record) {
      save.run(record.state, JSON.stringify(record.steps), errorText(record.error), record.endedAtMs, record.id);
    },
    find(id) {
      const row = find.get(id);
      return row === undefined ? null : toRecord(row);
    },
    latest: (limit) => latest.all(limit).map(toRecord),
    unfinished: () => unfinished.all().map(toRecord),
    trim(keep) {
      trim.run(keep);
    },
  };
}

function errorText(error: ErrorBody | null): string | null {
  return error === null ? null : JSON.stringify(error);
}

function toRecord(row: Record<string, unknown>): OperationRecord {
  return {
    id: String(row.id),
    kind: row.kind as OperationKind,
    subject: String(row.subject),
    state: row.state as OperationState,
    input: JSON.parse(String(row.input)),
    steps: JSON.parse(String(row.steps)) as OperationStep[],
    error: row.error === null ? null : (JSON.parse(String(row.error)) as ErrorBody),
    createdAtMs: Number(row.created_at_ms),
    endedAtMs: row.ended_at_ms as number | null,
  };
}
