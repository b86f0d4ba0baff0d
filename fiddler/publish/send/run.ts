/**
 * Sends one chunk, exactly once as far as the server lets one know. Each step is in the journal before the next one:
 * uploaded → sending → accepted → done. After `sending` without `accepted`, and after an answer that counts fewer
 * events than were sent, the server is looked at first.
 */
import type { EventBatch } from '../../../data/index.js';
import { FiddlerError, NotFound, Rejected, UnknownOutcome } from '../../client/index.js';
import { eventColumns, parquetOf, rowsOf } from '../chunks/encode.js';
import { type ChunkRows, rowsWithIds } from '../chunks/read-chunks.js';
import { type Chunk, goesAsFile, type PublishPlan } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import type { Gate } from './gate.js';
import { outcomeUnknown, storedForCertain, storedNow } from './lookup.js';
import type { RunContext } from './model-jobs.js';

/** Lost answers in a row for one chunk: a server this ill is better left alone for a while. */
const MAX_LOST_ANSWERS = 20;

export interface Pass extends RunContext {
  gate: Gate;
  /** Send again without a look what was sent and not answered. */
  resend: boolean;
  /** By chunk, over all passes of a run: events that were not on the server before. */
  sent: Map<number, number>;
}

export class ChunkSender {
  /** Chunks that were in doubt. */
  lookedUp = 0;

  /** When the server was last seen to have events that this run had not sent: of an earlier run, or of another one. */
  #foundAt: number | null = null;
  /** What the last answer counted, for chunks of which it counted fewer events than were sent. */
  readonly #acknowledged = new Map<number, number>();
  #lastWatched = 0;
  readonly #context: Pass;

  constructor(context: Pass) {
    this.#context = context;
  }

  /** Until the server has taken the chunk, or has it. @throws FiddlerError, PublishError */
  async send(rows: ChunkRows): Promise<void> {
    const { journal, stop, resend, gate } = this.#context;
    const { chunk, batch } = rows;
    let missing: EventBatch | null = null;
    let missingBefore: number | null = null;
    for (let lost = 0; ; ) {
      stop.check();
      const state = journal.stateOf(chunk.index);
      if (state.is === 'done' || state.is === 'accepted') break;
      const blindly = resend && lost === 0 && state.is === 'unknown';
      const inDoubt = state.is === 'unknown' && !blindly;
      if (inDoubt || (missing === null && journal.isPartlyThere(chunk.index))) {
        const sentAt = state.is === 'unknown' ? state.sentAt : gate.openedAt;
        missing = await this.#missingOf(rows, sentAt);
      } else if (gate.lookFirst && !blindly) missing ??= await this.#missingAtFirst(rows);
      else if (missing === null) await this.#watchStream(rows);
      missing ??= batch;
      missingBefore ??= missing.rows;
      if (missing.rows === 0) break;
      try {
        await this.#sendOnce(chunk, missing);
        break;
      } catch (error) {
        if (!(error instanceof UnknownOutcome) || ++lost > MAX_LOST_ANSWERS) throw error;
      }
    }
    const { sent } = this.#context;
    sent.set(chunk.index, Math.max(missingBefore ?? 0, sent.get(chunk.index) ?? 0));
  }

