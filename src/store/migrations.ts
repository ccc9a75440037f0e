/** Ordered, never edited after release: `user_version` counts how many have run. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE guests (
    name TEXT PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    spec TEXT NOT NULL,
    phase TEXT NOT NULL,
    wanted TEXT NOT NULL,
    generation INTEGER NOT NULL,
    running_generation INTEGER,
    accel TEXT,
    boot_id TEXT,
    has_booted INTEGER NOT NULL,
    restart_count INTEGER NOT NULL,
    last_error TEXT,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER
  ) STRICT;
  CREATE TABLE images (
    name TEXT PRIMARY KEY,
    image TEXT NOT NULL
  ) STRICT;
  CREATE TABLE operations (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    input TEXT NOT NULL,
    steps TEXT NOT NULL,
    error TEXT,
    created_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER
  ) STRICT;
  CREATE INDEX operations_by_time ON operations (created_at_ms);
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL
  ) STRICT;
  CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  `,
  `
  CREATE TABLE network_plans (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    parent INTEGER,
    state TEXT NOT NULL,
    plan TEXT NOT NULL,
    proof TEXT,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  `,
  // Of a guest whose changes wait nobody knows any more what it was started with.
  `
  ALTER TABLE guests ADD COLUMN running_spec TEXT;
  UPDATE guests SET running_spec = spec WHERE running_generation = generation;
  `,
  // Each guest's QEMU has a user of its own. SQLite takes NOT NULL for a new column only with a value, and nobody is 0.
  `
  ALTER TABLE guests ADD COLUMN user_index INTEGER NOT NULL DEFAULT 0;
  UPDATE guests SET user_index = (SELECT COUNT(*) FROM guests AS earlier WHERE earlier.name <= guests.name);
  CREATE UNIQUE INDEX guests_by_user ON guests (user_index);
  `,
];
