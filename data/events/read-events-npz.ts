/** Events from npz (see `write-events-npz.ts`), any npz with a float array `[rows, values]`, or a bare npy of one. */
import type { CarriedColumn, CarriedValue } from '../carried.js';
import { closedOnError, DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import type { NpyValues } from '../npy/dtype.js';
import { NPY_ARRAY, NpzFile } from '../npz.js';
import { carriedValue } from '../rows/carried-values.js';
import { EVENT_ID, IMAGE_URL, statisticColumn, TARGET, TIMESTAMP } from './event-columns.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { asTimestamp, batchRows, nulls } from './event-values.js';
import { type NpzLayout, readNpzLayout } from './npz-layout.js';
import { wantedColumns } from './table-schema.js';
import { LABELS } from './write-events-npz.js';

export function openNpyEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openNpzEvents(path, { ...options, embeddingColumn: NPY_ARRAY });
}

export async function openNpzEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const npz = await NpzFile.open(path);
  return closedOnError(npz, async () => {
    const layout = await readNpzLayout(npz, options);
    return {
      path,
      schema: layout.schema,
      rows: layout.rows,
      batches: (wanted) => readBatches(npz, layout, wanted),
      close: () => npz.close(),
    };
  });
}

async function* readBatches(
  npz: NpzFile,
  { schema, rows, embeddings, scores }: NpzLayout,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const { wants, statistics, carried } = wantedColumns(schema, options);
  const taps = wants('extraTaps') ? [...schema.extraTaps.keys()] : [];
  const tapValues = taps.reduce((sum, name) => sum + tapLength(schema, name), 0);
  const size = batchRows(schema.dimensions + schema.classes.length + tapValues);
  const names = [embeddings, ...taps];
  if (wants('scores') && scores !== null) names.push(scores);
  if (wants('targets')) names.push(...[LABELS, TARGET].filter((name) => npz.has(name)));
  if (wants('imageUrls') && schema.hasImageUrls) names.push(IMAGE_URL);
  if (wants('timestamps') && schema.hasTimestamps) names.push(TIMESTAMP);
  if (wants('eventIds') && schema.hasEventIds) names.push(EVENT_ID);
  names.push(...statistics.map(statisticColumn), ...carried.map(({ name }) => name));

  const columns = new NpzColumns(npz);
  try {
    for (const name of names) await columns.open(name, size);
    for (let first = 0; first < rows; first += size) {
      const count = Math.min(size, rows - first);
      await columns.next();
      const place = (name: string, row: number) => `${npz.where(name)} row ${(first + row).toLocaleString('en')}`;
      yield {
        rows: count,
        embeddings: columns.floats(embeddings, schema.dimensions, place, true) as Float32Array,
        scores: scores === null ? null : columns.floats(scores, schema.classes.length, place, false),
        targets: columns.targets(schema.classes, place) ?? nulls(count),
        imageUrls: columns.texts(IMAGE_URL) ?? nulls(count),
        timestamps: columns.timestamps(place) ?? nulls(count),
        eventIds: columns.texts(EVENT_ID) ?? nulls(count),
        statistics: new Map(
          statistics.map((name) => [name, columns.floats(statisticColumn(name), 1, place, false) as Float32Array]),
        ),
        extraTaps: new Map(
          taps.map((name) => [name, columns.floats(name, tapLength(schema, name), place, false) as Float32Array]),
        ),
        carried: new Map(carried.map(({ name, type }) => [name, columns.carried(name, type)])),
      };
    }
  } finally {
    await columns.close();
  }
}

function tapLength(schema: EventTableSchema, name: string): number {
  return (schema.extraTaps.get(name) ?? []).reduce((product, length) => product * length, 1);
}

type Place = (name: string, row: number) => string;

class NpzColumns {
  readonly #iterators = new Map<string, AsyncGenerator<{ values: NpyValues }, void, undefined>>();
  readonly #current = new Map<string, NpyValues>();
  readonly #npz: NpzFile;

  constructor(npz: NpzFile) {
    this.#npz = npz;
  }

  async open(name: string, size: number): Promise<void> {
    this.#iterators.set(name, (await this.#npz.array(name)).rows(size));
  }

  async next(): Promise<void> {
    for (const [name, iterator] of this.#iterators) {
      const { value } = await iterator.next();
      if (value) this.#current.set(name, value.values);
    }
  }

  async close(): Promise<void> {
    for (const iterator of this.#iterators.values()) await iterator.return(undefined);
  }

  floats(name: string, width: number, place: Place, finite: boolean): Float32Array | null {
    const values = this.#current.get(name);
    if (values === undefined || Array.isArray(values)) return null;
    const floats = values instanceof Float32Array ? values : Float32Array.from(values);
    const broken = finite ? floats.findIndex((value) => !Number.isFinite(value)) : -1;
    if (broken >= 0) {
      const at = place(name, Math.floor(broken / width));
      throw new DataError('EVENTS_NOT_FINITE', `${at}: value ${broken % width} is ${floats[broken]} as float32`);
    }
    return floats;
  }

  texts(name: string): (string | null)[] | null {
    const values = this.#current.get(name);
    if (values === undefined) return null;
    return Array.from(values as ArrayLike<string | number>, (value) => (value === '' ? null : String(value)));
  }

  carried(name: string, type: CarriedColumn['type']): CarriedValue[] {
    const values = this.#current.get(name) as NpyValues;
    const isTruth = type === 'boolean';
    return Array.from(values as ArrayLike<string | number | bigint>, (value) =>
      // numpy has no null: text that is not known is written as none.
      value === '' ? null : carriedValue(type, isTruth ? Boolean(value) : value),
    );
  }

  timestamps(place: Place): (number | null)[] | null {
    const values = this.#current.get(TIMESTAMP);
    if (values === undefined) return null;
    return Array.from(values as ArrayLike<string | number>, (value, row) =>
      value === -1 ? null : asTimestamp(value, () => place(TIMESTAMP, row)),
    );
  }

  /** Labels are indices of classes where they are numbers and the classes are known. */
  targets(classes: readonly string[], place: Place): (string | null)[] | null {
    const labels = this.#current.get(LABELS);
    if (labels === undefined) return this.texts(TARGET);
    if (Array.isArray(labels) || classes.length === 0) return this.texts(LABELS);
    return Array.from(labels, (label, row) => {
      if (label === -1) return null;
      const name = classes[label];
      if (name === undefined) {
        throw new DataError(
          'EVENTS_LABEL',
          `${place(LABELS, row)}: label ${label}, there are ${classes.length} classes`,
        );
      }
      return name;
    });
  }
}
