/** The random graphs in the repository, on our own kernels. `spec/ci/fuzz.sh` runs 200 more. */
import { sampledGraphs } from '../../support/random-graph-goldens.js';
import { randomGraphSpecs } from '../../support/random-graph-specs.js';

await randomGraphSpecs('simd', sampledGraphs());
