import type { EventRow } from '../model/values.js';
import type { Database } from './database.js';

export interface CountChange {
  feature: string;
  /** Hours since 1970. */
  hour: number;
  bin: number;
  by: number;
}

interface Row {
  row: number;
  event_id: string;
  time: number;
  fields: string;
}

interface EventQuery {
  envId: string;
  /** Milliseconds, included. */
  from?: number | undefined;
  /** Milliseconds, excluded. */
  to?: number | undefined;
  most?: number | undefined;
  vectors: boolean;
}

export class Events {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  insert(envId: string, events: readonly EventRow[]): void {
    const last = this.#database.get<{ last: number | null }>('SELECT max(row) AS last FROM events')?.last ?? 0;
    this.#database.runEach(
      'INSERT INTO events VALUES (?, ?, ?, ?, ?)',
      events.map(({ eventId, time, fields }, i) => [last + 1 + i, envId, eventId, time, JSON.stringify(fields)]),
    );
    const vectors = events.flatMap((event, i) =>
      [...event.vectors].map(([name, data]): [number, string, Uint8Array] => [last + 1 + i, name, bytesOf(data)]),
    );
    this.#database.runEach('INSERT INTO vectors VALUES (?, ?, ?)', vectors);
  }

  /** Ordered by time, then by arrival. */
  list({ envId, from, to, most, vectors }: EventQuery): EventRow[] {
    const rows = this.#database.all<Row>(
      `SELECT row, event_id, time, fields FROM events
       WHERE env_id = ? AND time >= ? AND time < ? ORDER BY time, row LIMIT ?`,
      envId,
      from ?? Number.MIN_SAFE_INTEGER,
      to ?? Number.MAX_SAFE_INTEGER,
      most ?? -1,
    );
    return this.#eventsOf(rows, vectors);
  }

  byId(envId: string, eventId: string): EventRow[] {
    const sql = 'SELECT row, event_id, time, fields FROM events WHERE env_id = ? AND event_id = ?';
    return this.#eventsOf(this.#database.all<Row>(sql, envId, eventId), true);
  }

  has(envId: string, eventId: string): boolean {
    const sql = 'SELECT 1 FROM events WHERE env_id = ? AND event_id = ? LIMIT 1';
    return this.#database.get(sql, envId, eventId) !== null;
  }

  /** Updates `fields`; nothing else of an event can change. */
  update(events: readonly EventRow[]): void {
    this.#database.runEach(
      'UPDATE events SET fields = ? WHERE row = ?',
      events.map(({ row, fields }) => [JSON.stringify(fields), row as number]),
    );
  }

  delete(events: readonly EventRow[]): void {
    this.#database.runEach(
      'DELETE FROM events WHERE row = ?',
      events.map(({ row }) => [row as number]),
    );
  }

  count(envId: string, from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER): number {
    const sql = 'SELECT count(*) AS count FROM events WHERE env_id = ? AND time >= ? AND time < ?';
    return this.#database.get<{ count: number }>(sql, envId, from, to)!.count;
  }

  /** The times of the first and the last event of an environment; null if it has no events. */
  extent(envId: string): { first: number; last: number } | null {
    const sql = 'SELECT min(time) AS first, max(time) AS last FROM events WHERE env_id = ?';
    const found = this.#database.get<{ first: number | null; last: number | null }>(sql, envId);
    return found?.first == null || found.last == null ? null : { first: found.first, last: found.last };
  }

  average(envId: string, name: string, from: number, to: number): number | null {
    const sql = `SELECT avg(json_extract(fields, ?)) AS mean FROM events WHERE env_id = ? AND time >= ? AND time < ?`;
    return this.#database.get<{ mean: number | null }>(sql, `$.${JSON.stringify(name)}`, envId, from, to)!.mean;
  }

  countWith(envId: string, name: string, isVector: boolean, from: number, to: number): number {
    const has = isVector
      ? 'EXISTS (SELECT 1 FROM vectors WHERE vectors.row = events.row AND vectors.name = ?)'
      : 'json_extract(fields, ?) IS NOT NULL';
    const sql = `SELECT count(*) AS count FROM events WHERE ${has} AND env_id = ? AND time >= ? AND time < ?`;
    const named = isVector ? name : `$.${JSON.stringify(name)}`;
    return this.#database.get<{ count: number }>(sql, named, envId, from, to)!.count;
  }

  changeCounts(envId: string, changes: readonly CountChange[]): void {
    this.#database.runEach(
      `INSERT INTO counts VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (env_id, feature, hour, bin) DO UPDATE SET count = count + excluded.count`,
      changes.map(({ feature, hour, bin, by }) => [envId, feature, hour, bin, by]),
    );
  }

  clearCounts(envId: string): void {
    this.#database.run('DELETE FROM counts WHERE env_id = ?', envId);
  }

  /** @returns `[bin, rows]` over the hours from `from` (included) to `to` (excluded) */
  counts(envId: string, feature: string, from: number, to: number): [bin: number, count: number][] {
    return this.#database
      .all<{ bin: number; count: number }>(
        `SELECT bin, sum(count) AS count FROM counts
         WHERE env_id = ? AND feature = ? AND hour >= ? AND hour < ? GROUP BY bin`,
        envId,
        feature,
        from,
        to,
      )
      .map(({ bin, count }) => [bin, count]);
  }

  #eventsOf(rows: readonly Row[], vectors: boolean): EventRow[] {
    const events = rows.map(({ row, event_id, time, fields }) => ({
      row,
      eventId: event_id,
      time,
      fields: JSON.parse(fields) as EventRow['fields'],
      vectors: new Map<string, Float32Array>(),
    }));
    if (!vectors) return events;
    const found = this.#database.allEach<{ name: string; data: Uint8Array }>(
      'SELECT name, data FROM vectors WHERE row = ?',
      events.map(({ row }) => [row]),
    );
    for (const [i, { vectors: of }] of events.entries()) {
      for (const { name, data } of found[i]!) of.set(name, floatsOf(data));
    }
    return events;
  }
}

function bytesOf(vector: Float32Array): Uint8Array {
  return new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
}

/** Copies the blob, because it may not be aligned to four bytes. */
function floatsOf(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
