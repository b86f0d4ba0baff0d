/**
 * Reads several event tables as one stream. Row numbers count over all files, so that a window may hold rows of any of
 * them.
 */
import { type ImageSource, openEvents } from '../../data/index.js';
import { checkComparable, type DriftBatch, type Profile } from '../../drift/index.js';
import { toDriftBatch } from './event-batches.js';

export interface EventFile {
  path: string;
  /** Number of the file's first row among the rows of all files. */
  firstRow: number;
  rows: number;
  /** What the table says of its images; null if nothing. */
  images: ImageSource | null;
}

export interface NumberedBatch {
  file: EventFile;
  /** The rows; `rowNumbers` count over all files. */
  batch: DriftBatch;
  imageUrls: readonly (string | null)[];
}

const COLUMNS = ['scores', 'targets', 'timestamps', 'statistics', 'imageUrls'] as const;

/**
 * Yields all rows of the tables, in order.
 *
 * @param files filled while reading: a file's `rows` is right once the next file has begun, or the stream has ended
 * @throws DataError, FileError, and DriftError for a table of another model, which names the table
 */
export async function* numberedBatches(
  profile: Profile,
  paths: readonly string[],
  files: EventFile[],
): AsyncGenerator<NumberedBatch, void, undefined> {
  let next = 0;
  for (const path of paths) {
    const events = await openEvents(path);
    try {
      checkComparable(profile, events.schema, path);
      const file: EventFile = { path, firstRow: next, rows: 0, images: events.schema.images };
      files.push(file);
      for await (const table of events.batches({ columns: COLUMNS })) {
        const rowNumbers = Int32Array.from({ length: table.rows }, (_, i) => next + i);
        next += table.rows;
        file.rows += table.rows;
        yield { file, batch: { ...toDriftBatch(table, events.schema), rowNumbers }, imageUrls: table.imageUrls };
      }
    } finally {
      await events.close();
    }
  }
}

/** Finds the file of a row number, and the row's number in that file. */
export function placeOf(files: readonly EventFile[], rowNumber: number): { file: number; row: number } {
  const file = files.findLastIndex(({ firstRow }) => firstRow <= rowNumber);
  return { file, row: rowNumber - (files[file] as EventFile).firstRow };
}
