/** The layers on which `kernels.ts` measures each SIMD kernel, with their tensors in one memory. */
import { CONVOLUTION_SCRATCH } from '../engine/backends/simd/kernels/convolution/words.js';
import { RUN_BYTES, RUN_SHAPES } from '../engine/backends/simd/kernels/depthwise/words.js';
import { pixelScale } from '../engine/backends/simd/kernels/pixels/words.js';
import type { KernelName } from '../engine/backends/simd/kernels/registry.js';
import { pointRanges, tileRuns } from '../engine/backends/simd/kernels/winograd/tiles.js';
import { NOWHERE, TRANSFORMS, tileWords, winogradScratch } from '../engine/backends/simd/kernels/winograd/words.js';
import { rowTable } from '../spec/support/simd/row-table.js';
import { WebAssemblyMemory } from '../spec/support/simd/webassembly-memory.js';

/** Kernels are compiled by whoever measures them, after the flags of V8 are set. */
export const memory = new WebAssemblyMemory();

export interface Case {
  kernel: KernelName;
  words: Record<string, number>;
  units: number;
  scratch: number;
  /** Multiplications of one run; 0 for kernels without any. */
  multiplications: number;
  /** Bytes read and written, for kernels without multiplications. */
  bytes: number;
}

function floats(count: number): number {
  const address = memory.allocate(4 * count + 256);
  memory.floats(address, count).forEach((_, i, all) => {
    all[i] = ((i * 2654435761) % 1024) / 1024 - 0.5;
  });
  return address;
}
const integers = (values: readonly number[]) => memory.place(Int32Array.from(values));
const relu = memory.place(Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 0 : Number.POSITIVE_INFINITY)));

/** `rows` × `k` times `k` × `columns`, the product of each of `taps` taps. */
function product(rows: number, k: number, columns: number, taps = 1): Case {
  const stride = k;
  const { table, tiles } = rowTable(Array.from({ length: rows }, (_, r) => [4 * r * stride, 4 * r * columns]));
  const words = {
    inputOffset: floats((rows + taps) * stride),
    outputOffset: floats(rows * columns),
    weightsAt: floats(taps * k * columns),
    biasAt: floats(columns),
    residualOffset: 0,
    clampAt: relu,
    rowsAt: integers(table),
    rowTiles: tiles,
    blockTiles: Math.min(tiles, 64),
    panels: columns / 16,
    halfPanels: 0,
    piecesAt: integers(Array.from({ length: taps }, (_, t) => [4 * t * stride, t * k * 64, k * 64]).flat()),
    pieces: taps,
    piecesPerBlock: taps,
    panelBytes: taps * k * 64,
    panelsAt: 0,
    touches: 0,
  };
  return {
    kernel: 'convolution',
    words,
    units: (tiles * columns) / 16,
    scratch: CONVOLUTION_SCRATCH,
    multiplications: rows * k * columns * taps,
    bytes: 0,
  };
}

function winograd(
  kernel: keyof typeof TRANSFORMS,
  {
    size,
    images,
    channels,
    rows,
    block,
  }: { size: number; images: number; channels: number; rows: number; block: number },
): Case {
  const { points, outputs } = TRANSFORMS[kernel];
  const before = kernel === 'toeplitz2' ? 0 : 1;
  const at = (y: number, x: number) =>
    y < 0 || x < 0 || y >= size || x >= size ? NOWHERE : (y * size + x) * 4 * images * channels;
  const table: number[] = [];
  const runs = tileRuns(kernel, [size, size]);
  for (const { down, across, origins } of runs) {
    for (const [y, x] of origins) {
      table.push(down, across);
      for (let i = 0; i < points ** 2; i++)
        table.push(at(y - before + Math.floor(i / points), x - before + (i % points)));
      for (let i = 0; i < outputs ** 2; i++) table.push(at(y + Math.floor(i / outputs), x + (i % outputs)));
    }
  }
  const ranges = pointRanges(kernel, runs);
  const tiles = table.length / tileWords(kernel);
  const tilesPerUnit = Math.max(1, Math.round(rows / images));
  const panels = channels / 16;
  const panelsPerBlock = Math.min(block, panels);
  const words = {
    inputOffset: floats((size * size * 4 * images * channels) / 4),
    outputOffset: floats((size * size * 4 * images * channels) / 4),
    weightsAt: floats(points ** 2 * (channels * channels + 16)),
    biasAt: floats(channels),
    residualOffset: floats((size * size * 4 * images * channels) / 4),
    clampAt: relu,
    tilesAt: integers(table),
    rangesAt: integers(ranges.flatMap(({ first, end }) => [first, end])),
    tiles,
    tilesPerUnit,
    images,
    k: channels,
    inputStride: channels,
    panels,
    outputStride: channels,
    termsPerBlock: channels,
    pointBytes: 4 * channels * channels + 64,
    panelsPerBlock,
  };
  return {
    kernel,
    words,
    units: Math.ceil(tiles / tilesPerUnit),
    scratch: winogradScratch(kernel, { tilesPerUnit, images, k: channels, panelsPerBlock }),
    multiplications: ranges.reduce((sum, { first, end }) => sum + end - first, 0) * images * channels * channels,
    bytes: 0,
  };
}

