/**
 * Finds event ids that come twice, within a file or across files, in bounded memory: up to a million in memory, then in
 * a scratch file by a part of the id; the parts are looked at one by one.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileError, makeScratchFolder, removeScratchFolder } from '../../../files/system/index.js';

/** 4 words of the id, its file, its row. */
const WORDS = 6;
const ID_WORDS = 4;
/** 24 MiB. */
const ROWS_IN_MEMORY = 2 ** 20;
/** At a billion events each part holds four million, 94 MiB. */
const PARTS = 256;
const HEX_ID = /^[0-9a-f]{32}$/;

export interface EventPlace {
  file: number;
  row: number;
}

export interface Duplicate {
  first: EventPlace;
  again: EventPlace;
}

export class DuplicateFinder {
  #records: Uint32Array<ArrayBuffer>;
  #count = 0;
  #scratch: FileHandle | null = null;
  /** Of each spill, where each of its parts begins in the scratch file, and where the last one ends. */
  readonly #spills: number[][] = [];
  #folder: string | null = null;

  constructor(private readonly rowsInMemory = ROWS_IN_MEMORY) {
    this.#records = new Uint32Array(Math.min(rowsInMemory, 4_096) * WORDS);
  }

  async add(id: string, file: number, row: number): Promise<void> {
    if (this.#count === this.rowsInMemory) await this.#spill();
    if (this.#count * WORDS === this.#records.length) this.#grow();
    const at = this.#count * WORDS;
    const bytes = bytesOf(id);
    for (let word = 0; word < ID_WORDS; word++) this.#records[at + word] = bytes.readUInt32LE(word * 4);
    this.#records[at + ID_WORDS] = file;
    this.#records[at + ID_WORDS + 1] = row;
    this.#count++;
  }

  /** At most `most` of them, in the order of the repeated one within a part; nothing may be added afterwards. */
  async find(most: number): Promise<Duplicate[]> {
    if (this.#scratch === null) return duplicatesAmong(this.#records.subarray(0, this.#count * WORDS), most);
    await this.#spill();
    const found: Duplicate[] = [];
    for (let part = 0; part < PARTS && found.length < most; part++) {
      const pieces = this.#spills.map((bounds) => [bounds[part]!, bounds[part + 1]!] as const);
      const bytes = new Uint8Array(pieces.reduce((sum, [from, to]) => sum + to - from, 0));
      let done = 0;
      for (let [from, to] of pieces) {
        while (from < to) {
          const { bytesRead } = await this.#scratch.read(bytes, done, to - from, from);
          if (bytesRead === 0) throw new Error('a scratch file became shorter');
          done += bytesRead;
          from += bytesRead;
        }
      }
      found.push(...duplicatesAmong(new Uint32Array(bytes.buffer), most - found.length));
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#scratch?.close();
    this.#scratch = null;
    if (this.#folder !== null) await removeScratchFolder(this.#folder);
    this.#folder = null;
  }

  /** Without a name once it is open, so that it is gone with the process, however it ends. */
  async #openScratch(): Promise<FileHandle> {
    this.#folder = makeScratchFolder('image-drift-ids-');
    const scratch = await open(join(this.#folder, 'ids'), 'wx+');
    this.#scratch = scratch;
    // Windows keeps a folder with open files in it: `close` removes it there.
    const removed = await removeScratchFolder(this.#folder).then(
      () => true,
      () => false,
    );
    if (removed) this.#folder = null;
    return scratch;
  }

  #grow(): void {
    const larger = new Uint32Array(Math.min(this.rowsInMemory * WORDS, this.#records.length * 2));
    larger.set(this.#records);
    this.#records = larger;
  }

  async #spill(): Promise<void> {
    const byPart: number[][] = Array.from({ length: PARTS }, () => []);
    for (let i = 0; i < this.#count; i++)
      (byPart[(this.#records[i * WORDS + 1] as number) % PARTS] as number[]).push(i);
    try {
      const scratch = this.#scratch ?? (await this.#openScratch());
      const bounds = [this.#spills.at(-1)?.[PARTS] ?? 0];
      for (const rows of byPart) {
        const words = new Uint32Array(rows.length * WORDS);
        for (const [to, from] of rows.entries()) {
          words.set(this.#records.subarray(from * WORDS, (from + 1) * WORDS), to * WORDS);
        }
        await scratch.appendFile(new Uint8Array(words.buffer));
        bounds.push(bounds.at(-1)! + words.byteLength);
      }
      this.#spills.push(bounds);
    } catch (error) {
      throw fileError(tmpdir(), error);
    }
    this.#count = 0;
  }
}

/** An open-addressed table of record numbers; the ids are uniform, so a word of theirs is the hash. */
function duplicatesAmong(records: Uint32Array, most: number): Duplicate[] {
  const count = records.length / WORDS;
  const slots = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * count)));
  const table = new Int32Array(slots).fill(-1);
  const found: Duplicate[] = [];
  for (let i = 0; i < count && found.length < most; i++) {
    let slot = (records[i * WORDS] as number) & (slots - 1);
    while ((table[slot] as number) >= 0 && !sameId(records, table[slot] as number, i)) slot = (slot + 1) & (slots - 1);
    const first = table[slot] as number;
    if (first < 0) table[slot] = i;
    else found.push({ first: placeOf(records, first), again: placeOf(records, i) });
  }
  return found;
}

function sameId(records: Uint32Array, a: number, b: number): boolean {
  for (let word = 0; word < ID_WORDS; word++) {
    if (records[a * WORDS + word] !== records[b * WORDS + word]) return false;
  }
  return true;
}

function placeOf(records: Uint32Array, record: number): EventPlace {
  const at = record * WORDS + ID_WORDS;
  return { file: records[at] as number, row: records[at + 1] as number };
}

const EMPTY = Number.NaN;

/** Times of events by id, 40 bytes each, by 64-bit hashes: two of a million ids share one with probability 3 in 10⁸. */
export class EventTimes {
  readonly #hashes: Uint32Array;
  readonly #times: Float64Array;
  readonly #slots: number;

  constructor(capacity: number) {
    this.#slots = 2 ** Math.ceil(Math.log2(Math.max(2, 2 * capacity)));
    this.#hashes = new Uint32Array(2 * this.#slots);
    this.#times = new Float64Array(this.#slots).fill(EMPTY);
  }

  /** @param time ms since 1970 */
  add(id: string, time: number): void {
    const [low, high] = hashOf(id);
    const slot = this.#find(low, high);
    this.#hashes[2 * slot] = low;
    this.#hashes[2 * slot + 1] = high;
    this.#times[slot] = time;
  }

  /** Null for an event that was not added. */
  get(id: string): number | null {
    const time = this.#times[this.#find(...hashOf(id))] as number;
    return Number.isNaN(time) ? null : time;
  }

  /** The slot of the hash, or the empty one where it belongs. */
  #find(low: number, high: number): number {
    const isOther = (at: number) => this.#hashes[2 * at] !== low || this.#hashes[2 * at + 1] !== high;
    let slot = low & (this.#slots - 1);
    while (!Number.isNaN(this.#times[slot]) && isOther(slot)) slot = (slot + 1) & (this.#slots - 1);
    return slot;
  }
}

function hashOf(id: string): [low: number, high: number] {
  const bytes = bytesOf(id);
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
}

/** 16 bytes at least: of an id of ours all that it has, of another its hash. */
function bytesOf(id: string): Buffer {
  return HEX_ID.test(id) ? Buffer.from(id, 'hex') : createHash('sha256').update(id, 'utf8').digest();
}
