/**
 * Does the server have what it said that it took? The stored ids of every chunk that is done are read back: an answer
 * or a job that ends well counts rows that may not be stored, and only this shows it. Events take a while to become
 * visible, so missing ones are waited for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readChunks } from '../chunks/read-chunks.js';
import type { Chunk } from '../plan/plan.js';
import type { PublishContext } from './context.js';
import { rangeOf } from './gate.js';
import { type StoredIds, storedIds } from './stored-ids.js';

/** Chunks that are looked at together: their ids, and those that the server has in their time, are held at once. */
const ROWS_TOGETHER = 200_000;
const LONGEST_PAUSE_SECONDS = 15;

export interface Confirmation {
  /** False where the server does not let one read back: then nothing else here means anything. */
  told: boolean;
  /** Events that are stored. */
  found: number;
  /** Events of chunks that are done and are not all there. */
  missing: number;
  /** Ids that are stored more than once, the first of them. */
  repeated: number;
  repeatedIds: readonly string[];
  /** Chunks that miss events, with how many are there. */
  short: readonly { chunk: Chunk; found: number }[];
}

const IDS_SHOWN = 10_000;

export class Confirm {
  readonly #context: PublishContext;
  readonly #result = {
    told: true,
    found: 0,
    missing: 0,
    repeated: 0,
    repeatedIds: [] as string[],
    short: [] as { chunk: Chunk; found: number }[],
  };

  constructor(context: PublishContext) {
    this.#context = context;
  }

  /** Notes in the journal which chunks are whole. @throws FiddlerError, PublishError */
  async run(chunks: readonly Chunk[]): Promise<Confirmation> {
    for (const together of groupsOf(chunks, ROWS_TOGETHER)) {
      const ids = await this.#idsOf(together);
      const stored = await this.#look(together, ids);
      if (stored === null) return { ...this.#result, told: false };
      for (const chunk of together) await this.#settle(chunk, ids.get(chunk.index) ?? [], stored);
    }
    return this.#result;
  }

  async #idsOf(chunks: readonly Chunk[]): Promise<Map<number, readonly string[]>> {
    const wanted = new Set(chunks.map(({ index }) => index));
    const ids = new Map<number, readonly string[]>();
    for await (const { chunk, batch } of readChunks(this.#context.plan, ({ index }) => wanted.has(index))) {
      this.#context.stop.check();
      ids.set(chunk.index, batch.eventIds as readonly string[]);
    }
    return ids;
  }

  /** Until all are there, or the time is over in which they can become visible. */
  async #look(chunks: readonly Chunk[], ids: ReadonlyMap<number, readonly string[]>): Promise<StoredIds | null> {
    const { place, journal, reads, settleSeconds, lagSeconds, stop, onWait } = this.#context;
    const doneAt = Math.max(...chunks.map(({ index }) => journal.doneAt(index)));
    for (let looks = 0; ; looks++) {
      await reads.next();
      const stored = await storedIds(place, rangeOf(chunks));
      if (stored === null) return null;
      const whole = chunks.every(({ index }) => (ids.get(index) ?? []).every((id) => stored.ids.has(id)));
      if (whole || Date.now() - doneAt > lagSeconds * 1_000) return stored;
      onWait('the events to become visible on the server');
      await stop.race(sleep(Math.min(LONGEST_PAUSE_SECONDS, settleSeconds * 1.3 ** looks) * 1_000));
    }
  }

  async #settle(chunk: Chunk, ids: readonly string[], stored: StoredIds): Promise<void> {
    const found = ids.reduce((count, id) => count + (stored.ids.has(id) ? 1 : 0), 0);
    const repeated = ids.filter((id) => stored.repeated.has(id));
    const result = this.#result;
    result.found += found;
    result.missing += ids.length - found;
    result.repeated += repeated.length;
    if (result.repeatedIds.length < IDS_SHOWN) result.repeatedIds.push(...repeated.slice(0, IDS_SHOWN));
    if (found < ids.length) result.short.push({ chunk, found });
    // A chunk that is stored twice stays open: every later run tells it, until it is put right.
    else if (repeated.length === 0 && !this.#context.journal.isSeen(chunk.index)) {
      await this.#context.journal.note(chunk.index, { state: 'looked', found, of: ids.length });
    }
  }
}

/** @param most rows of a group */
export function* groupsOf(chunks: readonly Chunk[], most: number): Generator<Chunk[]> {
  let together: Chunk[] = [];
  let rows = 0;
  for (const chunk of chunks) {
    if (together.length > 0 && rows + chunk.rows > most) {
      yield together;
      together = [];
      rows = 0;
    }
    together.push(chunk);
    rows += chunk.rows;
  }
  if (together.length > 0) yield together;
}
