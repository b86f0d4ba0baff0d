/**
 * A file on a server that is read by offset, in blocks. Reads that follow each other are answered from blocks that are
 * on their way already, so that walking through a tar is not a request a header.
 */
import { publicUrl } from '../../../base/index.js';
import { checkRange, type Gate, type RandomAccess, readNew } from '../../index.js';
import type { Get, PersistOptions } from '../receive.js';
import { versionStamp } from '../request-file.js';
import { BLOCK_BYTES, type Block, type BlockStore, type FileVersion, receivePart } from './part.js';

/** A longer read is asked for as it is, and not kept. */
const DIRECT_BYTES = 2 ** 22;

interface Shared {
  get: Get;
  gate: Gate;
  blocks: BlockStore;
  options: PersistOptions;
}

interface Deferred {
  resolve(bytes: Uint8Array): void;
  reject(error: unknown): void;
}

let opened = 0;

export class RangedFile implements RandomAccess {
  readonly path: string;
  readonly size: number;
  readonly stamp: string | null;
  readonly #file: FileVersion;
  readonly #shared: Shared;
  readonly #strides = new Strides();
  readonly #closed = new AbortController();
  readonly #number = opened++;

  constructor(file: FileVersion, shared: Shared) {
    this.path = publicUrl(file.url);
    this.size = file.size;
    this.stamp = versionStamp(file.size, file.version);
    this.#file = file;
    this.#shared = shared;
  }

  /** Block 0, which came when the file was opened. */
  put(first: Uint8Array): void {
    this.#shared.blocks.set(this.#key(0), Promise.resolve(first));
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return readNew(this, offset, length);
  }

  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    checkRange(this, offset, bytes.byteLength);
    if (bytes.byteLength === 0) return;
    if (bytes.byteLength > DIRECT_BYTES) return this.#readDirectly(bytes, offset);
    const first = Math.floor(offset / BLOCK_BYTES);
    const last = Math.floor((offset + bytes.byteLength - 1) / BLOCK_BYTES);
    for (const [i, block] of this.#blocks(first, last).entries()) {
      const begin = (first + i) * BLOCK_BYTES;
      const from = Math.max(0, offset - begin);
      const part = (await block).subarray(from, offset + bytes.byteLength - begin);
      bytes.set(part, begin + from - offset);
    }
  }

  /** What is on its way is not waited for. */
  async close(): Promise<void> {
    this.#closed.abort();
  }

  async #readDirectly(bytes: Uint8Array, offset: number): Promise<void> {
    let at = 0;
    const take = (chunk: Uint8Array) => {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    };
    await this.#receive(offset, offset + bytes.byteLength, take);
  }

  /** The blocks from `first` to `last`; what is missing of them, and of those ahead, is asked for. */
  #blocks(first: number, last: number): Block[] {
    const end = Math.ceil(this.size / BLOCK_BYTES);
    const ahead = this.#strides.ahead(first, last);
    // Asked for before what is there has been used up, but not block by block.
    const isLow = ahead > 0 && !this.#has(Math.min(end - 1, last + Math.ceil(ahead / 2)));
    const until = isLow ? Math.min(end, last + 1 + ahead) : last + 1;
    for (let at = first; at < until; at++) {
      if (this.#has(at)) continue;
      let to = at + 1;
      while (to < until && !this.#has(to)) to++;
      this.#fetch(at, to);
    }
    return Array.from({ length: last - first + 1 }, (_, i) => this.#shared.blocks.get(this.#key(first + i))!);
  }

  #has(block: number): boolean {
    return this.#shared.blocks.has(this.#key(block));
  }

  #key(block: number): string {
    return `${this.#number} ${block}`;
  }

  /** Asks for blocks with one request. Each is there as soon as its bytes have come. */
  #fetch(from: number, to: number): void {
    const waiting: Deferred[] = [];
    for (let block = from; block < to; block++) {
      const bytes = new Promise<Uint8Array>((resolve, reject) => waiting.push({ resolve, reject }));
      this.#shared.blocks.set(this.#key(block), bytes);
    }
    const end = Math.min(this.size, to * BLOCK_BYTES);
    let left = end - from * BLOCK_BYTES;
    let block = new Uint8Array(Math.min(BLOCK_BYTES, left));
    let filled = 0;
    const take = (chunk: Uint8Array) => {
      for (let used = 0; used < chunk.byteLength; ) {
        const part = chunk.subarray(used, used + block.byteLength - filled);
        block.set(part, filled);
        filled += part.byteLength;
        used += part.byteLength;
        if (filled < block.byteLength) continue;
        left -= filled;
        waiting.shift()!.resolve(block);
        block = new Uint8Array(Math.min(BLOCK_BYTES, left));
        filled = 0;
      }
    };
    this.#receive(from * BLOCK_BYTES, end, take).catch((error: unknown) => {
      for (const { reject } of waiting) reject(error);
    });
  }

  #receive(from: number, to: number, take: (chunk: Uint8Array) => void): Promise<void> {
    const { get, gate, options } = this.#shared;
    const { signal } = this.#closed;
    return gate.pass(async () => {
      signal.throwIfAborted();
      await receivePart(get, this.#file, from, to, take, { ...options, signal });
    });
  }
}

// How far to read ahead: far where reads follow each other (headers of a tar, pages of a column), else not at all.

/** Blocks that may lie between two reads of one reader: what is skipped costs less than another request. */
const GAP = 4;
const MOST_AHEAD = 32;
/** Readers that are told apart: as many columns of a table as are usually read side by side. */
const READERS = 16;

interface Reader {
  next: number;
  ahead: number;
}

class Strides {
  #readers: Reader[] = [];

  /** @returns blocks to have beyond `last`, after a read from block `first` to block `last` */
  ahead(first: number, last: number): number {
    const known = this.#readers.find(({ next }) => first >= next - 1 && first <= next + GAP);
    const goesOn = known !== undefined && last >= known.next;
    const reader = known ?? { next: 0, ahead: 0 };
    if (goesOn) reader.ahead = Math.min(MOST_AHEAD, Math.max(2, 2 * reader.ahead));
    reader.next = Math.max(reader.next, last + 1);
    this.#readers = [reader, ...this.#readers.filter((one) => one !== reader)].slice(0, READERS);
    return reader.ahead;
  }
}
