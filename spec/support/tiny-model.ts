/** The smallest network: a ReLU over the image. */
import type { BoundGraph } from '../../graph/index.js';

export const tinyModel: BoundGraph = {
  graph: {
    nodes: [
      { name: ':input', inputs: [], op: 'input' },
      { name: 'relu', inputs: [':input'], op: 'relu' },
    ],
    output: 'relu',
    modules: new Map(),
  },
  tensors: new Map(),
};
