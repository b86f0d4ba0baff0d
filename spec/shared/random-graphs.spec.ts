/**
 * Compares 200 random graphs with PyTorch in float64. `spec/ci/fuzz.sh` makes the references in the folder that
 * `IMAGE_DRIFT_FUZZ` names. Runs on our own kernels, unless `IMAGE_DRIFT_FUZZ_BACKEND` names another backend.
 */
import type { EngineName } from '../../engine/index.js';
import { allGraphs } from '../support/random-graph-goldens.js';
import { randomGraphSpecs, TOKEN_TOLERANCE } from '../support/random-graph-specs.js';

const graphs = allGraphs();
const backend = (process.env['IMAGE_DRIFT_FUZZ_BACKEND'] ?? 'simd') as EngineName;
if (graphs === null) console.log('SKIPPED (no IMAGE_DRIFT_FUZZ): random graphs against PyTorch');
else {
  const hasTokens = graphs.some(({ graph }) => graph.name.startsWith('token'));
  await randomGraphSpecs(backend, graphs, hasTokens ? TOKEN_TOLERANCE : undefined);
}
