/** Weights and images by the formula of `spec/fixtures/engine/make_networks.py`, so references need no file. */
import { type Graph, parameters } from '../../graph/index.js';
import { sizeOf } from '../../graph/operations/operation.js';
import type { Tensor } from '../../weights/index.js';

/** Number of the image in the sequence of tensors. */
const IMAGE = 1_000_000;

/** `u` in [0, 1) for each place of the t-th tensor: a 32-bit mix of `i + t·2654435761`. */
function uniform(count: number, t: number): Float64Array {
  const offset = Math.imul(t, 2654435761);
  const values = new Float64Array(count);
  // A plain loop: `from` takes seconds for a network's millions of weights.
  for (let i = 0; i < count; i++) {
    let x = (i + offset) | 0;
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
    values[i] = ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  }
  return values;
}

function formulaTensor(name: string, shape: readonly number[], t: number): Tensor {
  const u = uniform(sizeOf(shape), t);
  if (name.endsWith('running_var') || (name.endsWith('weight') && shape.length === 1)) {
    return { shape, data: new Float32Array(u.map((v) => 0.5 + v)) };
  }
  if (name.endsWith('weight')) {
    const bound = Math.sqrt(6 / sizeOf(shape.slice(1)));
    return { shape, data: new Float32Array(u.map((v) => (2 * v - 1) * bound)) };
  }
  return { shape, data: new Float32Array(u.map((v) => 0.4 * (v - 0.5))) };
}

/** All tensors of a graph. Batch-norm statistics are random too, so a folding error shows. */
export function formulaTensors(graph: Graph): Map<string, Tensor> {
  const shapes = [...parameters(graph)].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(shapes.map(([name, shape], t) => [name, formulaTensor(name, shape, t)]));
}

/** One image as a network sees it, `[channels, height, width]`, values from -2 to 2. */
export function formulaImage(channels: number, height: number, width: number): Tensor {
  const data = Float32Array.from(uniform(channels * height * width, IMAGE), (v) => 4 * v - 2);
  return { shape: [channels, height, width], data };
}
