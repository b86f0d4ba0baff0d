/** npm's packages that bring the engines, and how a user installs them. */

export const ONNXRUNTIME = 'onnxruntime-node';
/** The package of TensorFlow that can use a GPU is tried first. */
export const WITH_GPU = '@tensorflow/tfjs-node-gpu';
export const WITHOUT_GPU = '@tensorflow/tfjs-node';
/** npm's package of Dawn. */
export const DAWN: string = 'webgpu';
/** TensorFlow.js's kernels, with which npm installs its core. */
export const KERNELS = '@tensorflow/tfjs-backend-webgpu';
export const CORE = '@tensorflow/tfjs-core';
/** The kernels are made for one version of tfjs-core. */
export const KERNELS_VERSION = '4.22.0';

export const HOW_TO_INSTALL = {
  onnxruntime: `npm install ${ONNXRUNTIME} (ONNXRUNTIME_NODE_INSTALL=skip leaves out the CUDA libraries)`,
  tensorflow: `npm install ${WITHOUT_GPU} (or ${WITH_GPU}, with CUDA 11 and cuDNN 8), on Node 20 or 22`,
  /** Other versions of Dawn need a newer libstdc++. */
  webgpu: `npm install ${DAWN}@0.6.2 ${KERNELS}@${KERNELS_VERSION}`,
};
