/** Every operation of the layer graph on the TensorFlow.js backends that come with this package. */
import { tfjsOperations } from '../support/tfjs-operations.js';

for (const backend of ['wasm', 'cpu']) tfjsOperations(backend);
