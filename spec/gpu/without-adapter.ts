/** Says what the WebGPU backend says about itself, and how it refuses; for a process that is shown no GPU. */

import { findAdapter } from '../../engine/backends/webgpu/adapters.js';
import { loadDawn } from '../../engine/backends/webgpu/dawn.js';
import { EngineError, loadBackend } from '../../engine/index.js';

const availability = await (await loadBackend('webgpu')).availability();
const code = await findAdapter(await loadDawn(), undefined).then(
  () => null,
  (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
);
process.stdout.write(JSON.stringify({ availability, code }));