  async #sendOnce(chunk: Chunk, batch: EventBatch): Promise<void> {
    const { plan, journal } = this.#context;
    if (!goesAsFile(plan, chunk)) return this.#sendStream(chunk, batch);
    const state = journal.stateOf(chunk.index);
    const kept = state.is === 'uploaded' || state.is === 'unknown' ? state.file : null;
    // A file of a part of the chunk may be another part than the one that is missing now.
    if (kept !== null && kept.rows === chunk.rows && batch.rows === chunk.rows) {
      try {
        return await this.#sendFile(chunk, kept.id);
      } catch (error) {
        // A server does not keep a file for ever.
        if (!(error instanceof NotFound) && !(error instanceof Rejected)) throw error;
      }
    }
    await this.#sendFile(chunk, await this.#upload(chunk, batch));
  }

  async #upload(chunk: Chunk, batch: EventBatch): Promise<string> {
    const { client, plan, journal, writes, stop } = this.#context;
    const bytes = parquetOf(eventColumns(plan.columns, batch), batch.rows);
    await writes.next();
    stop.check();
    const file = await client.files.upload({ bytes }, { filename: `events-${chunk.index + 1}.parquet` });
    await journal.note(chunk.index, { state: 'uploaded', file_id: file.id, rows: batch.rows });
    return file.id;
  }

  #sendFile(chunk: Chunk, fileId: string): Promise<void> {
    const { client, journal, gate } = this.#context;
    return gate.pass(chunk.rows, async () => {
      const job = await this.#whileNoted(chunk, () => client.events.publishFile({ ...this.#target(), fileId }));
      await journal.note(chunk.index, { state: 'accepted', job_id: job.id });
      return job.id;
    });
  }

  async #sendStream(chunk: Chunk, batch: EventBatch): Promise<void> {
    const { client, plan, journal } = this.#context;
    const events = rowsOf(eventColumns(plan.columns, batch), batch.rows);
    const ids = await this.#whileNoted(chunk, () => client.events.publishRows({ ...this.#target(), events }));
    // A list with an id twice is as short as it has different ones.
    const acknowledged = new Set(ids).size;
    if (acknowledged !== events.length) throw this.#shortAnswer(chunk, batch, acknowledged);
    await journal.note(chunk.index, { state: 'accepted', job_id: null });
  }

  /** A refusal means that nothing was done; of any other failure nobody knows. */
  async #whileNoted<T>(chunk: Chunk, post: () => Promise<T>): Promise<T> {
    const { journal, writes, stop } = this.#context;
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

  #target() {
    const { model, environment } = this.#context;
    const envName = environment.type === 'PRE_PRODUCTION' ? environment.name : null;
    return { modelId: model.id, envType: environment.type, envName };
  }

  async #missingOf({ chunk, batch }: ChunkRows, sentAt: number): Promise<EventBatch> {
    this.lookedUp++;
    const doubt = { underWay: true, sentAt, acknowledged: this.#acknowledged.get(chunk.index) ?? null };
    const found = await storedForCertain(this.#context, chunk, batch.eventIds as readonly string[], doubt);
    if (found === null) throw outcomeUnknown(this.#context.model, chunk);
    return this.#without({ chunk, batch }, found);
  }

  /** The missing events of a chunk that this journal never sent, where the server may have it from another time. */
  async #missingAtFirst({ chunk, batch }: ChunkRows): Promise<EventBatch> {
    const { gate, environment, model, plan } = this.#context;
    const ids = batch.eventIds as readonly string[];
    let found = await storedNow(this.#context, chunk, ids);
    if ((found?.size ?? 0) > 0) this.#foundAt = Date.now();
    // Only its events say that a stream was sent before: where none is there, and none was, nothing says so.
    const mayFollow = plan.mode === 'files' || this.#foundAt !== null || gate.othersLately;
    if (found !== null && found.size < ids.length && mayFollow) {
      // The other run may be sending still: what it has sent lately cannot be seen yet.
      const sentAt = Math.max(gate.openedAt, this.#foundAt ?? 0);
      found = await storedForCertain(this.#context, chunk, ids, { underWay: false, sentAt, acknowledged: null });
    }
    if (environment.type === 'PRE_PRODUCTION' && (found?.size ?? 0) === 0) {
      const message = `${environment.name}: model ${model.name} has a baseline of this name with other events`;
      const hint = 'Publishing would mix the two. Choose another --baseline name.';
      throw new PublishError('PUBLISH_BASELINE_EXISTS', message, { hint });
    }
    return found === null ? batch : this.#without({ chunk, batch }, found);
  }

  /** The requests of a stream have no jobs: another run shows by the job of its first event, and by events of ours. */
  async #watchStream({ chunk, batch }: ChunkRows): Promise<void> {
    const { plan, model, settleSeconds, gate } = this.#context;
    if (goesAsFile(plan, chunk) || performance.now() - this.#lastWatched < settleSeconds * 1_000) return;
    this.#lastWatched = performance.now();
    await gate.watch();
    const found = await storedNow(this.#context, chunk, batch.eventIds as readonly string[]);
    if ((found?.size ?? 0) === 0) return;
    gate.lookFirst = true;
    const message = `model ${model.name} ${model.version}: the server has events of ours that this run has not sent: another run is publishing them`;
    const hint = 'Wait until it has ended, then run this again: it looks up what is there and sends the rest.';
    throw new PublishError('PUBLISH_OTHER_RUN', message, { exitCode: 5, hint });
  }

  #shortAnswer(chunk: Chunk, batch: EventBatch, acknowledged: number): UnknownOutcome {
    this.#acknowledged.set(chunk.index, acknowledged + chunk.rows - batch.rows);
    const counts = `${acknowledged.toLocaleString('en')} of ${batch.rows.toLocaleString('en')}`;
    return new UnknownOutcome('SHORT_ANSWER', `chunk ${chunk.index}: the server's answer lists ${counts} events`);
  }

  async #without({ chunk, batch }: ChunkRows, found: ReadonlySet<string>): Promise<EventBatch> {
    const { journal, plan } = this.#context;
    await journal.note(chunk.index, { state: 'looked', found: found.size, of: batch.rows });
    if (found.size === 0) return batch;
    if (found.size === batch.rows) await journal.note(chunk.index, { state: 'done', rows: batch.rows });
    const missing = new Set((batch.eventIds as readonly string[]).filter((id) => !found.has(id)));
    const { schema } = plan.files[chunk.file] as PublishPlan['files'][number];
    return rowsWithIds(schema, batch, missing);
  }
}
