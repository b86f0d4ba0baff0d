/** The random graphs that come with the package, on our own kernels; `spec/ci/fuzz.sh` has 200 more. */
import { sampledGraphs } from '../../support/random-graph-goldens.js';
import { randomGraphSpecs } from '../../support/random-graph-specs.js';

await randomGraphSpecs('simd', sampledGraphs());
