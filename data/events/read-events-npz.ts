/** Events from npz: as written here (see `write-events-npz.ts`), or any npz with a float array `embeddings`. */
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import type { NpyValues } from '../npy/dtype.js';
import type { NpyHeader } from '../npy/header.js';
import { npyRowCount, npyRowLength } from '../npy/header.js';
import { NpzFile } from '../npz.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  isReservedColumn,
  MAX_COLUMNS,
  MAX_DIMENSIONS,
  type OptionalEventColumn,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
  tooManyColumns,
} from './event-columns.js';
import { type BatchOptions, type EventSource, noEmbeddings, type OpenEventsOptions } from './event-source.js';
import { asTimestamp, batchRows, nulls } from './event-values.js';
import { CLASSES, LABELS, RESERVED_MEMBERS, SCORES, TAP, WEIGHTS_SHA256 } from './write-events-npz.js';

export async function openNpzEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const npz = await NpzFile.open(path);
  try {
    const headers = await readHeaders(npz);
    const embeddings = headers.get(EMBEDDINGS);
    if (embeddings === undefined) throw noEmbeddings(path, npz.names);
    const rows = npyRowCount(embeddings);
    const schema = await readSchema(npz, headers, embeddings, options);
    return {
      path,
      schema,
      rows,
      batches: (wanted) => readBatches(npz, schema, rows, wanted),
      close: () => npz.close(),
    };
  } catch (error) {
    await npz.close();
    throw error;
  }
}

async function readHeaders(npz: NpzFile): Promise<ReadonlyMap<string, NpyHeader>> {
  if (npz.names.length > MAX_COLUMNS) throw tooManyColumns(npz.path, npz.names.length);
  const headers = new Map<string, NpyHeader>();
  for (const name of npz.names) headers.set(name, await npz.header(name));
  return headers;
}

async function readSchema(
  npz: NpzFile,
  headers: ReadonlyMap<string, NpyHeader>,
  embeddings: NpyHeader,
  options: OpenEventsOptions,
): Promise<EventTableSchema> {
  const rows = npyRowCount(embeddings);
  const dimensions = npyRowLength(embeddings);
  if (embeddings.type.kind !== 'float' || embeddings.shape.length < 2) {
    throw wrongArray(npz, EMBEDDINGS, embeddings, 'floats of shape [rows, values] are needed');
  }
  if (rows === 0) throw new DataError('EVENTS_EMPTY', `${npz.path}: no rows`);
  if (dimensions > MAX_DIMENSIONS)
    throw wrongArray(npz, EMBEDDINGS, embeddings, `at most ${MAX_DIMENSIONS} values a row`);
  for (const name of [SCORES, LABELS, TARGET, IMAGE_URL, TIMESTAMP, EVENT_ID]) {
    const header = headers.get(name);
    if (header !== undefined && npyRowCount(header) !== rows) {
      throw wrongArray(npz, name, header, `${EMBEDDINGS} has ${rows.toLocaleString('en')} rows`);
    }
  }
  return {
    dimensions,
    classes: await readClasses(npz, headers, options),
    tap: await onlyText(npz, headers, TAP),
    weightsSha256: await onlyText(npz, headers, WEIGHTS_SHA256),
    hasTargets: headers.has(LABELS) || headers.has(TARGET),
    hasImageUrls: headers.has(IMAGE_URL),
    hasTimestamps: headers.has(TIMESTAMP),
    hasEventIds: headers.has(EVENT_ID),
    statistics: statistics(headers, rows),
    images: null,
    extraTaps: furtherTaps(headers, rows),
  };
}

/** Without names the classes are called `class_0`, `class_1`, … */
async function readClasses(
  npz: NpzFile,
  headers: ReadonlyMap<string, NpyHeader>,
  options: OpenEventsOptions,
): Promise<readonly string[]> {
  const scores = headers.get(SCORES);
  if (scores === undefined) return [];
  const columns = npyRowLength(scores);
  if (scores.type.kind !== 'float' || scores.shape.length !== 2 || columns > MAX_COLUMNS) {
    throw wrongArray(npz, SCORES, scores, 'floats of shape [rows, classes] are needed');
  }
  const named = options.classes ?? (headers.has(CLASSES) ? await allTexts(npz, CLASSES) : null);
  const classes = named ?? Array.from({ length: columns }, (_, index) => `class_${index}`);
  if (classes.length !== columns) {
    throw wrongArray(npz, SCORES, scores, `there are ${classes.length} class names`);
  }
  return classes;
}

