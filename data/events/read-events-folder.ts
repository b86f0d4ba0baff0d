/**
 * Events in a folder of tables, or under a prefix of a bucket, in the order of their names: the parts of one table,
 * such as a run of many machines makes. Where the folder has a folder `parts`, its tables are meant.
 */

import { entryAt, join, listFolder } from '#platform';
import { FileError, fileError } from '../../files/index.js';
import { DataError } from '../data-error.js';
import type { EventBatch, EventTableSchema } from '../event.js';
import { compareKeys } from '../images/sources/listing.js';
import { mayBePrefix, type RemoteFiles, remoteOf } from '../images/sources/remote.js';
import type { BatchOptions, EventSource, OpenEventsOptions } from './event-source.js';
import { openParquetEvents } from './read-events-parquet.js';

const PARTS = 'parts';
const TABLE = /^[^._].*\.parquet$/;

/** The files of a table: itself, or those of a folder in order. @throws FileError; as `RemoteFiles.list` */
export async function eventFiles(path: string, remote?: RemoteFiles): Promise<string[]> {
  if (mayBePrefix(path)) return tablesUnder(path, remoteOf(path, remote));
  const found = await entryAt(path);
  return found?.kind === 'folder' ? tablesIn(path) : [path];
}

/** @throws DataError `EVENTS_EMPTY` for a folder without tables, `EVENTS_PARTS_DIFFER`, as `openParquetEvents` */
export async function openFolderEvents(folder: string, options: OpenEventsOptions): Promise<EventSource> {
  const tables = await eventFiles(folder, options.remote);
  const [first] = tables;
  if (first === undefined) {
    throw new DataError('EVENTS_EMPTY', `${folder}: no parquet tables in this folder`, {
      hint: 'Events are files such as week_1.parquet, or a folder of parquet files.',
    });
  }
  const opened = await openParquetEvents(first, options);
  const { schema } = opened;
  await opened.close();
  return {
    path: folder,
    schema,
    rows: null,
    batches: (wanted) => batchesOf(tables, schema, options, wanted),
    close: async () => {},
  };
}

/** Only one part is open at a time: there may be more than a process may open. */
async function* batchesOf(
  tables: readonly string[],
  schema: EventTableSchema,
  options: OpenEventsOptions,
  wanted: BatchOptions | undefined,
): AsyncGenerator<EventBatch, void, undefined> {
  for (const path of tables) {
    const part = await openParquetEvents(path, options);
    try {
      checkSame(path, part.schema, tables[0]!, schema);
      yield* part.batches(wanted);
    } finally {
      await part.close();
    }
  }
}

async function tablesIn(given: string): Promise<string[]> {
  const within = join(given, PARTS);
  const hasParts = await entryAt(within);
  const folder = hasParts?.kind === 'folder' ? within : given;
  try {
    const names = (await listFolder(folder)).flatMap(({ name }) => (TABLE.test(name) ? [name] : []));
    return names.sort(compareKeys).map((name) => join(folder, name));
  } catch (error) {
    const known = fileError(folder, error);
    throw known instanceof FileError ? known : error;
  }
}

async function tablesUnder(url: string, remote: RemoteFiles): Promise<string[]> {
  const folder = url.replace(/\/*$/, '/');
  for (const within of [`${folder}${PARTS}/`, folder]) {
    const names = (await remote.list(within)).map(({ key }) => key).filter((key) => TABLE.test(key));
    const direct = names.filter((name) => !name.includes('/'));
    if (direct.length > 0) return direct.sort(compareKeys).map((name) => within + name);
  }
  return [];
}

/** What the batches of all parts must have in common. Where their images are may differ. */
function shapeOf({ images: _, extraTaps, ...schema }: EventTableSchema): [name: string, value: string][] {
  const named = { ...schema, extraTaps: [...extraTaps] };
  return Object.entries(named).map(([name, value]) => [name, JSON.stringify(value)]);
}

function checkSame(path: string, part: EventTableSchema, first: string, schema: EventTableSchema): void {
  const wanted = new Map(shapeOf(schema));
  const differs = shapeOf(part).find(([name, value]) => wanted.get(name) !== value);
  if (differs === undefined) return;
  const [name, value] = differs;
  throw new DataError(
    'EVENTS_PARTS_DIFFER',
    `${path}: its ${name} are ${value}, those of ${first} ${wanted.get(name)}`,
    { hint: 'The tables of a folder are the parts of one table, with the same columns and the same model.' },
  );
}
