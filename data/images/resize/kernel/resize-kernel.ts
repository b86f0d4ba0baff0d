/** A resize's passes by the WebAssembly kernel (`assembly/resize.ts`), compiled once, when first asked for. */
import { reserve, roundUp, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import type { Pass, Raster, Taps } from '../taps.js';

type Mix = (
  source: number,
  sourceRow: number,
  target: number,
  targetRow: number,
  extent: number,
  positions: number,
  pairs: number,
  firsts: number,
  weights: number,
) => void;

interface KernelExports {
  memory: WasmMemory;
  mixColumns: Mix;
  /** The same of gray images. `extent`: rows; `pairs`: a multiple of `GRAY_PAIRS` */
  mixGrayColumns: Mix;
  /** `extent`: bytes of a row */
  mixRows: Mix;
}

/** The source is copied into the kernel's memory in parts of about so many bytes, or what one position reads. */
const PART_BYTES = 2 ** 20;
/** The kernel reads and writes up to so many bytes more than a row has. */
const LANES = 16;
/** Pairs of positions that a pass over the columns of a gray image takes at once. */
const GRAY_PAIRS = 4;
/** More is resized in parts. */
const MOST_BYTES = 2 ** 29;
/** A memory cannot shrink. One that has grown beyond this is given up after use. */
const KEPT_BYTES = 2 ** 25;

const FILE = 'dist/data/images/resize/resize.wasm';
const shared = new SharedKernel<KernelExports, ResizeKernel>(FILE, (exports) => new ResizeKernel(exports));

/**
 * Null where more than `most` bytes of memory would be needed; `passes`: one or two, of different axes.
 * @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY`
 */
export function kernelPasses(raster: Raster, passes: readonly Pass[], most = MOST_BYTES): Raster | null {
  const kernel = shared.need();
  const result = kernel.run(raster, passes, most);
  if (kernel.bytes > KEPT_BYTES) shared.letGo();
  return result;
}

/** An image in the kernel's memory: its rows begin `row` bytes apart. */
interface Laid extends Omit<Raster, 'data'> {
  at: number;
  row: number;
}

interface Step {
  axis: Pass['axis'];
  taps: PackedTaps;
  firsts: number;
  words: number;
  target: Laid;
}

class ResizeKernel {
  readonly #base: number;

  readonly #exports: KernelExports;

  constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#base = exports.memory.buffer.byteLength;
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Null if more memory would be needed than it may have. */
  run(image: Raster, passes: readonly Pass[], most: number): Raster | null {
    const { steps, end } = this.#layOut(image, passes);
    const [first, second] = steps;
    const room = partBytes(first!, image) + image.width * image.channels + 2 * LANES;
    if (end + room > most) return null;
    reserve(this.#exports.memory, end + room);
    for (const step of steps) this.#writeTables(step);
    if (first!.axis === 'columns') this.#columnsOf(image, first!, end);
    else this.#rowsOf(image, first!, end);
    if (second !== undefined) this.#mix(second, first!.target);
    return this.#read((second ?? first!).target);
  }

  /** Tables and results, one after the other; each result has room behind it for what the kernel reads too much. */
  #layOut(image: Raster, passes: readonly Pass[]): { steps: Step[]; end: number } {
    let end = this.#base;
    const { channels } = image;
    let { height, width } = image;
    const steps = passes.map(({ axis, taps }): Step => {
      const packed =
        axis === 'columns' ? packTaps(taps, width, channels === 1 ? GRAY_PAIRS : 1) : packTaps(taps, height);
      if (axis === 'columns') width = packed.positions;
      else height = packed.positions;
      const firsts = end;
      const words = firsts + roundUp(packed.firsts.byteLength, LANES);
      const at = words + roundUp(packed.words.byteLength, LANES);
      const target = { at, row: roundUp(width * channels + 1, LANES), height, width, channels };
      end = at + (height + 1) * target.row + LANES;
      return { axis, taps: packed, firsts, words, target };
    });
    return { steps, end: roundUp(end, LANES) };
  }

  #writeTables({ axis, taps, firsts, words, target }: Step): void {
    const { buffer } = this.#exports.memory;
    const unit = axis === 'columns' ? target.channels : 1;
    new Int32Array(buffer, firsts, taps.firsts.length).set(taps.firsts.map((first) => first * unit));
    new Int32Array(buffer, words, taps.words.length).set(taps.words);
  }

  #columnsOf({ height, width, channels, data }: Raster, step: Step, part: number): void {
    const row = width * channels;
    const most = Math.max(1, Math.floor(PART_BYTES / row));
    const { target } = step;
    for (let y = 0; y < height; y += most) {
      const rows = Math.min(most, height - y);
      this.#write(part, data.subarray(y * row, (y + rows) * row));
      const rest = { ...target, at: target.at + y * target.row };
      this.#mix({ ...step, target: rest }, { at: part, row, height: rows, width, channels });
    }
  }

  #rowsOf({ height, width, channels, data }: Raster, step: Step, part: number): void {
    const row = width * channels;
    const { taps, target } = step;
    const reach = 2 * taps.pairs;
    const most = partBytes(step, { height, width, channels }) / row;
    for (let from = 0, to = 0; from < taps.positions; from = to) {
      const top = taps.firsts[from]!;
      while (to < taps.positions && taps.firsts[to]! + reach - top <= Math.max(most, reach)) to++;
      const bottom = Math.min(height, taps.firsts[to - 1]! + reach);
      this.#write(part, data.subarray(top * row, bottom * row));
      const some: Step = {
        ...step,
        taps: { ...taps, positions: to - from },
        firsts: step.firsts + from * 4,
        words: step.words + from * taps.pairs * 8,
        target: { ...target, at: target.at + from * target.row },
      };
      // Tables have rows of the whole image, of which the part begins at `top`.
      this.#mix(some, { at: part - top * row, row, height, width, channels });
    }
  }

  #mix({ axis, taps, firsts, words, target }: Step, source: Laid): void {
    const { mixColumns, mixGrayColumns, mixRows } = this.#exports;
    const { channels } = source;
    const mix = axis === 'rows' ? mixRows : channels === 1 ? mixGrayColumns : mixColumns;
    const extent = axis === 'rows' ? source.width * channels : source.height;
    mix(source.at, source.row, target.at, target.row, extent, taps.positions, taps.pairs, firsts, words);
  }

  #write(at: number, bytes: Uint8Array): void {
    new Uint8Array(this.#exports.memory.buffer, at).set(bytes);
  }

  #read({ at, row, height, width, channels }: Laid): Raster {
    const memory = new Uint8Array(this.#exports.memory.buffer);
    const bytes = width * channels;
    const data = new Uint8Array(height * bytes);
    for (let y = 0; y < height; y++) data.set(memory.subarray(at + y * row, at + y * row + bytes), y * bytes);
    return { height, width, channels, data };
  }
}