function statistics(headers: ReadonlyMap<string, NpyHeader>, rows: number): string[] {
  const isColumn = ({ type, shape }: NpyHeader) => type.kind === 'float' && shape.length === 1 && shape[0] === rows;
  return statisticsAmong([...headers].filter(([, header]) => isColumn(header)).map(([name]) => name));
}

function furtherTaps(headers: ReadonlyMap<string, NpyHeader>, rows: number): Map<string, readonly number[]> {
  const taps = new Map<string, readonly number[]>();
  for (const [name, header] of headers) {
    const isTap = !RESERVED_MEMBERS.includes(name) && !isReservedColumn(name) && header.type.kind === 'float';
    if (isTap && header.shape.length >= 2 && npyRowCount(header) === rows) taps.set(name, header.shape.slice(1));
  }
  return taps;
}

async function onlyText(npz: NpzFile, headers: ReadonlyMap<string, NpyHeader>, name: string): Promise<string | null> {
  return headers.has(name) ? ((await allTexts(npz, name))[0] ?? null) : null;
}

async function allTexts(npz: NpzFile, name: string): Promise<readonly string[]> {
  const array = await npz.array(name);
  const { type } = array.header;
  if ((type.kind !== 'unicode' && type.kind !== 'bytes') || npyRowCount(array.header) > MAX_COLUMNS) {
    await array.close();
    throw wrongArray(npz, name, array.header, 'a few texts are needed');
  }
  const texts: string[] = [];
  for await (const { values } of array.rows(MAX_COLUMNS)) texts.push(...(values as string[]));
  return texts;
}

async function* readBatches(
  npz: NpzFile,
  schema: EventTableSchema,
  rows: number,
  options: BatchOptions = {},
): AsyncGenerator<EventBatch, void, undefined> {
  const wants = (column: OptionalEventColumn) => options.columns?.includes(column) ?? true;
  const taps = wants('extraTaps') ? [...schema.extraTaps.keys()] : [];
  const tapValues = taps.reduce((sum, name) => sum + tapLength(schema, name), 0);
  const size = batchRows(schema.dimensions + schema.classes.length + tapValues);
  const names = [EMBEDDINGS, ...taps];
  if (wants('scores') && schema.classes.length > 0) names.push(SCORES);
  if (wants('targets')) names.push(...[LABELS, TARGET].filter((name) => npz.has(name)));
  if (wants('imageUrls') && schema.hasImageUrls) names.push(IMAGE_URL);
  if (wants('timestamps') && schema.hasTimestamps) names.push(TIMESTAMP);
  if (wants('eventIds') && schema.hasEventIds) names.push(EVENT_ID);
  const statistics = wants('statistics') ? schema.statistics : [];
  names.push(...statistics.map(statisticColumn));

  const columns = new ColumnReaders(npz);
  try {
    for (const name of names) await columns.open(name, size);
    for (let first = 0; first < rows; first += size) {
      const count = Math.min(size, rows - first);
      await columns.next();
      const place = (name: string, row: number) => `${npz.where(name)} row ${(first + row).toLocaleString('en')}`;
      yield {
        rows: count,
        embeddings: columns.floats(EMBEDDINGS, schema.dimensions, place, true) as Float32Array,
        scores: columns.floats(SCORES, schema.classes.length, place, false),
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

/** Several arrays of the same rows, read in step. */
class ColumnReaders {
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

function wrongArray(npz: NpzFile, name: string, header: NpyHeader, needed: string): DataError {
  const shape = `${header.type.descr} [${header.shape.join(', ')}]`;
  return new DataError('EVENTS_ARRAY', `${npz.where(name)}: is ${shape}, but ${needed}`);
}
