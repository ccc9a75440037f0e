import { existsSync, rmSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { LodgeError } from '../base/errors.ts';
import { FILES } from '../model/file-modes.ts';
import { emptyLog, eraseFromCopies } from './erase-guest.ts';
import { GuardedDatabase } from './guarded-database.ts';
import { makeFile } from './make-file.ts';
import { MIGRATIONS } from './migrations.ts';

/**
 * Opens the database, making it when it is not there, and brings it to the newest schema. Before each migration
 * of an existing database a copy is kept beside it: `lodge.db.before-2`.
 *
 * @throws STORE_FAILED when the file is no database, or was written by a newer Lodge.
 */
export function openDatabase(path: string, migrations: readonly string[] = MIGRATIONS): DatabaseSync {
  const database = openFile(path);
  try {
    // First the time that a lock is waited for: a daemon that ends is still closing its database when the next one opens it.
    database.exec('PRAGMA busy_timeout = 5000');
    // WAL with NORMAL loses no committed change when a process dies; FULL also survives a power cut, and a
    // forgotten guest costs more than the milliseconds of an fsync.
    // secure_delete: what a removed guest was told (passwords) is not left in free pages.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
    migrate(database, path, migrations);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof LodgeError) throw error;
    throw new LodgeError('STORE_FAILED', `the database ${path} cannot be used`, { cause: error });
  }
}

function openFile(path: string): DatabaseSync {
  try {
    // What SQLite makes beside it (-wal, -shm) gets the database's own mode.
    makeFile(path, FILES.database.mode);
    return new GuardedDatabase(path);
  } catch (error) {
    throw new LodgeError('STORE_FAILED', `cannot open the database ${path}`, { cause: error });
  }
}

export function schemaVersion(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return Number(row?.user_version ?? 0);
}

function migrate(database: DatabaseSync, path: string, migrations: readonly string[]): void {
  const current = schemaVersion(database);
  if (current > migrations.length) {
    throw new LodgeError('STORE_FAILED', `the database ${path} was written by a newer Lodge (schema ${current})`, {
      hint: 'run the newer version of Lodge again',
    });
  }
  if (current === migrations.length) return;
  for (let version = current; version < migrations.length; version++) {
    if (current > 0) backUp(database, `${path}.before-${version + 1}`);
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(migrations[version] ?? '');
      database.exec(`PRAGMA user_version = ${version + 1}`);
      database.exec('COMMIT');
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }
  if (current > 0 && current < SECURE_SINCE) forgetRemoved(database, path);
}

/** Databases of an older schema did not overwrite what they deleted. */
const SECURE_SINCE = 3;

function forgetRemoved(database: DatabaseSync, path: string): void {
  database.exec('VACUUM');
  const names = database.prepare('SELECT name FROM guests').all();
  eraseFromCopies(path, new Set(names.map((row) => String(row.name))));
  emptyLog(database);
}

function backUp(database: DatabaseSync, copyPath: string): void {
  if (existsSync(copyPath)) rmSync(copyPath);
  // VACUUM INTO takes an empty file.
  makeFile(copyPath, FILES.database.mode);
  database.prepare('VACUUM INTO ?').run(copyPath);
}
