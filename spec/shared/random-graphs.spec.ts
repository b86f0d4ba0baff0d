/** 200 random graphs on our own kernels, beside PyTorch in float64: `spec/ci/fuzz.sh` fills `IMAGE_DRIFT_FUZZ`. */
import { loadBackend } from '../../engine/index.js';
import { allGraphs, randomGraphSpecs, TOKEN_TOLERANCE } from '../support/random-graph-goldens.js';

const graphs = allGraphs();
if (graphs === null) console.log('SKIPPED (no IMAGE_DRIFT_FUZZ): random graphs against PyTorch');
else {
  const hasTokens = graphs.some(({ graph }) => graph.name.startsWith('token'));
  randomGraphSpecs(await loadBackend('simd'), graphs, hasTokens ? TOKEN_TOLERANCE : undefined);
}
