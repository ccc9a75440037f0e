import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { LodgeError } from '../base/errors.ts';

/** SQLITE_FULL, and SQLITE_IOERR_SHMSIZE: the write-ahead log's index cannot grow (https://sqlite.org/rescode.html). */
const NO_ROOM: readonly number[] = [13, 4874];

/** A database whose errors are ours: DISK_FULL when there is no room, else STORE_FAILED with SQLite's words. */
export class GuardedDatabase extends DatabaseSync {
  readonly #path: string;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  override exec(sql: string): void {
    this.#guard(() => super.exec(sql));
  }

  override prepare(sql: string): StatementSync {
    const statement = this.#guard(() => super.prepare(sql));
    return new Proxy(statement, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...values: unknown[]) => this.#guard(() => member.apply(target, values) as unknown);
      },
    });
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      const { errcode } = cause as { errcode?: number };
      if (errcode === undefined) throw cause;
      if (NO_ROOM.includes(errcode)) {
        const hint = 'df -h, then lodge image ls';
        throw new LodgeError('DISK_FULL', `the disk is full: cannot write ${this.#path}`, { hint, cause });
      }
      throw new LodgeError('STORE_FAILED', `the database ${this.#path} cannot be used`, { cause });
    }
  }
}
