/** How many images to compute at once, so that what lies between the layers stays within bounds. */
import { EngineError } from './engine-error.js';
import type { Graph } from './graph.js';
import { type ImageSize, inferShapes } from './shapes.js';

/** More images at once than this make nothing faster, only results later. */
const MAX_DEFAULT_BATCH = 64;
/**
 * Bytes of intermediate results to aim at, for one thread. WebAssembly memory never shrinks, so the largest layer
 * decides what a thread takes for good.
 */
const TARGET_BYTES = 64 * 2 ** 20;
/**
 * Most bytes of intermediate results that are tried. WebAssembly ends at 4 GiB, shared with up to 1.6 GiB of weights
 * (VGG-19, which XNNPACK keeps twice), and TensorFlow.js computes on without noticing when an allocation failed.
 */
const MAX_BYTES = 2 ** 30;

/** The largest power of two whose intermediate results are within the target; at least 1, at most 64. */
export function defaultBatchSize(graph: Graph, image: ImageSize): number {
  const bytes = bytesPerImage(graph, image);
  let batch = 1;
  while (batch * 2 <= MAX_DEFAULT_BATCH && batch * 2 * bytes <= TARGET_BYTES) batch *= 2;
  return batch;
}

/** @throws EngineError `BATCH_TOO_LARGE` when `batch` such images would need more memory than an engine has */
export function checkBatchFits(graph: Graph, image: ImageSize, batch: number): void {
  const bytes = batch * bytesPerImage(graph, image);
  if (bytes <= MAX_BYTES) return;
  const mebibytes = Math.ceil(bytes / 2 ** 20).toLocaleString('en');
  throw new EngineError(
    'BATCH_TOO_LARGE',
    `${batch} images of ${image.height}×${image.width} at once need ${mebibytes} MiB between two layers, ` +
      `at most ${(MAX_BYTES / 2 ** 20).toLocaleString('en')} are tried`,
    { hint: batch > 1 ? 'Take a smaller batch.' : 'Resize the images.' },
  );
}

/** float32 bytes of the largest layer: what goes in and what comes out. */
function bytesPerImage(graph: Graph, image: ImageSize): number {
  const shapes = inferShapes(graph, image);
  const sizeOf = (name: string): number => shapes.get(name)!.reduce((a, b) => a * b, 1);
  const sizes = graph.nodes.map(({ name, inputs }) => [name, ...inputs].reduce((sum, n) => sum + sizeOf(n), 0));
  return Math.max(...sizes) * Float32Array.BYTES_PER_ELEMENT;
}
