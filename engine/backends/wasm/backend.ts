/** TensorFlow.js on WebAssembly (XNNPACK, 128-bit SIMD, one thread): it runs wherever Node does. */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { hasSimd } from '../../../wasm/index.js';
import type { Availability } from '../../contract/backend.js';
import { tfjsBackend } from '../tfjs/tfjs-backend.js';

const PACKAGE = '@tensorflow/tfjs-backend-wasm';

export const wasm = tfjsBackend({
  name: 'wasm',
  // All of its convolutions are exact.
  precisions: ['float32', 'exact'],
  prepare() {
    // By default, V8 optimises a function only once it has been busy for long: the first 1,500 images ran at two thirds
    // of the speed. With this flag, V8 optimises the whole program in the background, while the quick version runs. The
    // flag holds for the whole process, but only for WebAssembly that is compiled from now on.
    setFlagsFromString('--no-wasm-dynamic-tiering');
    // Not `import`: the scan of a CommonJS file for its names takes longer than running it.
    const require = createRequire(import.meta.url);
    const { setWasmPaths } = require(PACKAGE) as typeof import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(dirname(require.resolve(PACKAGE)) + sep);
  },
  async availability(): Promise<Availability> {
    if (hasSimd()) {
      return { ok: true, reason: 'WebAssembly with 128-bit SIMD', device: 'cpu', kind: 'cpu' };
    }
    const reason = 'WebAssembly without SIMD, about four times slower';
    return { ok: true, reason, device: 'cpu', kind: 'cpu', warning: reason };
  },
});
