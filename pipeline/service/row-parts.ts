/** Rows of a service as event tables, one for each window of a flush: `drift`, `publish` and the rest take them as they are. */
import { join, listFolder, removeFile } from '#platform';
import { type CarriedColumn, type CarriedValue, type EventTableSchema, openEventWriter } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { FileError, isThere } from '../../files/index.js';
import { makePrivateFolder } from '../../files/system/index.js';
import { partName, partTimes, ROWS_FOLDER } from '../monitor/row-names.js';
import type { CountedRow } from './recording.js';
import { ServiceError } from './service-error.js';

/** Rows that wait for their table: a disk that hangs takes no more memory. */
export const MOST_ROWS = 32_768;

/** Rows of one table. Its name is fixed: written again after an error, it takes the place of itself. */
interface Part {
  name: string;
  rows: readonly CountedRow[];
}

export class RowParts {
  /** Rows that are in no table. */
  lost = 0;
  readonly #folder: string;
  readonly #recorder: string;
  readonly #profile: Profile;
  readonly #say: (error: Error) => void;
  #rows: CountedRow[] = [];
  #parts: Part[] = [];
  #waiting = 0;
  #named = 0;
  #isFull = false;

  /** @param state folder of the monitor @param recorder whose rows they are @param say gets what is lost */
  constructor(state: string, recorder: string, profile: Profile, say: (error: Error) => void) {
    this.#folder = join(state, ROWS_FOLDER);
    this.#recorder = recorder;
    this.#profile = profile;
    this.#say = say;
  }

  /** @returns how many wait */
  add(row: CountedRow): number {
    if (this.#waiting < MOST_ROWS) {
      this.#rows.push(row);
      return ++this.#waiting;
    }
    this.lost++;
    if (!this.#isFull) this.#lose(`${MOST_ROWS} rows wait for their table; further ones are counted, and kept in none`);
    this.#isFull = true;
    return this.#waiting;
  }

  /** A table for each window, so that its name says when its rows were. @throws FileError; what is left stays */
  async write(): Promise<void> {
    for (const rows of apart(this.#rows)) this.#parts.push({ name: this.#nameOf(rows), rows });
    this.#rows = [];
    if (this.#parts.length > 0) await makePrivateFolder(this.#folder);
    for (let part = this.#parts[0]; part !== undefined; part = this.#parts[0]) {
      try {
        await this.#writePart(part);
      } catch (error) {
        if (error instanceof FileError) throw error;
        this.lost += part.rows.length;
        this.#lose(`${part.rows.length} rows are in no table: ${(error as Error).message}`);
      }
      this.#parts.shift();
      this.#waiting -= part.rows.length;
    }
    if (this.#isFull) this.#lose(`its tables are written again; ${this.lost} rows are in none`);
    this.#isFull = false;
  }

  /** Deletes tables whose rows are all before a time, those of other recorders, too. @param time ms since 1970 */
  async deleteBefore(time: number): Promise<void> {
    if (!(await isThere(this.#folder))) return;
    for (const { name } of await listFolder(this.#folder)) {
      const times = partTimes(name);
      if (times !== null && times.to < time) await removeFile(join(this.#folder, name));
    }
  }

  #lose(what: string): void {
    this.#say(new ServiceError('RECORDER_ROWS_LOST', `${this.#folder}: ${what}`));
  }

  #nameOf(rows: readonly CountedRow[]): string {
    const times = rows.map(({ time }) => time);
    return partName({ from: Math.min(...times), to: Math.max(...times) }, this.#recorder, this.#named++);
  }

  async #writePart({ name, rows }: Part): Promise<void> {
    const schema = this.#schema(rows);
    const writer = await openEventWriter(join(this.#folder, name), schema);
    await writer.write({
      rows: rows.length,
      embeddings: joined(rows.map(({ embedding }) => embedding)),
      scores: schema.classes.length > 0 ? joined(rows.map(({ scores }) => scores!)) : null,
      targets: rows.map(() => null),
      imageUrls: rows.map(() => null),
      timestamps: rows.map(({ time }) => time),
      eventIds: rows.map(({ id }) => id),
      statistics: new Map(schema.statistics.map((name) => [name, columnOf(rows, name)])),
      extraTaps: new Map(),
      carried: new Map((schema.carried ?? []).map((column) => [column.name, valuesOf(rows, column)])),
    });
    await writer.commit();
  }

  #schema(rows: readonly CountedRow[]): EventTableSchema {
    const { dimensions, classes, thresholds, tap, weightsSha256, pixelsSha256 } = this.#profile;
    return {
      ...{ dimensions, tap, weightsSha256 },
      ...(pixelsSha256 !== undefined && { pixelsSha256 }),
      ...(rows[0]!.scores === null ? { classes: [] } : { classes, ...(thresholds && { thresholds }) }),
      ...{ hasTargets: false, hasImageUrls: false, hasTimestamps: true },
      hasEventIds: rows.some(({ id }) => id !== null),
      statistics: namesOf(rows, ({ statistics }) => statistics),
      images: null,
      extraTaps: new Map(),
      carried: namesOf(rows, ({ columns }) => columns).map((name) => ({ name, type: typeOf(rows, name) })),
    };
  }
}

/** By window; rows with scores and rows without have no table in common. */
function apart(rows: readonly CountedRow[]): Iterable<readonly CountedRow[]> {
  const parts = new Map<string, CountedRow[]>();
  for (const row of rows) {
    const key = `${row.start} ${row.scores === null}`;
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [row]);
    else part.push(row);
  }
  return parts.values();
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const { length } = vectors[0]!;
  const all = new Float32Array(vectors.length * length);
  for (const [i, vector] of vectors.entries()) all.set(vector, i * length);
  return all;
}

function namesOf(rows: readonly CountedRow[], of: (row: CountedRow) => object | null | undefined): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(of(row) ?? {})))];
}

function columnOf(rows: readonly CountedRow[], name: string): Float32Array {
  return Float32Array.from(rows, ({ statistics }) => statistics?.[name] ?? Number.NaN);
}

/** Text, where values are of several types. */
function typeOf(rows: readonly CountedRow[], name: string): CarriedColumn['type'] {
  const values = rows.flatMap(({ columns }) => columns[name] ?? []);
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (values.every((value) => typeof value === 'number'))
    return values.every(Number.isSafeInteger) ? 'integer' : 'float';
  return 'string';
}

function valuesOf(rows: readonly CountedRow[], { name, type }: CarriedColumn): CarriedValue[] {
  const values = rows.map(({ columns }) => columns[name] ?? null);
  return type === 'string' ? values.map((value) => (value === null ? null : String(value))) : values;
}
