/**
 * Sends one chunk, exactly once as far as the server lets one know. Each step is in the journal before the next is
 * done: uploaded → sending → accepted → done; after `sending` without `accepted`, the server is looked at first.
 */
import type { EventBatch } from '../../data/index.js';
import {
  type EventRow,
  type FiddlerClient,
  FiddlerError,
  type Model,
  NotFound,
  Rejected,
  UnknownOutcome,
} from '../../fiddler/index.js';
import { chunkParquet } from '../chunks/parquet.js';
import type { ChunkRows } from '../chunks/read-chunks.js';
import { streamRows } from '../chunks/stream.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, PublishEnvironment, PublishPlan } from '../plan/plan.js';
import { rowsWithIds } from '../plan/row-collector.js';
import { PublishError } from '../publish-error.js';
import type { Lookup } from './lookup.js';
import type { Pace } from './pace.js';
import type { StopSignal } from './stop-signal.js';

/** Lost answers in a row for one chunk: a server this ill is better left alone for a while. */
const MAX_LOST_ANSWERS = 20;

export interface RunOptions {
  client: FiddlerClient;
  model: Model;
  environment: PublishEnvironment;
  plan: PublishPlan;
  journal: Journal;
  lookup: Lookup;
  writes: Pace;
  /** The server may have these events from a run whose journal is lost: look before the first sending too. */
  lookFirst: boolean;
  /** Send again without a look what was sent and not answered. */
  resend: boolean;
  stop: StopSignal;
}

export class PublishRun {
  /** Events that were not on the server before this run. */
  sent = 0;
  /** Events of the chunks handled here that were. */
  found = 0;
  /** Chunks that were in doubt. */
  lookedUp = 0;

  constructor(private readonly options: RunOptions) {}

  /** Until the server has taken the chunk, or has it. @throws FiddlerError, PublishError */
  async send(rows: ChunkRows): Promise<void> {
    const { journal, stop, resend, lookFirst } = this.options;
    const { chunk, batch } = rows;
    let missing: EventBatch | null = null;
    let missingBefore: number | null = null;
    for (let lost = 0; ; ) {
      stop.check();
      const state = journal.stateOf(chunk.index);
      if (state.is === 'done' || state.is === 'accepted') break;
      const inDoubt = state.is === 'unknown' && !(resend && lost === 0);
      if (inDoubt || (missing === null && journal.isPartlyThere(chunk.index))) missing = await this.missingOf(rows);
      else if (state.is === 'new' && lookFirst) missing ??= await this.missingAtFirst(rows);
      missing ??= batch;
      missingBefore ??= missing.rows;
      if (missing.rows === 0) break;
      try {
        await this.sendOnce(chunk, missing);
        break;
      } catch (error) {
        if (!(error instanceof UnknownOutcome) || ++lost > MAX_LOST_ANSWERS) throw error;
      }
    }
    this.sent += missingBefore ?? 0;
    this.found += chunk.rows - (missingBefore ?? 0);
  }

  private async sendOnce(chunk: Chunk, batch: EventBatch): Promise<void> {
    const { plan, journal } = this.options;
    if (plan.mode === 'stream') return this.sendStream(chunk, batch);
    const state = journal.stateOf(chunk.index);
    const kept = state.is === 'uploaded' || state.is === 'unknown' ? state.file : null;
    if (kept !== null && kept.rows === batch.rows) {
      try {
        return await this.sendFile(chunk, kept.id);
      } catch (error) {
        // A server does not keep a file for ever.
        if (!(error instanceof NotFound) && !(error instanceof Rejected)) throw error;
      }
    }
    await this.sendFile(chunk, await this.upload(chunk, batch));
  }

  private async upload(chunk: Chunk, batch: EventBatch): Promise<string> {
    const { client, plan, journal, writes, stop } = this.options;
    const bytes = chunkParquet(plan.columns, batch);
    await writes.next();
    stop.check();
    const file = await client.files.upload({ bytes }, { filename: `events-${chunk.index + 1}.parquet` });
    await journal.note(chunk.index, { state: 'uploaded', file_id: file.id, rows: batch.rows });
    return file.id;
  }

  private async sendFile(chunk: Chunk, fileId: string): Promise<void> {
    const { client, journal } = this.options;
    const job = await this.whileNoted(chunk, () => client.events.publishFile({ ...this.target(), fileId }));
    await journal.note(chunk.index, { state: 'accepted', job_id: job.id });
  }

  private async sendStream(chunk: Chunk, batch: EventBatch): Promise<void> {
    const { client, plan, journal } = this.options;
    const events = streamRows(plan.columns, batch) as EventRow[];
    await this.whileNoted(chunk, () => client.events.publishRows({ ...this.target(), events }));
    await journal.note(chunk.index, { state: 'accepted', job_id: null });
  }

  /** A refusal means that nothing was done; of any other failure nobody knows. */
  private async whileNoted<T>(chunk: Chunk, post: () => Promise<T>): Promise<T> {
    const { journal, writes, stop } = this.options;
    await writes.next();
    stop.check();
    await journal.note(chunk.index, { state: 'sending' });
    try {
      return await post();
    } catch (error) {
      if (error instanceof FiddlerError && !(error instanceof UnknownOutcome)) {
        await journal.note(chunk.index, { state: 'refused' });
      }
      throw error;
    }
  }

  private target() {
    const { model, environment } = this.options;
    const envName = environment.type === 'PRE_PRODUCTION' ? environment.name : null;
    return { modelId: model.id, envType: environment.type, envName };
  }

  private async missingOf({ chunk, batch }: ChunkRows): Promise<EventBatch> {
    this.lookedUp++;
    const ids = batch.eventIds as readonly string[];
    return this.without({ chunk, batch }, await this.options.lookup.settled(chunk, ids));
  }

  private async missingAtFirst({ chunk, batch }: ChunkRows): Promise<EventBatch> {
    const { lookup, environment, model } = this.options;
    const found = await lookup.now(chunk, batch.eventIds as readonly string[]);
    if (environment.type === 'PRE_PRODUCTION' && chunk.index === 0 && (found?.size ?? 0) === 0) {
      throw new PublishError(
        'PUBLISH_BASELINE_EXISTS',
        `${environment.name}: model ${model.name} has a baseline of this name with other events`,
        { hint: 'Publishing would mix the two. Choose another --baseline name.' },
      );
    }
    return found === null ? batch : this.without({ chunk, batch }, found);
  }

  private async without({ chunk, batch }: ChunkRows, found: ReadonlySet<string>): Promise<EventBatch> {
    const { journal, plan } = this.options;
    await journal.note(chunk.index, { state: 'looked', found: found.size, of: batch.rows });
    if (found.size === 0) return batch;
    if (found.size === batch.rows) await journal.note(chunk.index, { state: 'done', rows: batch.rows });
    const missing = new Set((batch.eventIds as readonly string[]).filter((id) => !found.has(id)));
    const { schema } = plan.files[chunk.file] as PublishPlan['files'][number];
    return rowsWithIds(schema, batch, missing);
  }
}
