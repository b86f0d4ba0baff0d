/** The packages that bring the engine. The package that can use a GPU is tried first. */
export const WITH_GPU = '@tensorflow/tfjs-node-gpu';
export const WITHOUT_GPU = '@tensorflow/tfjs-node';

export const HOW_TO_INSTALL = `npm install ${WITHOUT_GPU} (or ${WITH_GPU}, with CUDA 11 and cuDNN 8), on Node 20 or 22`;