function partBytes(
  { axis, taps }: Pick<Step, 'axis' | 'taps'>,
  { height, width, channels }: Omit<Raster, 'data'>,
): number {
  const row = width * channels;
  const needed = axis === 'columns' ? row : 2 * taps.pairs * row;
  return Math.min(height * row, Math.max(PART_BYTES, needed));
}

/** Bits of the lower half of a weight, as in the kernel. */
const LOWER_BITS = 12;
const LOWER_MASK = 2 ** LOWER_BITS - 1;
/** 32-bit words of a pair: both upper halves, both lower halves. */
const WORDS = 2;

/** Taps as the kernel reads them: in pairs, with weights in two halves. */
interface PackedTaps {
  positions: number;
  /** Pairs of input positions that every position reads. */
  pairs: number;
  firsts: Int32Array;
  /** `[positions, pairs, 2]` */
  words: Int32Array;
}

/** By the settings; taps are shared between images of one size. */
const packed = new WeakMap<Taps, Map<string, PackedTaps>>();

/**
 * The result is shared: nobody may change it.
 * @param together a position gets a multiple of so many pairs, of which the last may have no weight
 * @param size of the input. Where it is below `2 · pairs`, a position reads beyond it, but only without weight.
 */
function packTaps(taps: Taps, size: number, together = 1): PackedTaps {
  const known = packed.get(taps) ?? new Map<string, PackedTaps>();
  packed.set(taps, known);
  const key = `${size} ${together}`;
  const found = known.get(key) ?? pack(taps, size, together);
  known.set(key, found);
  return found;
}

function pack({ first, count, weights, stride }: Taps, size: number, together: number): PackedTaps {
  const positions = first.length;
  const pairs = Math.ceil(Math.max(...count) / (2 * together)) * together;
  const firsts = new Int32Array(positions);
  const words = new Int32Array(positions * pairs * WORDS);
  for (let position = 0; position < positions; position++) {
    const start = Math.max(0, Math.min(first[position]!, size - 2 * pairs));
    firsts[position] = start;
    const skipped = first[position]! - start;
    for (let tap = 0; tap < count[position]!; tap++) {
      const weight = weights[position * stride + tap]!;
      const at = skipped + tap;
      const word = (position * pairs + (at >> 1)) * WORDS;
      const shift = (at & 1) * 16;
      words[word]! |= ((weight >> LOWER_BITS) & 0xffff) << shift;
      words[word + 1]! |= (weight & LOWER_MASK) << shift;
    }
  }
  return { positions, pairs, firsts, words };
}
