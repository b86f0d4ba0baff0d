/** TensorFlow.js in plain JavaScript, a devDependency: slow, but it needs neither a GPU nor tfjs-node. */
import { createRequire } from 'node:module';
import { withBackend } from '../../engine/backends/tfjs/global-engine.js';
import { TfjsProgram } from '../../engine/backends/tfjs/program.js';
import type { Backend } from '../../engine/index.js';
import { available } from './fake-backend.js';

createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu');

/** The name under which TensorFlow.js registers it. */
const NAME = 'cpu';

export const tfjsOnCpu: Backend = {
  name: NAME,
  parallelism: 'workers',
  precisions: ['float32'],
  async availability() {
    return available({ device: 'cpu', kind: 'cpu' });
  },
  compile: (model, options) => withBackend(NAME, () => new TfjsProgram(NAME, model, options)),
};
