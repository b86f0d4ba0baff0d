/** The package that brings the engine. */
export const PACKAGE = 'onnxruntime-node';

export const HOW_TO_INSTALL = `npm install ${PACKAGE} (ONNXRUNTIME_NODE_INSTALL=skip leaves out the CUDA libraries)`;
