import { extname } from 'node:path';
import { DataError } from '../data-error.js';

/** The formats that an event table is written in and read from. */
export type EventFormat = 'parquet' | 'jsonl' | 'csv' | 'npz';

const BY_EXTENSION: Readonly<Record<string, EventFormat>> = {
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.npz': 'npz',
};

/** @throws DataError `EVENTS_FORMAT_UNKNOWN` */
export function eventFormat(path: string): EventFormat {
  const extension = extname(path).toLowerCase();
  const format = Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
  if (format === undefined) {
    const found = extension === '' ? 'its name has no extension' : `"${extension}" is not a format of events`;
    throw new DataError('EVENTS_FORMAT_UNKNOWN', `${path}: ${found}; .parquet, .jsonl, .csv and .npz are`);
  }
  return format;
}
