import { extname } from 'node:path';
import { DataError } from '../data-error.js';

/** The formats that an event table is written in, and read from. */
export type EventFormat = 'parquet' | 'jsonl' | 'csv' | 'npz';
/** Those that it is read from: also embeddings that other tools wrote. */
export type ReadableEventFormat = EventFormat | 'npy' | 'arrow';

const WRITTEN: Readonly<Record<string, EventFormat>> = {
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.npz': 'npz',
};

const READ: Readonly<Record<string, ReadableEventFormat>> = {
  ...WRITTEN,
  '.npy': 'npy',
  '.arrow': 'arrow',
  '.feather': 'arrow',
  '.ipc': 'arrow',
};

/** The format to write a file in. @throws DataError `EVENTS_FORMAT_UNKNOWN` */
export function eventFormat(path: string): EventFormat {
  return formatOf(path, WRITTEN, '.parquet, .jsonl, .csv and .npz are');
}

/** The format to read a file in. @throws DataError `EVENTS_FORMAT_UNKNOWN` */
export function readableEventFormat(path: string): ReadableEventFormat {
  return formatOf(path, READ, '.parquet, .jsonl, .csv, .npz, .npy, .arrow and .feather are');
}

function formatOf<F>(path: string, formats: Readonly<Record<string, F>>, known: string): F {
  const extension = extname(path).toLowerCase();
  const format = Object.hasOwn(formats, extension) ? formats[extension] : undefined;
  if (format !== undefined) return format;
  const found = extension === '' ? 'its name has no extension' : `"${extension}" is not a format of events`;
  throw new DataError('EVENTS_FORMAT_UNKNOWN', `${path}: ${found}; ${known}`);
}
