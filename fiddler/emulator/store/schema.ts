/**
 * The tables. Times are milliseconds since 1970. Data that is only returned unchanged is stored as the received JSON.
 *
 * `counts` is derived from `events`: rows per bin and hour. A day's histogram adds up a few hundred numbers, however
 * many events there are. Every change of events updates `counts` in the same transaction.
 */
export const SCHEMA_VERSION = 1;

export const SCHEMA = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE projects (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE files (
  id TEXT PRIMARY KEY, filename TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE TABLE file_parts (
  file_id TEXT NOT NULL REFERENCES files(id) ON DELETE CASCADE, number INTEGER NOT NULL, part_id TEXT NOT NULL,
  PRIMARY KEY (file_id, number)
) WITHOUT ROWID;
CREATE TABLE models (
  id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects(id) ON DELETE CASCADE,
  name TEXT NOT NULL, version TEXT NOT NULL, body TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (project_id, name, version)
);
CREATE TABLE environments (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  name TEXT NOT NULL, type TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  UNIQUE (model_id, type, name)
);
CREATE TABLE baselines (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  name TEXT NOT NULL, type TEXT NOT NULL, start_time INTEGER, end_time INTEGER,
  offset_delta INTEGER, window_bin_size TEXT,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, UNIQUE (model_id, name)
);
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, kind TEXT NOT NULL,
  model_id TEXT NOT NULL, status TEXT NOT NULL, progress REAL NOT NULL, error_reason TEXT, error_message TEXT,
  info TEXT NOT NULL, extras TEXT NOT NULL, request TEXT NOT NULL,
  created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE INDEX jobs_of_model ON jobs (model_id);
CREATE TABLE events (
  row INTEGER PRIMARY KEY, env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE,
  event_id TEXT NOT NULL, time INTEGER NOT NULL, fields TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (env_id, time);
CREATE INDEX events_by_id ON events (env_id, event_id);
CREATE TABLE vectors (
  row INTEGER NOT NULL REFERENCES events(row) ON DELETE CASCADE, name TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (row, name)
) WITHOUT ROWID;
CREATE TABLE counts (
  env_id TEXT NOT NULL REFERENCES environments(id) ON DELETE CASCADE, feature TEXT NOT NULL,
  hour INTEGER NOT NULL, bin INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (env_id, feature, hour, bin)
) WITHOUT ROWID;
CREATE TABLE alert_rules (
  id TEXT PRIMARY KEY, model_id TEXT NOT NULL REFERENCES models(id) ON DELETE CASCADE,
  body TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
`;
