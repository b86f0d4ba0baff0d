/** Says what the WebGPU backend says about itself, and how it refuses; for a process that is shown no GPU. */
import { EngineError, loadBackend } from '../../engine/index.js';
import { findAdapter } from '../../engine/webgpu/adapters.js';
import { loadDawn } from '../../engine/webgpu/dawn.js';

const availability = await (await loadBackend('webgpu')).availability();
const code = await findAdapter(await loadDawn(), undefined).then(
  () => null,
  (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
);
process.stdout.write(JSON.stringify({ availability, code }));
