/** Every operation of the layer graph on TensorFlow, if it is installed. */
import { loadBackend } from '../../engine/backends/registry.js';
import { tfjsOperations } from '../support/tfjs-operations.js';

const { ok, reason } = await (await loadBackend('tensorflow')).availability();
if (ok) tfjsOperations('tensorflow');
else console.log(`SKIPPED (${reason}): operations on tensorflow`);
