import { describeHtml, eventsBody, ifOffered, looksLikeHtml } from './answer.js';
import { FiddlerError } from './fiddler-error.js';
import { apiPath, type Sender } from './request.js';
import type { EnvironmentType } from './schemas/common.js';
import type { Instant } from './schemas/metrics.js';

/** Rows that the server reads at a time; the official client's number. */
const CHUNK = 1000;
/** A file that is held in memory: some million rows without vectors. */
const MAX_FILE_BYTES = 1024 ** 3;
const PARQUET_MAGIC = 'PAR1';
/** The server reads the rows before it answers. */
const ANSWER_SECONDS = 300;

export interface RowsQuery {
  modelId: string;
  envType: EnvironmentType;
  /** The dataset, for PRE_PRODUCTION. */
  envId?: string;
  /** Default: all. */
  columns?: readonly string[];
  /** The server counts in whole seconds: the range is widened to them. */
  timeRange?: { start: Instant; end: Instant };
  maxRows?: number;
  /** Vectors are left out without it. */
  fetchVectors?: boolean;
}

export class Rows {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** The bytes of a parquet file; null where the server does not offer it. */
  async download(q: RowsQuery): Promise<Uint8Array<ArrayBuffer> | null> {
    const answer = await ifOffered(
      this.#sender.send({
        method: 'POST',
        path: apiPath('analytics', 'download-slice-data'),
        body: eventsBody(slice(q)),
        repeatable: true,
        answerSeconds: ANSWER_SECONDS,
        maxAnswerBytes: MAX_FILE_BYTES,
      }),
    );
    if (answer === null) return null;
    if (isParquet(answer.bytes)) return answer.bytes;
    const text = this.#sender.redact(new TextDecoder().decode(answer.bytes.subarray(0, 20_000)));
    const came = looksLikeHtml(text) ? describeHtml(text) : `${answer.bytes.length.toLocaleString('en')} other bytes`;
    throw new FiddlerError('ANSWER_UNREADABLE', `${answer.asked}: ${came} came, not a parquet file`, {
      status: answer.status,
    });
  }
}

/** Members in the wire's order. */
function slice(q: RowsQuery): object {
  return {
    model_id: q.modelId,
    env_type: q.envType,
    csv: false,
    column_names: q.columns ?? null,
    env_id: q.envId,
    time_filter: q.timeRange && timeFilter(q.timeRange),
    num_samples: q.maxRows,
    chunk_size: CHUNK,
    fetch_vectors: q.fetchVectors === true ? true : undefined,
  };
}

function timeFilter({ start, end }: { start: Instant; end: Instant }): object {
  const seconds = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  return {
    start_time: seconds(Math.floor(Number(start) / 1000) * 1000),
    end_time: seconds(Math.ceil(Number(end) / 1000) * 1000),
    time_zone: 'UTC',
  };
}

function isParquet(bytes: Uint8Array): boolean {
  const magic = (from: number) => Buffer.from(bytes.subarray(from, from + 4)).toString('latin1');
  return bytes.length >= 12 && magic(0) === PARQUET_MAGIC && magic(bytes.length - 4) === PARQUET_MAGIC;
}
