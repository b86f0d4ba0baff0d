/** The random graphs in the repository, on our own kernels. `spec/ci/fuzz.sh` runs 200 more. */
import { loadBackend } from '../../../engine/index.js';
import { sampledGraphs } from '../../support/random-graph-goldens.js';
import { randomGraphSpecs } from '../../support/random-graph-specs.js';

randomGraphSpecs(await loadBackend('simd'), sampledGraphs());
