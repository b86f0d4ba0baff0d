/** Labels that arrive after their events, and other changeable columns, by event id. Sending twice changes nothing. */
import type { EventBatch } from '../../../data/index.js';
import { type FiddlerClient, isJobFailure, NotFound } from '../../client/index.js';
import { parquetOf, rowsOf, updatedColumns } from '../chunks/encode.js';
import { type ChunkRows, readChunks, rowsWithIds } from '../chunks/read-chunks.js';
import type { PublishOptions } from '../options/index.js';
import type { SentColumns } from '../plan/columns.js';
import { PublishError } from '../publish-error.js';
import { doneRowsOf, isDone, type PublishContext } from './context.js';
import { defaultJournal, withContext } from './publish-events.js';
import { type StoredIds, storedIds } from './stored-ids.js';

export interface Updated {
  rows: number;
  /** Events that this run sent: those with a label, or without labels those with metadata. */
  sent: number;
  /** How many of the events that this run sent the server does not have; null where it does not tell. */
  unknown: number | null;
  journal: string;
}

/** @throws PublishError `UPDATE_NO_IDS`, `UPDATE_NOTHING`, `UPDATE_INCOMPLETE`, and as `publishEvents` */
export function updateEvents(client: FiddlerClient, options: PublishOptions): Promise<Updated> {
  const { model } = options;
  const journal = options.journal ?? defaultJournal(options.files, { type: 'PRE_PRODUCTION', name: 'update' });
  return withContext(client, { ...options, journal, update: true }, async (context) => {
    const { plan, stop, onProgress } = context;
    const { eventId, target, metadata } = plan.columns;
    if (eventId === null) {
      throw new PublishError('UPDATE_NO_IDS', `model ${model.name} has no column of event ids (event_id_col)`);
    }
    if (target === null && metadata.length === 0) {
      const reason = 'no labels for a target of the model, and no columns for its metadata';
      throw new PublishError('UPDATE_NOTHING', `the events have ${reason}`);
    }
    const updating = new Updating(context, { ...plan.columns, eventId });
    let rows = doneRowsOf(context);
    for await (const next of readChunks(plan, (chunk) => !isDone(context, chunk))) {
      stop.check();
      await updating.send(next);
      rows += next.chunk.rows;
      onProgress?.({ stage: 'publishing', rows, total: plan.rows });
    }
    const { sent, unknown } = updating;
    return { rows: plan.rows, sent, unknown, journal: context.journal.path };
  });
}

type UpdatedColumns = SentColumns & { eventId: string };

class Updating {
  sent = 0;
  unknown: number | null = 0;
  /** All ids of the model, once they were asked for. */
  #all: StoredIds | null = null;
  readonly #context: PublishContext;
  readonly #columns: UpdatedColumns;
  readonly #place: { modelId: string; envType: 'PRODUCTION'; envName: null };

  constructor(context: PublishContext, columns: UpdatedColumns) {
    this.#context = context;
    this.#columns = columns;
    this.#place = { modelId: context.model.id, envType: 'PRODUCTION', envName: null };
  }

  async send({ chunk, batch }: ChunkRows): Promise<void> {
    const changed = changedRows(batch, this.#columns);
    if (changed.rows > 0) {
      const unknown = await this.#countUnknown({ chunk, batch: changed });
      const known = unknown === null ? 0 : changed.rows - unknown;
      if (this.#context.mode === 'stream') await this.#sendRows(changed, known);
      else await this.#sendFile({ chunk, batch: changed });
      this.sent += changed.rows;
    }
    await this.#context.journal.note(chunk.index, { state: 'done', rows: chunk.rows });
  }

  /** @param known events of the batch that the server has, at least */
  async #sendRows(batch: EventBatch, known: number): Promise<void> {
    // A missing value would take away what is there.
    const events = rowsOf(updatedColumns(this.#columns, batch), batch.rows).map((event) =>
      Object.fromEntries(Object.entries(event).filter(([, value]) => value !== null)),
    );
    await this.#context.writes.next();
    const changed = new Set(await this.#context.client.events.updateRows({ ...this.#place, events })).size;
    if (changed < known) throw notAll(changed, known);
  }

  /** After a crash an accepted job is waited for; what was not accepted is sent again. */
  async #sendFile({ chunk, batch }: ChunkRows): Promise<void> {
    const { client, journal, writes, timeoutSeconds } = this.#context;
    const wait = { timeoutSeconds };
    const state = journal.stateOf(chunk.index);
    if (state.is === 'accepted' && state.jobId !== null) {
      try {
        await client.jobs.wait(state.jobId, wait);
        return;
      } catch (error) {
        if (!(error instanceof NotFound || isJobFailure(error))) throw error;
      }
    }
    await writes.next();
    // A missing value would take away what is there.
    const isWhole = (value: (row: number) => unknown) => batch.eventIds.every((_, row) => value(row) !== null);
    const whole = updatedColumns(this.#columns, batch).filter(({ value }) => isWhole(value));
    const bytes = parquetOf(whole, batch.rows);
    const file = await client.files.upload({ bytes }, { filename: `update-${chunk.index + 1}.parquet` });
    await writes.next();
    const job = await client.events.updateFile({ ...this.#place, fileId: file.id });
    await journal.note(chunk.index, { state: 'accepted', job_id: job.id });
    await client.jobs.wait(job.id, wait);
  }

  /** How many of this batch the server does not have; null if it does not tell. */
  async #countUnknown({ chunk, batch }: ChunkRows): Promise<number | null> {
    const { reads } = this.#context;
    const place = { ...this.#context.place, environment: { type: 'PRODUCTION' as const } };
    await reads.next();
    // Labels need not have times: then all of the model's ids are asked for, once.
    if (chunk.times === null) this.#all ??= await storedIds(place, null);
    const stored = chunk.times === null ? this.#all : await storedIds(place, chunk.times);
    const ids = batch.eventIds as readonly string[];
    const unknown = stored && ids.reduce((count, id) => count + (stored.ids.has(id) ? 0 : 1), 0);
    this.unknown = unknown === null || this.unknown === null ? null : this.unknown + unknown;
    return unknown;
  }
}

function notAll(changed: number, known: number): PublishError {
  const counts = `${changed.toLocaleString('en')} of ${known.toLocaleString('en')} events`;
  const hint = 'Run the same command again: to send the same twice changes nothing.';
  return new PublishError('UPDATE_INCOMPLETE', `the server says that it has changed ${counts}`, { exitCode: 5, hint });
}

/** The rows with a label; without labels, those with a value of the metadata. */
function changedRows(batch: EventBatch, { target, metadata }: UpdatedColumns): EventBatch {
  const carried = metadata.map(({ name }) => batch.carried?.get(name) ?? []);
  const changes = (row: number) =>
    target === null ? carried.some((values) => (values[row] ?? null) !== null) : (batch.targets[row] ?? null) !== null;
  const ids = (batch.eventIds as readonly string[]).filter((_, row) => changes(row));
  const dimensions = batch.embeddings.length / batch.rows;
  // Embeddings and scores are not sent.
  const kept = metadata.map(({ name }) => ({ name, type: 'other' as const }));
  return rowsWithIds({ dimensions, classes: [], statistics: [], carried: kept }, batch, new Set(ids));
}
