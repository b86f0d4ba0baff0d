import { loadBackend } from '../../engine/backends/registry.js';
import { tfjsOperations } from '../support/tfjs-operations.js';

const backend = await loadBackend('tensorflow');
const { ok, reason } = await backend.availability();
if (ok) tfjsOperations(backend);
else console.log(`SKIPPED (${reason}): operations on tensorflow`);
