/** The random graphs in the repository, on our own kernels. `spec/ci/fuzz.sh` runs 200 more. */
import { loadBackend } from '../../../engine/index.js';
import { randomGraphSpecs, sampledGraphs } from '../../support/random-graph-goldens.js';

randomGraphSpecs(await loadBackend('simd'), sampledGraphs());
