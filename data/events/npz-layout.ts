import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import type { EventTableSchema } from '../event.js';
import type { NpyKind } from '../npy/dtype.js';
import { type NpyHeader, npyRowCount, npyRowLength } from '../npy/header.js';
import type { NpzFile } from '../npz.js';
import { MAX_COLUMNS, tooManyColumns } from '../rows/row-table.js';
import { checkClassColumns, embeddingColumn, labelThresholds } from './column-roles.js';
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
import type { OpenEventsOptions } from './event-source.js';
import {
  CLASSES,
  LABELS,
  PIXELS_SHA256,
  RESERVED_MEMBERS,
  SCORES,
  TAP,
  THRESHOLDS,
  WEIGHTS_NOTE,
  WEIGHTS_SHA256,
} from './write-events-npz.js';

export interface NpzLayout {
  schema: EventTableSchema;
  rows: number;
  embeddings: string;
  scores: string | null;
}

/** The header of each array by its name; null for an array that cannot be read. */
type AllHeaders = ReadonlyMap<string, NpyHeader | null>;
type Headers = ReadonlyMap<string, NpyHeader>;

/** @throws DataError `EVENTS_ARRAY`, `EVENTS_EMPTY`, `EVENTS_NO_EMBEDDINGS`; what the headers of arrays throw */
export async function readNpzLayout(npz: NpzFile, options: OpenEventsOptions): Promise<NpzLayout> {
  return layoutOf(npz, await readHeaders(npz), options);
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

async function layoutOf(npz: NpzFile, all: AllHeaders, options: OpenEventsOptions): Promise<NpzLayout> {
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
  const weightsNote = await onlyText(npz, headers, WEIGHTS_NOTE);
  const { scores, classes } = await readClasses(npz, headers, rows, options);
  const thresholds = await readThresholds(npz, headers, classes, options);
  const schema: EventTableSchema = {
    dimensions: npyRowLength(embeddings),
    classes,
    ...(thresholds === null ? {} : { thresholds }),
    tap: headers.has(TAP) && name !== EMBEDDINGS ? name : await onlyText(npz, headers, TAP),
    weightsSha256: await onlyText(npz, headers, WEIGHTS_SHA256),
    ...(pixelsSha256 === null ? {} : { pixelsSha256 }),
    ...(weightsNote === null ? {} : { weightsNote }),
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

async function readThresholds(
  npz: NpzFile,
  headers: Headers,
  classes: readonly string[],
  { multiLabel = false }: OpenEventsOptions,
): Promise<readonly number[] | null> {
  const header = headers.get(THRESHOLDS);
  const isOwn = headers.has(WEIGHTS_SHA256) && headers.has(CLASSES);
  if (header === undefined) return labelThresholds(npz.path, classes, multiLabel, isOwn ? { classes } : null);
  if (header.type.kind !== 'float' || header.shape.join() !== String(classes.length)) {
    throw wrongArray(npz, THRESHOLDS, header, `floats of shape [${classes.length}] are needed, one for each class`);
  }
  const thresholds: number[] = [];
  for await (const { values } of (await npz.array(THRESHOLDS)).rows(MAX_COLUMNS)) {
    thresholds.push(...Array.from(values as ArrayLike<number>));
  }
  const wrong = thresholds.findIndex((value) => !(value > 0 && value < 1));
  if (wrong < 0) return thresholds;
  const message = `${npz.where(THRESHOLDS)}: value ${wrong} is ${thresholds[wrong]}, numbers between 0 and 1 are needed`;
  throw new DataError('EVENTS_ARRAY', message);
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

function wrongArray(npz: NpzFile, name: string, header: NpyHeader, needed: string): DataError {
  const shape = `${header.type.descr} [${header.shape.join(', ')}]`;
  return new DataError('EVENTS_ARRAY', `${npz.where(name)}: is ${shape}, but ${needed}`);
}
