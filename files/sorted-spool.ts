/**
 * Sorts more records than memory holds: runs of them are sorted in memory and written to files without a name, then merged.
 * Records of equal keys stay in the order in which they came.
 */
import type { RandomAccessFile } from './random-access-file.js';
import { UnnamedFile } from './unnamed-file.js';

/** Characters of records in memory; the records themselves take some times as much. */
const RUN_CHARACTERS = 2 ** 24;
const CHUNK_BYTES = 2 ** 18;
const LINE_FEED = 0x0a;

/** A record is plain data, as JSON has it. Its first value is its key. */
export type SpooledRecord = readonly [key: string, ...values: unknown[]];

interface Held {
  key: string;
  line: string;
}

export class SortedSpool {
  count = 0;
  readonly #compare: (a: string, b: string) => number;
  readonly #runCharacters: number;
  readonly #runs: RandomAccessFile[] = [];
  #held: Held[] = [];
  #characters = 0;

  constructor(compare: (a: string, b: string) => number, runCharacters = RUN_CHARACTERS) {
    this.#compare = compare;
    this.#runCharacters = runCharacters;
  }

  add(record: SpooledRecord): Promise<void> | void {
    const line = JSON.stringify(record);
    this.#held.push({ key: record[0], line });
    this.#characters += line.length;
    this.count++;
    if (this.#characters > this.#runCharacters) return this.#spill();
  }

  /** All records in order, at each call. Nothing is added any more. */
  async *sorted(): AsyncGenerator<SpooledRecord, void, undefined> {
    if (this.#runs.length > 0 && this.#held.length > 0) await this.#spill();
    if (this.#runs.length > 0) {
      yield* merged(this.#runs, this.#compare);
      return;
    }
    this.#sort();
    for (const { line } of this.#held) yield JSON.parse(line) as SpooledRecord;
  }

  async close(): Promise<void> {
    for (const run of this.#runs.splice(0)) await run.close();
  }

  #sort(): void {
    this.#held.sort((a, b) => this.#compare(a.key, b.key));
  }

  /** @throws FileError */
  async #spill(): Promise<void> {
    this.#sort();
    const file = await UnnamedFile.create('sorted names');
    try {
      for (let at = 0; at < this.#held.length; ) {
        let text = '';
        for (; at < this.#held.length && text.length < CHUNK_BYTES; at++) text += `${this.#held[at]!.line}\n`;
        await file.add(Buffer.from(text));
      }
      this.#runs.push(await file.finish(null));
    } catch (error) {
      await file.discard();
      throw error;
    }
    this.#held = [];
    this.#characters = 0;
  }
}

/** The records of a run, some at a time. */
async function* batchesOf(run: RandomAccessFile): AsyncGenerator<SpooledRecord[], void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < run.size; at += CHUNK_BYTES) {
    const chunk = await run.read(at, Math.min(CHUNK_BYTES, run.size - at));
    const bytes = Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    if (end > 0) yield JSON.parse(`[${bytes.toString('utf8', 0, end - 1).replaceAll('\n', ',')}]`) as SpooledRecord[];
  }
}

interface Reader {
  /** Decides between equal keys. */
  number: number;
  batches: AsyncGenerator<SpooledRecord[], void, undefined>;
  batch: SpooledRecord[];
  at: number;
}

async function* merged(
  runs: readonly RandomAccessFile[],
  compare: (a: string, b: string) => number,
): AsyncGenerator<SpooledRecord, void, undefined> {
  const readers: Reader[] = [];
  for (const [number, run] of runs.entries()) {
    const reader: Reader = { number, batches: batchesOf(run), batch: [], at: 0 };
    if (await refill(reader)) readers.push(reader);
  }
  const isBefore = (a: Reader, b: Reader) => {
    const order = compare(a.batch[a.at]![0], b.batch[b.at]![0]);
    return order < 0 || (order === 0 && a.number < b.number);
  };
  readers.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  while (readers.length > 0) {
    const first = readers[0]!;
    yield first.batch[first.at++]!;
    if (first.at === first.batch.length && !(await refill(first))) {
      readers.shift();
      continue;
    }
    sink(readers, isBefore);
  }
}

async function refill(reader: Reader): Promise<boolean> {
  const { done, value } = await reader.batches.next();
  if (done) return false;
  reader.batch = value;
  reader.at = 0;
  return true;
}

/** Puts the first one where it belongs among the others, which are in order. */
function sink(readers: Reader[], isBefore: (a: Reader, b: Reader) => boolean): void {
  const first = readers[0]!;
  let [low, high] = [1, readers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(readers[middle]!, first)) low = middle + 1;
    else high = middle;
  }
  if (low === 1) return;
  readers.copyWithin(0, 1, low);
  readers[low - 1] = first;
}
