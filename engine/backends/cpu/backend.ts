/**
 * TensorFlow.js in plain JavaScript: slow, but it depends on nothing and provides a reference for every other backend.
 */
import { createRequire } from 'node:module';
import type { Availability } from '../../contract/backend.js';
import { tfjsBackend } from '../tfjs/tfjs-backend.js';

export const cpu = tfjsBackend({
  name: 'cpu',
  precisions: ['float32', 'exact'],
  prepare() {
    createRequire(import.meta.url)('@tensorflow/tfjs-backend-cpu');
  },
  async availability(): Promise<Availability> {
    return { ok: true, reason: 'plain JavaScript, for checking rather than for work', device: 'cpu', kind: 'cpu' };
  },
});
