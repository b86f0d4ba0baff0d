/** TensorFlow.js in plain JavaScript: slow, depends on nothing, and a second opinion on every other backend. */
import '@tensorflow/tfjs-backend-cpu';
import type { Availability } from '../backend.js';
import { tfjsBackend } from '../tfjs/backend.js';

export const cpu = tfjsBackend({
  name: 'cpu',
  parallelism: 'workers',
  prepare() {},
  async availability(): Promise<Availability> {
    return { ok: true, reason: 'plain JavaScript, for checking rather than for work', device: 'cpu', kind: 'cpu' };
  },
});
