/** Filters side by side, `[k][16]`, most of packing's time: a WebAssembly kernel if a filter is contiguous. */
import { PAGE, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import { LANES } from '../abi.js';

/** Numbers of up to 16 filters. Places count floats. */
export interface SomeFilters {
  data: Float32Array;
  /** The first number of the first filter. */
  from: number;
  /** From one filter to the next, and from one number to the next. */
  filter: number;
  step: number;
  /** Filters; the other lanes are zero. */
  lanes: number;
  /** Numbers of each filter. */
  k: number;
}

/** Writes `[k][16]` from `to` on. */
export function interleave(filters: SomeFilters, into: Float32Array, to: number): void {
  const kernel = filters.step === 1 ? shared.get() : null;
  if (kernel === null) interleaveInLoops(filters, into, to);
  else kernel.interleave(filters, into, to);
}

/** Numbers of each filter that the kernel takes at a time: with their copies, less than an L2 cache. */
const MOST = 3072;
/** Floats that the kernel may read behind a row, and rows that it may write behind the last. */
const BEHIND = LANES;

interface Exports {
  memory: WasmMemory;
  interleave(rows: number, k: number, to: number): void;
}

class InterleaveKernel {
  readonly #exports: Exports;
  readonly #rows: Float32Array;
  readonly #columns: Float32Array;

  constructor(exports: Exports) {
    const { memory } = exports;
    this.#exports = exports;
    const rows = memory.buffer.byteLength;
    // Both lie at multiples of 64: V8 copies bytes one by one to a shared memory if they do not lie at those of 8.
    const columns = rows + 4 * (LANES * MOST + BEHIND);
    const floats = LANES * (MOST + BEHIND);
    memory.grow(Math.ceil((columns + 4 * floats - rows) / PAGE));
    this.#rows = new Float32Array(memory.buffer, rows, LANES * MOST);
    this.#columns = new Float32Array(memory.buffer, columns, LANES * MOST);
  }

  interleave(filters: SomeFilters, into: Float32Array, to: number): void {
    for (let first = 0; first < filters.k; first += MOST) {
      const k = Math.min(MOST, filters.k - first);
      this.#copy({ ...filters, from: filters.from + first, k });
      this.#exports.interleave(this.#rows.byteOffset, k, this.#columns.byteOffset);
      into.set(this.#columns.subarray(0, LANES * k), to + LANES * first);
    }
  }

  #copy({ data, from, filter, lanes, k }: SomeFilters): void {
    if (filter === k) this.#rows.set(data.subarray(from, from + lanes * k));
    else {
      for (let lane = 0; lane < lanes; lane++) {
        const start = from + lane * filter;
        this.#rows.set(data.subarray(start, start + k), lane * k);
      }
    }
    this.#rows.fill(0, lanes * k, LANES * k);
  }
}

const FILE = 'dist/engine/backends/simd/packing/interleave.wasm';
const shared = new SharedKernel<Exports, InterleaveKernel>(FILE, (exports) => new InterleaveKernel(exports));

/** Squares stay in the L1 cache: filters whose lengths are powers of two share its sets. */
const SQUARE = 8;

/** The same without the kernel. It is written out line by line for V8. */
export function interleaveInLoops(filters: SomeFilters, into: Float32Array, to: number): void {
  const { data, from: start, filter, step, lanes, k } = filters;
  if (lanes < LANES) into.fill(0, to, to + k * LANES);
  let c = 0;
  for (; c + SQUARE <= k; c += SQUARE) {
    for (let lane = 0; lane < lanes; lane++) {
      const from = start + lane * filter + c * step;
      const at = to + c * LANES + lane;
      into[at] = data[from]!;
      into[at + LANES] = data[from + step]!;
      into[at + 2 * LANES] = data[from + 2 * step]!;
      into[at + 3 * LANES] = data[from + 3 * step]!;
      into[at + 4 * LANES] = data[from + 4 * step]!;
      into[at + 5 * LANES] = data[from + 5 * step]!;
      into[at + 6 * LANES] = data[from + 6 * step]!;
      into[at + 7 * LANES] = data[from + 7 * step]!;
    }
  }
  for (; c < k; c++) {
    for (let lane = 0; lane < lanes; lane++) into[to + c * LANES + lane] = data[start + lane * filter + c * step]!;
  }
}
