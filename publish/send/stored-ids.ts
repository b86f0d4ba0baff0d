/** The event ids that the server has, of a time range or of a dataset: what tells whether a lost request was done. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type FiddlerClient, FiddlerError, type Model } from '../../fiddler/index.js';
import type { PublishEnvironment, TimeRange } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';

/** Asked for always: a server's own default may be less, and a shorter answer would read as "not there". */
const MAX_STORED_ROWS = 1_000_000;
/** The server counts whole seconds, and whether the end belongs to the range is not said anywhere. */
const RANGE_MARGIN_MS = 1_000;

/**
 * Null where the server does not offer it, or the model has no event ids. An empty set where there is no such dataset.
 * @throws FiddlerError; PublishError `PUBLISH_TOO_MANY_STORED`
 */
export async function storedIds(
  client: FiddlerClient,
  model: Model,
  environment: PublishEnvironment,
  times: TimeRange | null,
  maxRows = MAX_STORED_ROWS,
): Promise<Set<string> | null> {
  const column = model.event_id_col ?? null;
  if (column === null) return null;
  const query = { modelId: model.id, envType: environment.type, columns: [column], maxRows };
  if (environment.type === 'PRE_PRODUCTION') {
    const dataset = await client.environments.byName(model.id, environment.name);
    if (dataset === null) return new Set();
    return read(await client.rows.download({ ...query, envId: dataset.id }), column);
  }
  const timeRange = times && {
    start: new Date(times.from - RANGE_MARGIN_MS),
    end: new Date(times.to + RANGE_MARGIN_MS),
  };
  return read(await client.rows.download(timeRange === null ? query : { ...query, timeRange }), column);
}

async function read(parquet: Uint8Array<ArrayBuffer> | null, column: string): Promise<Set<string> | null> {
  if (parquet === null) return null;
  let rows: Record<string, unknown>[];
  try {
    const file = parquet.buffer.slice(parquet.byteOffset, parquet.byteOffset + parquet.byteLength);
    rows = await parquetReadObjects({ file, compressors });
  } catch (error) {
    throw new FiddlerError('ANSWER_UNREADABLE', 'the rows that the server sent are no parquet that can be read', {
      cause: error,
    });
  }
  if (rows.length >= MAX_STORED_ROWS) {
    throw new PublishError(
      'PUBLISH_TOO_MANY_STORED',
      `the server has ${MAX_STORED_ROWS.toLocaleString('en')} events or more in the time of one file`,
      { exitCode: 5, hint: 'Which of ours are among them cannot be read back; publish with fewer --rows-per-file.' },
    );
  }
  // A server that does not know the column, or keeps it to itself, does not tell.
  if (rows.length > 0 && !(column in (rows[0] as object))) return null;
  return new Set(rows.map((row) => String(row[column])));
}
