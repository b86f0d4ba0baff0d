/** A network without layers. Compiling it starts a backend, or fails to. */
import type { CompileOptions } from '../../engine/index.js';
import type { BoundGraph } from '../../graph/index.js';

const model: BoundGraph = {
  graph: { nodes: [{ name: ':input', inputs: [], op: 'input' }], output: ':input', modules: new Map() },
  tensors: new Map(),
};

const options: CompileOptions = {
  taps: [':input'],
  scores: false,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  precision: 'float32',
};

export const NOTHING = { model, options };
