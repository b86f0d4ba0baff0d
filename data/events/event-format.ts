import { extname } from '#platform';
import type { CodedErrorOptions } from '../../base/index.js';
import { DataError } from '../data-error.js';

export type EventFormat = 'parquet' | 'jsonl' | 'csv' | 'npz';
/** Those that it is read from: also embeddings that other tools wrote. */
export type ReadableEventFormat = EventFormat | 'npy';

const WRITTEN: Readonly<Record<string, EventFormat>> = {
  '.parquet': 'parquet',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.csv': 'csv',
  '.npz': 'npz',
};

const READ: Readonly<Record<string, ReadableEventFormat>> = { ...WRITTEN, '.npy': 'npy' };

/** Arrow's own files: the error says how to make parquet of one. */
export const ARROW_EXTENSIONS: readonly string[] = ['.feather', '.arrow', '.ipc'];

/** The format to write a file in. @throws DataError `EVENTS_FORMAT_UNKNOWN` */
export function eventFormat(path: string): EventFormat {
  return formatOf(path, WRITTEN, '.parquet, .jsonl, .csv and .npz are');
}

/** The format to read a file in. @throws DataError `EVENTS_FORMAT_UNKNOWN` */
export function readableEventFormat(path: string): ReadableEventFormat {
  return formatOf(path, READ, '.parquet, .jsonl, .csv, .npz and .npy are');
}

function formatOf<F>(path: string, formats: Readonly<Record<string, F>>, known: string): F {
  const extension = extname(path).toLowerCase();
  const format = Object.hasOwn(formats, extension) ? formats[extension] : undefined;
  if (format !== undefined) return format;
  const found = extension === '' ? 'its name has no extension' : `"${extension}" is not a format of events`;
  const advice = ARROW_EXTENSIONS.includes(extension) ? asParquet(path) : {};
  throw new DataError('EVENTS_FORMAT_UNKNOWN', `${path}: ${found}; ${known}`, advice);
}

function asParquet(path: string): CodedErrorOptions {
  const from = JSON.stringify(path);
  const to = JSON.stringify(`${path.slice(0, -extname(path).length)}.parquet`);
  return {
    hint: 'Write parquet instead, as these two lines do. With pandas: frame.to_parquet(…). If the file is a stream: pyarrow.ipc.open_stream(…).read_all() in place of read_table(…).',
    program: [
      'import pyarrow.feather, pyarrow.parquet',
      `pyarrow.parquet.write_table(pyarrow.feather.read_table(${from}), ${to})`,
    ],
  };
}
