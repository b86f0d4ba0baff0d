/** Several event tables as one stream of rows with numbers of their own, so that a window may draw from any of them. */
import { type ImageSource, openEvents } from '../../data/index.js';
import { checkComparable, type DriftBatch, type Profile } from '../../drift/index.js';
import { toDriftBatch } from './event-batches.js';

export interface EventFile {
  path: string;
  /** Number of its first row among the rows of all files. */
  firstRow: number;
  rows: number;
  /** What it says of its images; null where it says nothing. */
  images: ImageSource | null;
}

export interface NumberedBatch {
  file: EventFile;
  /** Its `rowNumbers` count over all files. */
  batch: DriftBatch;
  imageUrls: readonly (string | null)[];
}

const COLUMNS = ['scores', 'targets', 'timestamps', 'statistics', 'imageUrls'] as const;

/**
 * All rows of the tables, in order.
 * @param files filled while reading: a file's `rows` is right once the next file has begun, or the stream has ended
 * @throws DataError, FileError, and DriftError for a table of another model, naming the table
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

/** Which file a row number is of, and its number there. */
export function placeOf(files: readonly EventFile[], rowNumber: number): { file: number; row: number } {
  const file = files.findLastIndex(({ firstRow }) => firstRow <= rowNumber);
  return { file, row: rowNumber - (files[file] as EventFile).firstRow };
}