/** 3×3 windows of stride 1 or 2 that never reach over the border. */
function windows(
  kernel: 'maxPool' | 'depthwise',
  size: number,
  stride: number,
  images: number,
  channels: number,
): Case {
  const position = 4 * images * channels;
  const out = Math.floor((size - 3) / stride) + 1;
  const cells = Array.from({ length: out * out }, (_, i) => [Math.floor(i / out), i % out] as const);
  const offsets = Array.from({ length: 9 }, (_, t) => (Math.floor(t / 3) * size + (t % 3)) * position);
  const input = floats((size * size * position) / 4);
  const output = floats((out * out * position) / 4);
  const pairs = cells.map(([y, x], i) => [(y * stride * size + x * stride) * position, i * position]);
  const bytes = (size * size + out * out) * position;
  if (kernel === 'maxPool') {
    const words = {
      inputOffset: input,
      outputOffset: output,
      positionsAt: integers(pairs.flat()),
      positions: pairs.length,
      tapsAt: integers(offsets),
      taps: 9,
      floats: images * channels,
      clampAt: relu,
    };
    return { kernel, words, units: pairs.length, scratch: 0, multiplications: 0, bytes };
  }
  // Along x first: a tile then reads a position for up to three taps.
  const rows = Array.from({ length: out * images * out }, (_, i) => {
    const [y, n, x] = [Math.floor(i / (out * images)), Math.floor(i / out) % images, i % out];
    const [from, to] = pairs[y * out + x]!;
    return [from! + 4 * n * channels, to! + 4 * n * channels];
  });
  const { table, tiles } = rowTable(rows);
  const words = {
    inputOffset: input,
    outputOffset: output,
    weightsAt: floats(9 * channels),
    biasAt: floats(channels),
    residualOffset: 0,
    clampAt: relu,
    rowsAt: integers(table),
    rowTiles: tiles,
    panels: channels / 16,
    tapsAt: integers(offsets.flatMap((offset, t) => [offset, 4 * t * channels])),
    taps: 9,
  };
  return { kernel, words, units: (tiles * channels) / 16, scratch: 0, multiplications: 0, bytes };
}

/** The same layer as `depthwise` of `windows` with stride 1, an output's neighbours computed together. */
function runs(size: number, images: number, channels: number): Case {
  const position = 4 * images * channels;
  const out = size - 2;
  const { width, stride, length } = RUN_SHAPES[0]!;
  const starts = Array.from({ length: Math.ceil(out / length) }, (_, i) => Math.min(i * length, out - length));
  const table = starts.flatMap((x) =>
    Array.from({ length: images * out }, (_, i) => {
      const [image, y] = [Math.floor(i / out), i % out];
      return [(y * size + x) * position + 4 * image * channels, (y * out + x) * position + 4 * image * channels, 0, 0];
    }).flat(),
  );
  const words = {
    inputOffset: floats((size * size * position) / 4),
    outputOffset: floats((out * out * position) / 4),
    weightsAt: floats(9 * channels),
    biasAt: floats(channels),
    residualOffset: 0,
    clampAt: relu,
    runsAt: integers(table),
    width,
    stride,
    length: length,
    channels,
    rows: 3,
    rowStep: size * position,
    columnStep: position,
    weightStep: 4 * channels,
    outputStep: position,
  };
  const bytes = (size * size + out * out) * position;
  return {
    kernel: 'depthwiseRuns',
    words,
    units: (4 * table.length) / RUN_BYTES,
    scratch: 4 * channels,
    multiplications: 0,
    bytes,
  };
}

