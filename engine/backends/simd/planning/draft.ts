/** A plan in the making: calls name buffers and tables, which are laid out when everything is known. */
import { roundUp } from '../../../../base/wasm/index.js';
import { EngineError } from '../../../contract/engine-error.js';
import type { CallShape } from '../abi.js';
import { ALIGNMENT, CLAMP_FLOATS, type Clamp, LANES, SLACK } from '../abi.js';
import type { SharedMemory } from '../kernel-memory.js';

/** Offsets in tables are signed, so a buffer ends before this. */
const MAX_BUFFER_BYTES = 2 ** 31;
/** A 32-bit memory ends here. */
const MAX_ARENA_BYTES = 2 ** 32;

/** A buffer somewhere in the arena. */
export class ArenaBuffer {
  readonly bytes: number;

  /** @throws EngineError `OUT_OF_MEMORY` for more bytes than any memory here has */
  constructor(bytes: number) {
    if (bytes >= MAX_BUFFER_BYTES) throw tooLarge('a layer', bytes, MAX_BUFFER_BYTES);
    this.bytes = bytes;
  }
}

/** A table somewhere in the memory that belongs to the plan. */
export class Table {
  readonly data: Int32Array | Float32Array;

  constructor(data: Int32Array | Float32Array) {
    this.data = data;
  }
}

/** A number, or the place of a buffer or table, `plus` bytes into it. */
export type Word = number | ArenaBuffer | Table | { buffer: ArenaBuffer; plus: number };

/** A value for each word of a call of this shape. */
export type Words<C extends CallShape> = Readonly<Record<C['words'][number], Word>>;

export interface KernelCall {
  /** The name of the exported function. */
  kernel: string;
  /** The graph node whose output this call computes, completely or in part. */
  node: string;
  /** The address of its parameters. */
  params: number;
  /** Pieces of work that may be computed in any order, by different threads. */
  units: number;
  /** From 0. Calls of one step do not depend on each other; a step needs all before it to have ended. */
  step: number;
}

interface DraftCall {
  kernel: string;
  node: string;
  step: number;
  words: readonly Word[];
  units: number;
}

export interface LaidOut {
  calls: readonly KernelCall[];
  offsetOf(buffer: ArenaBuffer): number;
  arenaBytes: number;
  /** The address of the block with tables and parameters. */
  address: number;
}

export class Draft {
  readonly #calls: DraftCall[] = [];
  readonly #shared = new Map<string, Table>();
  #step = -1;
  /** Some kernels leave a word there that is never read. */
  #scratchBytes = ALIGNMENT;

  /** The next calls may need all earlier calls to have ended. */
  nextStep(): void {
    this.#step++;
  }

  call<C extends CallShape>(shape: C, node: string, units: number, words: Words<C>): void {
    const ordered = shape.words.map((name: C['words'][number]) => words[name]);
    this.#calls.push({ kernel: shape.name, node, step: this.#step, words: ordered, units });
  }

