/**
 * Events from npz: as written here (see `write-events-npz.ts`), or any npz with a float array `[rows, values]`; or from
 * a bare npy, which is such an array alone.
 */

import type { CarriedColumn, CarriedValue } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import type { NpyKind, NpyValues } from '../npy/dtype.js';
import type { NpyHeader } from '../npy/header.js';
import { npyRowCount, npyRowLength } from '../npy/header.js';
import { NPY_ARRAY, NpzFile } from '../npz.js';
import { carriedValue } from '../rows/carried-values.js';
import { MAX_COLUMNS, tooManyColumns } from '../rows/column-names.js';
import { embeddingColumn } from './embedding-column.js';
import {
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  isReservedColumn,
  MAX_DIMENSIONS,
  statisticColumn,
  statisticsAmong,
  TARGET,
  TIMESTAMP,
} from './event-columns.js';
import { type BatchOptions, checkClassColumns, type EventSource, type OpenEventsOptions } from './event-source.js';
import { asTimestamp, batchRows, nulls } from './event-values.js';
import { wantedColumns } from './table-schema.js';
import { CLASSES, LABELS, PIXELS_SHA256, RESERVED_MEMBERS, SCORES, TAP, WEIGHTS_SHA256 } from './write-events-npz.js';

/** What is read of the arrays, and as what. */
interface Layout {
  schema: EventTableSchema;
  rows: number;
  /** Names of the arrays. */
  embeddings: string;
  scores: string | null;
}

/** The header of each array by its name; null for an array that cannot be read. */
type AllHeaders = ReadonlyMap<string, NpyHeader | null>;
type Headers = ReadonlyMap<string, NpyHeader>;

export function openNpyEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openNpzEvents(path, { ...options, embeddingColumn: NPY_ARRAY });
}

export async function openNpzEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  const npz = await NpzFile.open(path);
  try {
    const layout = await readLayout(npz, await readHeaders(npz), options);
    return {
      path,
      schema: layout.schema,
      rows: layout.rows,
      batches: (wanted) => readBatches(npz, layout, wanted),
      close: () => npz.close(),
    };
  } catch (error) {
    await npz.close();
    throw error;
  }
}

async function readHeaders(npz: NpzFile): Promise<AllHeaders> {
  if (npz.names.length > MAX_COLUMNS) throw tooManyColumns(npz.path, npz.names.length);
  const headers = new Map<string, NpyHeader | null>();
  for (const name of npz.names) headers.set(name, await headerOf(npz, name));
  return headers;
}

/** Null for an array that cannot be read, and need not be: of Python objects or structs. */
async function headerOf(npz: NpzFile, name: string): Promise<NpyHeader | null> {
  try {
    return await npz.header(name);
  } catch (error) {
    if (!RESERVED_MEMBERS.includes(name) && error instanceof DataError && UNREADABLE.includes(error.code)) return null;
    throw error;
  }
}

const UNREADABLE: readonly string[] = ['NPY_OBJECT_ARRAY', 'NPY_DTYPE'];

async function readLayout(npz: NpzFile, all: AllHeaders, options: OpenEventsOptions): Promise<Layout> {
  const headers: Headers = new Map([...all].filter((entry): entry is [string, NpyHeader] => entry[1] !== null));
  const { name, header: embeddings } = await embeddingsOf(npz, headers, options);
  const rows = npyRowCount(embeddings);
  if (rows === 0) throw new DataError('EVENTS_EMPTY', `${npz.path}: no rows`);
  for (const other of [SCORES, LABELS, TARGET, IMAGE_URL, TIMESTAMP, EVENT_ID]) {
    const header = headers.get(other);
    if (header !== undefined && npyRowCount(header) !== rows) {
      throw wrongArray(npz, other, header, `${name} has ${rows.toLocaleString('en')} rows`);
    }
  }
  const pixelsSha256 = await onlyText(npz, headers, PIXELS_SHA256);
  const { scores, classes } = await readClasses(npz, headers, rows, options);
  const schema: EventTableSchema = {
    dimensions: npyRowLength(embeddings),
    classes,
    tap: headers.has(TAP) && name !== EMBEDDINGS ? name : await onlyText(npz, headers, TAP),
    weightsSha256: await onlyText(npz, headers, WEIGHTS_SHA256),
    ...(pixelsSha256 === null ? {} : { pixelsSha256 }),
    hasTargets: headers.has(LABELS) || headers.has(TARGET),
    hasImageUrls: headers.has(IMAGE_URL),
    hasTimestamps: headers.has(TIMESTAMP),
    hasEventIds: headers.has(EVENT_ID),
    statistics: statistics(headers, rows),
    images: null,
    extraTaps: furtherTaps(headers, rows, [name, scores]),
    carried: [
      ...carriedColumns(headers, rows),
      ...[...all].filter(([, header]) => header === null).map(([name]) => ({ name, type: 'other' as const })),
    ],
  };
  return { schema, rows, embeddings: name, scores };
}

