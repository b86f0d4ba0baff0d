/** A small Fiddler inside the spec's process, which loses answers on request. It parses its files. */
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import {
  type FiddlerClient,
  FiddlerError,
  type Model,
  NotFound,
  UnknownOutcome,
} from '../../../fiddler/client/index.js';

/** What becomes of one POST of events. */
export type Fate =
  | 'done'
  /** The answer is lost; the request was carried out. */
  | 'done-unanswered'
  /** The answer is lost; the request was not carried out. */
  | 'lost'
  /** The answer is lost; the request is carried out a little later. */
  | { lateMs: number }
  /** The answer is lost; only so many rows are stored. */
  | { onlyRows: number }
  /** Accepted, then the job fails with so many rows stored. */
  | { failsAfterRows: number }
  | 'refused';

interface StoredEvent {
  id: string;
  timestamp: number | null;
  env: string | null;
}

interface FakeJob {
  id: string;
  created_at?: number;
  status: string;
  info: Record<string, unknown>;
}

export class FakeFiddler {
  readonly stored: StoredEvent[] = [];
  readonly jobs: FakeJob[] = [];
  readonly calls: string[] = [];
  /** Fates of the next POSTs of events; `done` when there are no more. */
  fates: Fate[] = [];
  readsBack = true;
  listsJobs = true;
  /** Stored events are visible only so long after they were stored. */
  visibleAfterMs = 0;
  jobMs = 5;
  /** Events that an answer has at most, whatever is asked for. */
  showsAtMost = Number.POSITIVE_INFINITY;
  /** Whether the answer to rows lists their ids, or the first one as often. */
  repeatsIds = false;
  private readonly files = new Map<string, Record<string, unknown>[]>();
  private next = 1;

  constructor(readonly model: Model) {}

  get ids(): string[] {
    return this.stored.map(({ id }) => id);
  }

  count(call: string): number {
    return this.calls.filter((one) => one === call).length;
  }

  client(url = 'http://fiddler.example'): FiddlerClient {
    const called = <A extends unknown[], T>(name: string, call: (...args: A) => Promise<T>) => {
      return (...args: A): Promise<T> => {
        this.calls.push(name);
        return call(...args);
      };
    };
    return {
      url,
      serverInfo: called('server-info', async () => ({ organization: { id: 'o', name: 'o' }, clockSkewSeconds: 0 })),
      environments: { byName: called('environment', async (_: string, name: string) => this.environment(name)) },
      files: { upload: called('upload', (source: { bytes: Uint8Array }) => this.upload(source.bytes)) },
      events: {
        publishFile: called('publish', (o: { fileId: string; envName: string | null }) =>
          this.publish(this.files.get(o.fileId) ?? [], o.envName, true),
        ),
        publishRows: called('publish', (o: { events: Record<string, unknown>[]; envName: string | null }) =>
          this.publish(o.events, o.envName, false),
        ),
      },
      jobs: { wait: called('job', (id: string) => this.wait(id)), list: () => this.list() },
      rows: { download: called('download', (q) => this.download(q as never)) },
    } as unknown as FiddlerClient;
  }

  private environment(name: string) {
    const row_count = this.stored.filter(({ env }) => env === name).length;
    return row_count === 0 ? null : { id: name, name, row_count };
  }

  private async upload(bytes: Uint8Array) {
    const id = `file-${this.next++}`;
    this.files.set(id, await parquetReadObjects({ file: bytes.slice().buffer as ArrayBuffer }));
    return { id };
  }

  private async publish(rows: Record<string, unknown>[], env: string | null, asJob: boolean) {
    const fate = this.fates.shift() ?? 'done';
    const unanswered = () => new UnknownOutcome('UNKNOWN_OUTCOME', 'the answer was lost');
    if (fate === 'refused') throw new FiddlerError('REJECTED', 'no', { permanent: true });
    if (fate === 'lost') throw unanswered();
    if (fate === 'done' || fate === 'done-unanswered') {
      const job = this.store(rows, env, asJob);
      if (fate === 'done-unanswered') throw unanswered();
      return job;
    }
    if ('failsAfterRows' in fate) return this.store(rows.slice(0, fate.failsAfterRows), env, asJob, 'FAILURE');
    if ('onlyRows' in fate) this.store(rows.slice(0, fate.onlyRows), env, asJob);
    else setTimeout(() => this.store(rows, env, asJob), fate.lateMs);
    throw unanswered();
  }

  private store(rows: Record<string, unknown>[], env: string | null, asJob: boolean, ends = 'SUCCESS') {
    const events = rows.map((row) => {
      const timestamp = row['timestamp'];
      return { id: String(row['event_id']), timestamp: timestamp === undefined ? null : Number(timestamp), env };
    });
    const arrive = () => setTimeout(() => this.stored.push(...events), this.visibleAfterMs);
    if (!asJob) {
      arrive();
      return events.map(({ id }) => (this.repeatsIds ? (events[0] as StoredEvent).id : id));
    }
    const info = { env_type: env === null ? 'PRODUCTION' : 'PRE_PRODUCTION', env_name: env };
    const job: FakeJob = { id: `job-${this.next++}`, status: 'STARTED', info };
    this.jobs.unshift(job);
    setTimeout(() => {
      job.status = ends;
      if (this.visibleAfterMs === 0) this.stored.push(...events);
      else arrive();
    }, this.jobMs);
    return { id: job.id };
  }

  private async wait(id: string) {
    const job = this.jobs.find((one) => one.id === id);
    if (job === undefined) throw new NotFound('NOT_FOUND', 'no such job');
    while (job.status === 'STARTED') await new Promise((resolve) => setTimeout(resolve, 2));
    if (job.status === 'FAILURE') throw new FiddlerError('JOB_FAILED', 'failed', { reason: 'BadRow: of row 3' });
    return job;
  }

  private async *list() {
    this.calls.push('jobs');
    if (!this.listsJobs) throw new NotFound('NOT_FOUND', 'no such route');
    yield* [...this.jobs];
  }

  private async download(q: RowQuery & { envId?: string }) {
    if (!this.readsBack) return null;
    const within = ({ env, timestamp }: StoredEvent) => env === (q.envId ?? null) && isWithin(q, Number(timestamp));
    const data = this.stored.filter(within).map(({ id }) => id);
    return idsAsParquet(data.slice(0, Math.min(q.maxRows, this.showsAtMost)));
  }
}

export interface RowQuery {
  timeRange?: { start: Date; end: Date };
  maxRows: number;
}

export function isWithin({ timeRange }: Pick<RowQuery, 'timeRange'>, time: number): boolean {
  return timeRange === undefined || (time >= Number(timeRange.start) && time <= Number(timeRange.end));
}

export function idsAsParquet(data: readonly string[], ...others: object[]): Uint8Array {
  const columnData = [{ name: 'event_id', data, type: 'STRING' }, ...others] as never;
  return new Uint8Array(parquetWriteBuffer({ columnData, codec: 'UNCOMPRESSED' }));
}
