/** How many images to compute at once, so that the values between layers fit in memory. */
import { freeMemory } from '#platform';
import { type Graph, type GraphNode, type ImageShape, type ImageSize, inferShapes } from '../../graph/index.js';
import type { Availability, Backend } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** The limits of one program, or of one thread of a `workers` engine. Bytes are those of the largest layer. */
export interface BatchLimits {
  /** A larger batch is not faster. Its results only come later. */
  most: number;
  /** Bytes of intermediate results to aim at. */
  targetBytes: number;
  /** The most bytes of intermediate results that are allowed. */
  maxBytes: number;
  /** Batches of a multiple of this are faster; default 1. */
  multipleOf?: number;
}

/** Our own kernels, with tiles of 6 rows. All threads share 4 GiB; a layout takes some three largest layers. */
const WORKERS: BatchLimits = { most: 96, targetBytes: 64 * 2 ** 20, maxBytes: 2 ** 30, multipleOf: 6 };
const SHARED_BYTES = 2 ** 30;
/** One program for all cores, in memory that grows with the process and is given back. */
const OWN_THREADS: BatchLimits = { most: 64, targetBytes: 256 * 2 ** 20, maxBytes: 16 * 2 ** 30 };
/** A GPU is only busy with many images. WebGPU does not tell how much memory a GPU has. */
const GPU: BatchLimits = { most: 256, targetBytes: 256 * 2 ** 20, maxBytes: 4 * 2 ** 30 };
/** A batch of 64 would take several seconds. */
const SOFTWARE_GPU: BatchLimits = { most: 8, targetBytes: 64 * 2 ** 20, maxBytes: 2 ** 30 };
/** The share of the free memory that the largest layers may take. Weights and other layers need the rest. */
const SHARE_OF_FREE = 1 / 4;

/** @param threads programs that run at the same time */
export function batchLimits(
  { parallelism }: Pick<Backend, 'parallelism'>,
  kind: Availability['kind'],
  threads: number,
  freeBytes: number = freeMemory(),
): BatchLimits {
  if (kind === 'gpu') return GPU;
  const isShared = parallelism === 'workers';
  const ofCpu = isShared ? WORKERS : OWN_THREADS;
  const limits = kind === 'software-gpu' ? SOFTWARE_GPU : ofCpu;
  const room = Math.min(freeBytes * SHARE_OF_FREE, isShared ? SHARED_BYTES : Number.POSITIVE_INFINITY);
  return { ...limits, targetBytes: Math.min(limits.targetBytes, room / Math.max(1, threads)) };
}

/** The largest power of two, or multiple of `multipleOf`, within the target; the smallest one may exceed it. */
export function defaultBatchSize(graph: Graph, image: ImageSize, limits: BatchLimits): number {
  const { most, targetBytes, multipleOf = 1 } = limits;
  const bytes = bytesPerImage(graph, image);
  const multiples = Math.floor(Math.min(most, targetBytes / bytes) / multipleOf);
  if (multipleOf > 1 && multiples > 0) return multiples * multipleOf;
  if (multipleOf > 1 && multipleOf * bytes <= 2 * targetBytes) return multipleOf;
  let batch = 1;
  while (batch * 2 <= most && batch * 2 * bytes <= targetBytes) batch *= 2;
  return batch;
}

/** The most images of this size that are allowed at once; 0 if even one is too large. */
export function mostImages(graph: Graph, image: ImageSize, { maxBytes }: BatchLimits): number {
  return Math.floor(maxBytes / bytesPerImage(graph, image));
}

/** @throws EngineError `BATCH_TOO_LARGE` when `batch` such images would need more memory than an engine has */
export function checkBatchFits(graph: Graph, image: ImageSize, batch: number, limits: BatchLimits): void {
  const most = mostImages(graph, image, limits);
  if (batch <= most) return;
  const bytes = batch * bytesPerImage(graph, image);
  const mebibytes = Math.ceil(bytes / 2 ** 20).toLocaleString('en');
  const needs = `${batch} images of ${image.height}×${image.width} at once need ${mebibytes} MiB between two layers`;
  const message = `${needs}, at most ${(limits.maxBytes / 2 ** 20).toLocaleString('en')} are tried`;
  const hint = most > 0 ? `At most ${most.toLocaleString('en')} at once would fit.` : 'Resize the images.';
  throw new EngineError('BATCH_TOO_LARGE', message, { hint });
}

/** The result for the last image size: every batch asks, and most files have images of one size. */
const known = new WeakMap<Graph, ImageSize & { bytes: number }>();

/** float32 bytes of the largest layer: its inputs, its output, and what it computes in between. */
function bytesPerImage(graph: Graph, { height, width }: ImageSize): number {
  const last = known.get(graph);
  if (last?.height === height && last.width === width) return last.bytes;
  const shapes = inferShapes(graph, { height, width });
  const sizeOf = (name: string): number => shapes.get(name)!.reduce((a, b) => a * b, 1);
  const sizes = graph.nodes.map((node) => {
    const outside = [node.name, ...node.inputs].reduce((sum, name) => sum + sizeOf(name), 0);
    return outside + valuesBetween(node, shapes);
  });
  const bytes = Math.max(...sizes) * Float32Array.BYTES_PER_ELEMENT;
  known.set(graph, { height, width, bytes });
  return bytes;
}

/** What TensorFlow.js keeps until an operation ends: an attention's scores thrice, the factors of a GELU or SiLU. */
function valuesBetween(node: GraphNode, shapes: ReadonlyMap<string, ImageShape>): number {
  if (node.op !== 'attention' && node.op !== 'pointwise') return 0;
  const output = shapes.get(node.name)!;
  const size = output.reduce((a, b) => a * b, 1);
  if (node.op === 'pointwise') return 3 * size;
  const keys = shapes.get(node.inputs[1]!)!.at(-2)!;
  return (3 * size * keys) / output.at(-1)!;
}
