/** `../image-sums.ts` by the WebAssembly kernel (`assembly/sums.ts`), compiled once, when first asked for. */
import { CodedError } from '../../../../base/index.js';
import { MAX_PAGES, PAGE, reserve, SharedKernel, type WasmMemory } from '../../../../base/wasm/index.js';
import { type Image, imagesOf, type PixelBatch } from '../../pixel-batch.js';
import { BLUE, GREEN, IMAGE_SUMS, RED } from '../image-sums.js';

interface KernelExports {
  memory: WasmMemory;
  fillMasks(width: number, stride: number, masks: number): void;
  measureColour(height: number, width: number, stride: number, rgb: number, luma: number, sums: number): void;
  measureRows(
    from: number,
    to: number,
    height: number,
    width: number,
    stride: number,
    rgb: number,
    luma: number,
    masks: number,
    room: number,
    deviation: number,
    sums: number,
  ): void;
}

/** Pixels at once: memory stays below 128 MB, and squared Laplacians, ≤ (4 · 255,000)², below 2⁶⁴. */
const MOST_PIXELS = 2 ** 24;
/** A memory cannot shrink. One that very wide images have made larger than that is given up after use. */
const KEPT_BYTES = 2 ** 27;
/** Pixels that the kernel takes at once: it reads, and writes luma, up to a multiple of them. */
const LANES = 16;
const COUNT = IMAGE_SUMS.length;
/** The first of them are those of `measureColour`. */
const COLOURS = IMAGE_SUMS.indexOf('laplacian');
/** Behind the columns: two float64 of rows, and bytes in which the kernel marks levels. */
const BYTES_OF_ROOM = 16 + 256;

const FILE = 'dist/data/images/statistics/sums.wasm';
const shared = new SharedKernel<KernelExports, SumsKernel>(FILE, (exports) => new SumsKernel(exports));

/** `[rows, IMAGE_SUMS]`; `most` is lower only in tests. @throws CodedError `WEBASSEMBLY_MISSING`, `OUT_OF_MEMORY` */
export function sumsOf(batch: PixelBatch, most = MOST_PIXELS): Float64Array {
  const kernel = shared.need();
  try {
    return kernel.sumsOf(batch, most);
  } finally {
    if (kernel.bytes > KEPT_BYTES) shared.letGo();
  }
}

interface Layout {
  rows: number;
  stride: number;
  sums: number;
  masks: number;
  room: number;
  luma: number;
  rgb: number;
}

class SumsKernel {
  readonly #base: number;
  readonly #exports: KernelExports;

  constructor(exports: KernelExports) {
    this.#exports = exports;
    this.#base = exports.memory.buffer.byteLength;
  }

  get bytes(): number {
    return this.#exports.memory.buffer.byteLength;
  }

  sumsOf(batch: PixelBatch, most: number): Float64Array {
    const layout = this.#layOut(batch, most);
    const all = new Float64Array(batch.rows * COUNT);
    let at = 0;
    for (const image of imagesOf(batch)) {
      this.#addImage(image, layout, all.subarray(at, at + COUNT));
      at += COUNT;
    }
    return all;
  }

  #layOut({ height, width }: PixelBatch, most: number): Layout {
    /** Values of a row of luma: its pixels, and room on both sides. */
    const stride = Math.ceil(width / LANES) * LANES + 2 * LANES;
    const rows = Math.max(1, Math.min(height, Math.floor(most / width), Math.floor((2 * most) / stride)));
    const sums = this.#base;
    const masks = sums + 8 * COUNT;
    const room = masks + 3 * 4 * stride;
    const luma = room + 4 * stride + BYTES_OF_ROOM;
    const rgb = luma + 4 * (rows + 2) * stride;
    const end = rgb + 3 * (rows + 2) * width + 3 * LANES;
    if (end > PAGE * MAX_PAGES) throw new CodedError('OUT_OF_MEMORY', `the statistics of rows of ${width} pixels`);
    reserve(this.#exports.memory, end);
    this.#exports.fillMasks(width, stride, masks);
    return { rows, stride, sums, masks, room, luma, rgb };
  }

  /** A part of a large image is measured in two passes: what is said of neighbours needs the deviation of all luma. */
  #addImage(image: Image, layout: Layout, sums: Float64Array): void {
    const { height, width } = image;
    const { stride, masks, room, luma, rgb } = layout;
    const found = new Float64Array(this.#exports.memory.buffer, layout.sums, COUNT);
    const parts = Math.ceil(height / layout.rows);
    for (let part = 0; part < parts; part++) {
      this.#measureColour(image, part * layout.rows, (part + 1) * layout.rows, layout);
      for (let i = 0; i < COLOURS; i++) sums[i]! += found[i]!;
    }
    const deviation = lumaDeviation(sums, height * width);
    for (let part = 0; part < parts; part++) {
      const from = part * layout.rows;
      const to = Math.min(height, from + layout.rows);
      const first = Math.max(0, from - 1);
      if (parts > 1) this.#measureColour(image, first, to + 1, layout);
      const [rgbOfAll, lumaOfAll] = [rgb - first * width * 3, luma - first * stride * 4];
      const places = [rgbOfAll, lumaOfAll, masks, room, deviation, found.byteOffset + 8 * COLOURS] as const;
      this.#exports.measureRows(from, to, height, width, stride, ...places);
      for (let i = COLOURS; i < COUNT; i++) sums[i]! += found[i]!;
    }
  }

  /** Copies rows, as far as the image has them, and fills luma. */
  #measureColour({ height, width, data }: Image, from: number, to: number, { stride, sums, luma, rgb }: Layout): void {
    const end = Math.min(height, to);
    new Uint8Array(this.#exports.memory.buffer, rgb).set(data.subarray(from * width * 3, end * width * 3));
    this.#exports.measureColour(end - from, width, stride, rgb, luma, sums);
  }
}

function lumaDeviation(sums: Float64Array, pixels: number): number {
  const of = (name: (typeof IMAGE_SUMS)[number]) => sums[IMAGE_SUMS.indexOf(name)]!;
  const mean = (RED * of('red') + GREEN * of('green') + BLUE * of('blue')) / pixels;
  return Math.sqrt(Math.max(0, of('squares') / pixels - mean * mean));
}