/** @throws DataError `EVENTS_NO_EMBEDDINGS`, `EVENTS_ARRAY` */
async function embeddingsOf(
  npz: NpzFile,
  headers: Headers,
  { embeddingColumn: wanted }: OpenEventsOptions,
): Promise<{ name: string; header: NpyHeader }> {
  const matrices = [...headers].filter(([, { type, shape }]) => type.kind === 'float' && shape.length > 1);
  const { name, isWide } = embeddingColumn(
    npz.path,
    wanted,
    npz.names,
    matrices.map(([array]) => array),
  );
  if (isWide) throw new DataError('EVENTS_ARRAY', `${npz.path}: embeddings are one array, not the many of "${name}"`);
  const header = headers.get(name) ?? (await npz.header(name));
  if (header.type.kind !== 'float' || header.shape.length < 2 || npyRowLength(header) === 0) {
    throw wrongArray(npz, name, header, 'floats of shape [rows, values] are needed');
  }
  if (npyRowLength(header) > MAX_DIMENSIONS)
    throw wrongArray(npz, name, header, `at most ${MAX_DIMENSIONS} values a row`);
  return { name, header };
}

/** Without names the classes are called `class_0`, `class_1`, … */
async function readClasses(
  npz: NpzFile,
  headers: Headers,
  rows: number,
  { scores: wanted }: OpenEventsOptions,
): Promise<{ scores: string | null; classes: readonly string[] }> {
  const own = wanted?.length === 1 && headers.has(wanted[0] as string) ? (wanted[0] as string) : null;
  const name = own ?? SCORES;
  const scores = headers.get(name);
  if (scores === undefined) {
    checkClassColumns(npz.path, wanted ?? [], []);
    return { scores: null, classes: [] };
  }
  const columns = npyRowLength(scores);
  if (
    scores.type.kind !== 'float' ||
    scores.shape.length !== 2 ||
    npyRowCount(scores) !== rows ||
    columns > MAX_COLUMNS
  ) {
    throw wrongArray(npz, name, scores, `floats of shape [${rows}, classes] are needed`);
  }
  const named = (own === null ? wanted : null) ?? (headers.has(CLASSES) ? await allTexts(npz, CLASSES) : null);
  const classes = named ?? Array.from({ length: columns }, (_, index) => `class_${index}`);
  if (classes.length !== columns) {
    throw wrongArray(npz, name, scores, `there are ${classes.length} class names`);
  }
  return { scores: name, classes };
}

function statistics(headers: Headers, rows: number): string[] {
  const isColumn = ({ type, shape }: NpyHeader) => type.kind === 'float' && shape.length === 1 && shape[0] === rows;
  return statisticsAmong([...headers].filter(([, header]) => isColumn(header)).map(([name]) => name));
}

function furtherTaps(headers: Headers, rows: number, read: readonly (string | null)[]): Map<string, readonly number[]> {
  const taps = new Map<string, readonly number[]>();
  for (const [name, { type, shape }] of headers) {
    // The usual array is a tap like others where another one is asked for.
    const isTap = name === EMBEDDINGS || !(RESERVED_MEMBERS.includes(name) || isReservedColumn(name));
    if (!isTap || read.includes(name) || type.kind !== 'float') continue;
    if (shape.length >= 2 && shape[0] === rows) taps.set(name, shape.slice(1));
  }
  return taps;
}

const CARRIED_TYPES: Readonly<Partial<Record<NpyKind, CarriedColumn['type']>>> = {
  float: 'float',
  int: 'integer',
  uint: 'integer',
  bool: 'boolean',
  unicode: 'string',
  bytes: 'string',
};

/** Arrays of one value a row. What belongs to no row is no column. */
function carriedColumns(headers: Headers, rows: number): CarriedColumn[] {
  const isStatistic = new Set(statistics(headers, rows).map(statisticColumn));
  return [...headers]
    .filter(([name, { shape }]) => !RESERVED_MEMBERS.includes(name) && !isStatistic.has(name) && shape[0] === rows)
    .filter(([, { shape }]) => shape.length === 1)
    .map(([name, { type }]) => ({ name, type: CARRIED_TYPES[type.kind] ?? 'other' }));
}

async function onlyText(npz: NpzFile, headers: Headers, name: string): Promise<string | null> {
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
  { schema, rows, embeddings, scores }: Layout,
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

  const columns = new ColumnReaders(npz);
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

  carried(name: string, type: CarriedColumn['type']): CarriedValue[] {
    const values = this.#current.get(name) as NpyValues;
    const isTruth = type === 'boolean';
    return Array.from(values as ArrayLike<string | number | bigint>, (value) =>
      carriedValue(type, isTruth ? Boolean(value) : value),
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

function wrongArray(npz: NpzFile, name: string, header: NpyHeader, needed: string): DataError {
  const shape = `${header.type.descr} [${header.shape.join(', ')}]`;
  return new DataError('EVENTS_ARRAY', `${npz.where(name)}: is ${shape}, but ${needed}`);
}
