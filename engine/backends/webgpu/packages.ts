/** The packages that bring the engine. */

/** npm's package of Dawn. */
export const DAWN: string = 'webgpu';
/** TensorFlow.js's kernels. */
export const KERNELS = '@tensorflow/tfjs-backend-webgpu';
/** npm installs it with the kernels. */
export const CORE = '@tensorflow/tfjs-core';

/**
 * Exactly these versions: the kernels are made for one version of tfjs-core, and other versions of Dawn need a newer
 * libstdc++.
 */
export const HOW_TO_INSTALL = `npm install ${DAWN}@0.6.2 ${KERNELS}@4.22.0`;
