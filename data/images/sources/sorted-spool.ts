/**
 * Sorts more records than memory holds, in the order of their keys: runs of them are sorted in memory and written to
 * files without a name, then merged. Records of equal keys stay in the order in which they came.
 */
import { bytesOfText, concat } from '#platform';
import { type RandomAccessFile, UnnamedFile } from '../../../files/index.js';
import { compareKeys } from './listing.js';

/** Characters of records in memory; the records themselves take some times as much. */
const RUN_CHARACTERS = 2 ** 23;
/** Records that are given at once. */
const RECORDS_AT_ONCE = 1024;
const CHUNK_BYTES = 2 ** 16;
const LINE_FEED = 0x0a;
/** As `compareKeys` says: only with surrogates the order of UTF-16 is not that of the bytes. NUL ends a key where keys are sorted. */
const OTHER_ORDER = /[\0\ud800-\udfff]/;

/** A record is plain data, as JSON has it. Its first value is its key. */
export type SpooledRecord = readonly [key: string, ...values: unknown[]];

export class SortedSpool {
  count = 0;
  readonly #runCharacters: number;
  readonly #runs: RandomAccessFile[] = [];
  #keys: string[] = [];
  #lines: string[] = [];
  #characters = 0;

  #isPlain = true;

  constructor(runCharacters = RUN_CHARACTERS) {
    this.#runCharacters = runCharacters;
  }

  add(record: SpooledRecord): Promise<void> | void {
    const line = JSON.stringify(record);
    if (this.#isPlain && OTHER_ORDER.test(record[0])) this.#isPlain = false;
    this.#keys.push(record[0]);
    this.#lines.push(line);
    this.#characters += line.length;
    this.count++;
    if (this.#characters > this.#runCharacters) return this.#spill();
  }

  /** The records in order, some at a time; nothing is added any more. @param first number of the first one, from 0 */
  async *sorted(first = 0): AsyncGenerator<readonly SpooledRecord[], void, undefined> {
    let left = first;
    for await (const records of this.#all()) {
      if (left < records.length) yield left === 0 ? records : records.slice(left);
      left = Math.max(0, left - records.length);
    }
  }

  async *#all(): AsyncGenerator<readonly SpooledRecord[], void, undefined> {
    if (this.#runs.length > 0 && this.#lines.length > 0) await this.#spill();
    if (this.#runs.length > 0) {
      yield* merged(this.#runs, this.#compare);
      return;
    }
    const order = this.#order();
    for (let at = 0; at < order.length; at += RECORDS_AT_ONCE) {
      yield order.slice(at, at + RECORDS_AT_ONCE).map((index) => JSON.parse(this.#lines[index]!) as SpooledRecord);
    }
  }

  async close(): Promise<void> {
    for (const run of this.#runs.splice(0)) await run.close();
  }

  get #compare(): typeof compareKeys {
    return this.#isPlain ? compareCharacters : compareKeys;
  }

  #order(): number[] {
    if (this.#isPlain) return plainOrder(this.#keys);
    const keys = this.#keys;
    return keys.map((_, index) => index).sort((a, b) => compareKeys(keys[a]!, keys[b]!));
  }

  async #spill(): Promise<void> {
    const order = this.#order();
    const file = await UnnamedFile.create('sorted names');
    try {
      for (let at = 0; at < order.length; ) {
        let text = '';
        for (; at < order.length && text.length < CHUNK_BYTES; at++) text += `${this.#lines[order[at]!]!}\n`;
        await file.add(bytesOfText(text));
      }
      this.#runs.push(await file.finish(null));
    } catch (error) {
      await file.discard();
      throw error;
    }
    this.#keys = [];
    this.#lines = [];
    this.#characters = 0;
  }
}

/** Digits of a place; a run has far fewer than 2^24 records. */
const PLACE_DIGITS = 8;

/** V8 sorts texts by itself, several times as fast as with a function; so each key has its place behind it. */
function plainOrder(keys: readonly string[]): number[] {
  const placed = keys.map((key, index) => `${key}\0${String(index).padStart(PLACE_DIGITS, '0')}`);
  return placed.sort().map((text) => Number(text.slice(-PLACE_DIGITS)));
}

function compareCharacters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function* batchesOf(run: RandomAccessFile): AsyncGenerator<SpooledRecord[], void, undefined> {
  let rest: Uint8Array = new Uint8Array(0);
  for (let at = 0; at < run.size; at += CHUNK_BYTES) {
    const chunk = await run.read(at, Math.min(CHUNK_BYTES, run.size - at));
    const bytes = concat([rest, chunk]);
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
  compare: typeof compareKeys,
): AsyncGenerator<readonly SpooledRecord[], void, undefined> {
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
  let given: SpooledRecord[] = [];
  while (readers.length > 0) {
    const first = readers[0]!;
    if (given.push(first.batch[first.at++]!) === RECORDS_AT_ONCE) {
      yield given;
      given = [];
    }
    if (first.at === first.batch.length && !(await refill(first))) {
      readers.shift();
      continue;
    }
    sink(readers, isBefore);
  }
  if (given.length > 0) yield given;
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
