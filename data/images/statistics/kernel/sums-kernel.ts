/**
 * The sums of `../image-sums.ts` by the WebAssembly kernel (`assembly/sums.ts`), which is read from beside this code
 * and compiled once, when first asked for.
 */
import { reserve, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import type { PixelBatch } from '../../pixel-batch.js';
import { IMAGE_SUMS } from '../image-sums.js';

interface KernelExports {
  memory: WasmMemory;
  measure(
    images: number,
    height: number,
    width: number,
    stride: number,
    rgb: number,
    luma: number,
    masks: number,
    room: number,
    sums: number,
  ): void;
}

/** An image has at most 16 million pixels: memory stays below 128 MB, and squared Laplacians, ≤ (4 · 255,000)², below 2⁶⁴. */
const MOST_PIXELS = 2 ** 24;
/** Copied into the kernel's memory at once where a single image is smaller. */
const PART_BYTES = 2 ** 18;
/** Pixels that the kernel takes at once: it reads, and writes luma, up to a multiple of them. */
const LANES = 16;
const BYTES_OF_SUMS = 8 * IMAGE_SUMS.length;
/** Bytes in which the kernel marks levels. */
const LEVELS = 256;
/** The sum of a column of more rows may leave its int32. */
const MOST_ROWS = 8_192;

const FILE = new URL('../sums.wasm', import.meta.url);
const shared = new SharedKernel<KernelExports, SumsKernel>(FILE, (exports) => new SumsKernel(exports));

/** @returns null where the runtime has no WebAssembly SIMD, or where images are enormous; plain loops do the same work */
export function sumsKernel({ height, width }: { height: number; width: number }): SumsKernel | null {
  if (height > MOST_ROWS || height * width > MOST_PIXELS || height * lumaStride(width) > 2 * MOST_PIXELS) return null;
  return shared.get();
}

/** Values of a row of luma: its pixels, and room on both sides. */
function lumaStride(width: number): number {
  return Math.ceil(width / LANES) * LANES + 2 * LANES;
}

class SumsKernel {
  /** Where free memory begins. */
  readonly #base: number;

  readonly #exports: KernelExports;

  constructor(exports: KernelExports) {
    this.#exports = exports;

    this.#base = exports.memory.buffer.byteLength;
  }

  /** `[rows, IMAGE_SUMS]` */
  sumsOf({ rows, height, width, data }: PixelBatch): Float64Array {
    const imageBytes = height * width * 3;
    const stride = lumaStride(width);
    const most = Math.max(1, Math.min(rows, Math.floor(PART_BYTES / imageBytes)));
    const sums = this.#base;
    const masks = sums + most * BYTES_OF_SUMS;
    const luma = masks + 3 * 4 * stride;
    const room = luma + 4 * height * stride;
    const rgb = room + 4 * stride + 8 * height + LEVELS;
    reserve(this.#exports.memory, rgb + most * imageBytes + 3 * LANES);
    const { buffer } = this.#exports.memory;
    const all = new Float64Array(rows * IMAGE_SUMS.length);
    for (let from = 0; from < rows; from += most) {
      const images = Math.min(most, rows - from);
      new Uint8Array(buffer, rgb).set(data.subarray(from * imageBytes, (from + images) * imageBytes));
      this.#exports.measure(images, height, width, stride, rgb, luma, masks, room, sums);
      all.set(new Float64Array(buffer, sums, images * IMAGE_SUMS.length), from * IMAGE_SUMS.length);
    }
    return all;
  }
}
