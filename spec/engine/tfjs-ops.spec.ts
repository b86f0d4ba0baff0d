/** Every operation of the layer graph on TensorFlow.js, and graphs of them. */
import { sampledGraphs } from '../support/random-graph-goldens.js';
import { randomGraphSpecs, TOKEN_TOLERANCE } from '../support/random-graph-specs.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';
import { tfjsOperations } from '../support/tfjs-operations.js';

tfjsOperations(tfjsOnCpu);
randomGraphSpecs(tfjsOnCpu, sampledGraphs('token'), TOKEN_TOLERANCE);