  /**
   * Repeats all calls so far for the second image, the third, and so on. Each has its own copy of the buffers without
   * a number of bytes from one image to the next.
   */
  repeatForEach(images: number, bytesPerImage: ReadonlyMap<ArenaBuffer, number>): void {
    const calls = [...this.#calls];
    const steps = this.#step + 1;
    for (let image = 1; image < images; image++) {
      const own = new Map<ArenaBuffer, ArenaBuffer>();
      const place = (buffer: ArenaBuffer, plus: number): Word => {
        const bytes = bytesPerImage.get(buffer);
        if (bytes !== undefined) return { buffer, plus: plus + image * bytes };
        if (!own.has(buffer)) own.set(buffer, new ArenaBuffer(buffer.bytes));
        return { buffer: own.get(buffer)!, plus };
      };
      const moved = (word: Word): Word => {
        if (typeof word === 'number' || word instanceof Table) return word;
        return word instanceof ArenaBuffer ? place(word, 0) : place(word.buffer, word.plus);
      };
      for (const call of calls) {
        this.#calls.push({ ...call, step: call.step + image * steps, words: call.words.map(moved) });
      }
    }
    this.#step += (images - 1) * steps;
  }

  /** Notes that a call needs so many bytes of a thread's scratch. */
  needScratch(bytes: number): void {
    this.#scratchBytes = Math.max(this.#scratchBytes, bytes);
  }

  /** The scratch of the call that needs the most. */
  get scratchBytes(): number {
    return this.#scratchBytes;
  }

  get callCount(): number {
    return this.#calls.length;
  }

  /** A table that is made once, for all calls that ask for it. Equal keys must mean equal data. */
  table(key: string, make: () => Int32Array | Float32Array): Table {
    const table = this.#shared.get(key) ?? new Table(make());
    this.#shared.set(key, table);
    return table;
  }

  clamp([low, high]: Clamp): Table {
    const values = () => new Float32Array(CLAMP_FLOATS).fill(low).fill(high, CLAMP_FLOATS / 2);
    return this.table(`clamp ${low} ${high}`, values);
  }

  /**
   * Gives everything its place. `always`: buffers written before the first call or read after the last. @throws
   * EngineError `OUT_OF_MEMORY`
   */
  layOut(memory: SharedMemory, always: { written: readonly ArenaBuffer[]; read: readonly ArenaBuffer[] }): LaidOut {
    const lifetimes = this.#lifetimes();
    for (const buffer of always.written) extend(lifetimes, buffer, -1);
    for (const buffer of always.read) extend(lifetimes, buffer, this.#step + 1);
    const buffers = [...lifetimes.keys()];
    const arena = layOutArena(buffers.map((buffer) => ({ bytes: buffer.bytes, ...lifetimes.get(buffer)! })));
    if (arena.bytes >= MAX_ARENA_BYTES) throw tooLarge('the layers', arena.bytes, MAX_ARENA_BYTES);
    const offsets = new Map(buffers.map((buffer, i) => [buffer, arena.offsets[i]!]));

    const places = new Map<Table | DraftCall, number>();
    let bytes = 0;
    for (const item of [...this.#tables(), ...this.#calls]) {
      places.set(item, bytes);
      const length = item instanceof Table ? item.data.length : item.words.length;
      bytes += roundUp(4 * length, ALIGNMENT);
    }
    const address = memory.allocate(bytes + SLACK);
    const resolve = (word: Word): number => {
      if (typeof word === 'number') return word;
      if (word instanceof Table) return address + places.get(word)!;
      if (word instanceof ArenaBuffer) return offsets.get(word)!;
      return offsets.get(word.buffer)! + word.plus;
    };
    for (const [item, place] of places) write(memory.buffer, address + place, item, resolve);
    const calls = this.#calls.map(({ words: _, ...call }, i) => {
      return { ...call, params: address + places.get(this.#calls[i]!)! };
    });
    return { calls, offsetOf: (buffer) => offsets.get(buffer)!, arenaBytes: arena.bytes, address };
  }

  #lifetimes(): Map<ArenaBuffer, { first: number; last: number }> {
    const lifetimes = new Map<ArenaBuffer, { first: number; last: number }>();
    for (const { words, step } of this.#calls) {
      for (const word of words) {
        if (typeof word === 'number' || word instanceof Table) continue;
        extend(lifetimes, word instanceof ArenaBuffer ? word : word.buffer, step);
      }
    }
    return lifetimes;
  }

  #tables(): Set<Table> {
    return new Set(this.#calls.flatMap(({ words }) => words.filter((word) => word instanceof Table)));
  }
}

function tooLarge(what: string, bytes: number, limit: number): EngineError {
  const mib = (n: number): string => `${Math.ceil(n / 2 ** 20).toLocaleString('en')} MiB`;
  const message = `${what} would need ${mib(bytes)} for these images, ${mib(limit)} is the limit`;
  return new EngineError('OUT_OF_MEMORY', message);
}

function extend(lifetimes: Map<ArenaBuffer, { first: number; last: number }>, buffer: ArenaBuffer, step: number): void {
  const { first, last } = lifetimes.get(buffer) ?? { first: step, last: step };
  lifetimes.set(buffer, { first: Math.min(first, step), last: Math.max(last, step) });
}

export interface Lifetime {
  bytes: number;
  /** Steps, both included. */
  first: number;
  last: number;
}

export interface ArenaLayout {
  /** Where each buffer begins, in the order given. No buffer begins at offset 0. */
  offsets: readonly number[];
  bytes: number;
}

/** Places buffers, the largest first, each at the lowest offset where none lies that is in use at the same time. */
export function layOutArena(buffers: readonly Lifetime[]): ArenaLayout {
  const offsets = new Array<number>(buffers.length).fill(0);
  const placed: number[] = [];
  const largestFirst = buffers.map((_, i) => i).sort((a, b) => buffers[b]!.bytes - buffers[a]!.bytes || a - b);
  let bytes = ALIGNMENT;
  for (const i of largestFirst) {
    const taken = placed
      .filter((other) => buffers[other]!.first <= buffers[i]!.last && buffers[i]!.first <= buffers[other]!.last)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = ALIGNMENT;
    for (const other of taken) {
      if (offset + room(buffers[i]!) <= offsets[other]!) break;
      offset = Math.max(offset, offsets[other]! + room(buffers[other]!));
    }
    offsets[i] = offset;
    placed.push(i);
    bytes = Math.max(bytes, offset + room(buffers[i]!));
  }
  return { offsets, bytes };
}

/** The bytes of a buffer, with those that must be readable after it. */
function room({ bytes }: Lifetime): number {
  return roundUp(bytes + SLACK, ALIGNMENT);
}

type Resolve = (word: Word) => number;

function write(memory: ArrayBufferLike, address: number, item: Table | DraftCall, resolve: Resolve): void {
  const data = item instanceof Table ? item.data : Uint32Array.from(item.words, resolve);
  new Uint8Array(memory, address, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

export interface Value {
  buffer: ArenaBuffer;
  /** The number of images side by side in the buffer. The value may be only the first of them. */
  imagesInBuffer: number;
  /** `[channels, height, width]`. */
  map: readonly [number, number, number];
  /** Floats from one row to the next. */
  channelStride: number;
}

/** How to step through a buffer of rows, in bytes. */
export interface RowStrides {
  y: number;
  x: number;
  image: number;
}

export function makeValue(map: readonly [number, number, number], images: number): Value {
  const channelStride = roundUp(map[0], LANES);
  const buffer = new ArenaBuffer(map[1] * map[2] * images * channelStride * 4);
  return { buffer, imagesInBuffer: images, map, channelStride };
}

export function rowStrides({ map, channelStride, imagesInBuffer }: Value): RowStrides {
  const image = channelStride * 4;
  return { image, x: image * imagesInBuffer, y: image * imagesInBuffer * map[2] };
}

/** The number of floats of so many images. */
export function floatsOf({ map, channelStride }: Value, images: number): number {
  return map[1] * map[2] * images * channelStride;
}