function packRows(size: number, images: number): Case {
  const words = {
    pixelsOffset: floats((3 * size * size * images) / 4),
    outputOffset: floats(size * images * 3 * (size + 6)),
    scaleAt: memory.place(pixelScale([0.5, 0.5, 0.5], [0.2, 0.2, 0.2])),
    images,
    height: size,
    width: size,
    left: 3,
    right: 3,
    rowBytes: 12 * (size + 6),
  };
  return { kernel: 'packRows', words, units: size, scratch: 0, multiplications: 0, bytes: size * images * 15 * size };
}

function add(count: number): Case {
  const words = {
    aOffset: floats(count),
    bOffset: floats(count),
    outputOffset: floats(count),
    floats: count,
    clampAt: relu,
  };
  return { kernel: 'add', words, units: Math.ceil(count / 1024), scratch: 0, multiplications: 0, bytes: 12 * count };
}

export const CASES: Readonly<Record<string, () => Case>> = {
  'product 3840x576x192': () => product(3840, 576, 192),
  'stem 16384x21x64, 7 taps': () => product(16_384, 21, 64, 7),
  'product 64x512x512': () => product(64, 512, 512),
  'product 1024x64x128': () => product(1024, 64, 128),
  'F4 layer1 8x8x64, 64 images, block 1': () =>
    winograd('winograd4', { size: 8, images: 64, channels: 64, rows: 64, block: 1 }),
  'F4 layer1 8x8x64, 64 images, block 4': () =>
    winograd('winograd4', { size: 8, images: 64, channels: 64, rows: 64, block: 4 }),
  'F4 layer2 4x4x128, 64 images, block 1': () =>
    winograd('winograd4', { size: 4, images: 64, channels: 128, rows: 64, block: 1 }),
  'F4 layer2 4x4x128, 64 images, block 8': () =>
    winograd('winograd4', { size: 4, images: 64, channels: 128, rows: 64, block: 8 }),
  'F4 56x56x64, 8 images, 48 rows, block 1': () =>
    winograd('winograd4', { size: 56, images: 8, channels: 64, rows: 48, block: 1 }),
  'F4 56x56x64, 8 images, 96 rows, block 1': () =>
    winograd('winograd4', { size: 56, images: 8, channels: 64, rows: 96, block: 1 }),
  'F4 56x56x64, 8 images, 192 rows, block 1': () =>
    winograd('winograd4', { size: 56, images: 8, channels: 64, rows: 192, block: 1 }),
  'F4 56x56x64, 8 images, 192 rows, block 4': () =>
    winograd('winograd4', { size: 56, images: 8, channels: 64, rows: 192, block: 4 }),
  'F4 14x14x256, 8 images, 48 rows, block 1': () =>
    winograd('winograd4', { size: 14, images: 8, channels: 256, rows: 48, block: 1 }),
  'F4 14x14x256, 8 images, 128 rows, block 1': () =>
    winograd('winograd4', { size: 14, images: 8, channels: 256, rows: 128, block: 1 }),
  'F4 14x14x256, 8 images, 128 rows, block 16': () =>
    winograd('winograd4', { size: 14, images: 8, channels: 256, rows: 128, block: 16 }),
  'F4 7x7x512, 8 images, 32 rows, block 1': () =>
    winograd('winograd4', { size: 7, images: 8, channels: 512, rows: 32, block: 1 }),
  'F4 7x7x512, 8 images, 32 rows, block 32': () =>
    winograd('winograd4', { size: 7, images: 8, channels: 512, rows: 32, block: 32 }),
  'F2 layer1 8x8x64, 64 images': () => winograd('winograd2', { size: 8, images: 64, channels: 64, rows: 64, block: 1 }),
  '2x2x256, 64 images, block 1': () =>
    winograd('toeplitz2', { size: 2, images: 64, channels: 256, rows: 64, block: 1 }),
  '2x2x256, 64 images, block 16': () =>
    winograd('toeplitz2', { size: 2, images: 64, channels: 256, rows: 64, block: 16 }),
  'maxPool 16x16x64, 64 images': () => windows('maxPool', 16, 2, 64, 64),
  'maxPool 112x112x64, 8 images': () => windows('maxPool', 112, 2, 8, 64),
  'depthwise 16x16x96, 64 images': () => windows('depthwise', 16, 1, 64, 96),
  'depthwise 56x56x144, 8 images': () => windows('depthwise', 56, 1, 8, 144),
  'depthwise 14x14x384, 8 images': () => windows('depthwise', 14, 1, 8, 384),
  'runs 56x56x144, 8 images': () => runs(56, 8, 144),
  'runs 14x14x384, 8 images': () => runs(14, 8, 384),
  'packRows 32x32, 64 images': () => packRows(32, 64),
  'add 262144': () => add(262_144),
};
