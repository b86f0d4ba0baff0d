/** `image-drift/browser/webgpu`: the GPU, for pages that bring TensorFlow.js (`@tensorflow/tfjs-backend-webgpu`). */
import { CORE, ENTRY, KERNELS, KERNELS_VERSION, loadEngine } from '../engine/backends/page-webgpu/index.js';
import { bringPackage } from '../platform/page/index.js';

/**
 * From now on, `openWeights` and `Embedder.load` on this thread may use WebGPU: if it is asked for, and by `auto` where a
 * GPU is faster and agrees with our own kernels on the first images. TensorFlow.js is loaded only then.
 *
 * @example
 * ```ts no_run
 * import { openWeights } from 'image-drift/browser';
 * import { allowWebgpu } from 'image-drift/browser/webgpu';
 *
 * allowWebgpu();
 * async function opened(files: readonly File[]) {
 *   const embedder = await openWeights(files, { onNotice: console.log });
 *   console.log(embedder.backend, embedder.device);
 *   return embedder;
 * }
 * ```
 */
export function allowWebgpu(): void {
  bringPackage(CORE, KERNELS_VERSION, () => import('@tensorflow/tfjs-core'));
  bringPackage(KERNELS, KERNELS_VERSION, () => import('@tensorflow/tfjs-backend-webgpu'));
  bringPackage(ENTRY, KERNELS_VERSION, loadEngine);
}
