/** Every operation of the layer graph on the TensorFlow.js backends that come with this package, and graphs of them. */
import { sampledGraphs } from '../support/random-graph-goldens.js';
import { randomGraphSpecs, TOKEN_TOLERANCE } from '../support/random-graph-specs.js';
import { tfjsOperations } from '../support/tfjs-operations.js';

for (const backend of ['wasm', 'cpu'] as const) {
  tfjsOperations(backend);
  await randomGraphSpecs(backend, sampledGraphs('token'), TOKEN_TOLERANCE);
}
