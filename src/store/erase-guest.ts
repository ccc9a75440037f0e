import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Takes every word that was written of a guest out of the database and of the files beside it. User-data has passwords in it, and an
 * error can quote what a guest said on its console: a removed guest leaves neither. That there was such a guest, and what was done
 * with it and when, stays in the history. The history of a guest that never came to be is kept: it says why.
 */
export function eraseGuest(database: DatabaseSync, path: string, name: string, history: 'kept' | 'silenced'): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.prepare('DELETE FROM guests WHERE name = ?').run(name);
    if (history === 'silenced') silenceHistory(database, name);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  const names = database.prepare('SELECT name FROM guests').all();
  eraseFromCopies(path, new Set(names.map((row) => String(row.name))));
  emptyLog(database);
}

/** What was deleted is zeros in the pages now (secure_delete); the write-ahead log still has the pages as they were. */
export function emptyLog(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
}

/** The copies from before migrations (`lodge.db.before-3`): only guests that are still there stay in them. */
export function eraseFromCopies(path: string, kept: ReadonlySet<string>): void {
  const prefix = `${basename(path)}.before-`;
  for (const file of readdirSync(dirname(path))) {
    if (!file.startsWith(prefix) || !/^\d+$/.test(file.slice(prefix.length))) continue;
    eraseFromCopy(join(dirname(path), file), kept);
  }
}

function eraseFromCopy(path: string, kept: ReadonlySet<string>): void {
  let copy: DatabaseSync | null = null;
  try {
    copy = new DatabaseSync(path);
    const names = copy.prepare('SELECT name FROM guests').all();
    const gone = names.map((row) => String(row.name)).filter((name) => !kept.has(name));
    if (gone.length === 0) return;
    copy.exec('PRAGMA secure_delete = ON');
    for (const name of gone) {
      copy.prepare('DELETE FROM guests WHERE name = ?').run(name);
      silenceHistory(copy, name);
    }
    copy.exec('VACUUM');
  } catch {
    // What cannot be read is no way back, and nobody could say what is in it.
    rmSync(path, { force: true });
  } finally {
    copy?.close();
  }
}

const SILENCED = 'what was said of it went with the guest';

function silenceHistory(database: DatabaseSync, name: string): void {
  const operations = database
    .prepare("SELECT rowid, steps, error FROM operations WHERE subject = ? AND kind LIKE 'guest.%'")
    .all(name);
  const write = database.prepare("UPDATE operations SET input = '{}', steps = ?, error = ? WHERE rowid = ?");
  for (const { rowid, steps, error } of operations) write.run(quietSteps(steps), quietError(error), Number(rowid));
  const events = database
    .prepare(
      `SELECT seq, event FROM events
       WHERE event ->> '$.guest' = ?1 OR (event ->> '$.operation.subject' = ?1 AND event ->> '$.operation.kind' LIKE 'guest.%')`,
    )
    .all(name);
  const rewrite = database.prepare('UPDATE events SET event = ? WHERE seq = ?');
  for (const { seq, event } of events) rewrite.run(quietEvent(String(event)), Number(seq));
}

function quietSteps(text: unknown): string {
  const steps = JSON.parse(String(text)) as { detail: string | null }[];
  return JSON.stringify(steps.map((step) => ({ ...step, detail: null })));
}

function quietError(text: unknown): string | null {
  if (text === null) return null;
  const { code } = JSON.parse(String(text)) as { code: string };
  return JSON.stringify({ code, message: SILENCED });
}

function quietEvent(text: string): string {
  const event = JSON.parse(text) as { reason?: unknown; operation?: { steps: unknown; error: unknown } };
  if (typeof event.reason === 'string') event.reason = null;
  if (event.operation !== undefined) {
    const { steps, error } = event.operation;
    event.operation.steps = JSON.parse(quietSteps(JSON.stringify(steps)));
    event.operation.error = error === null ? null : JSON.parse(String(quietError(JSON.stringify(error))));
  }
  return JSON.stringify(event);
}
