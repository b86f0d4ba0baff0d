/**
 * Everything that image-drift offers to programs. Whole tasks come from `pipeline/`; each room can be imported alone
 * (`image-drift/engine`, `image-drift/drift`, …).
 */
export * from './convert/index.js';
export * from './data/index.js';
export * from './drift/index.js';
export * from './engine/index.js';
export { CodedError } from './errors/index.js';
export * from './graph/backbones/index.js';
export * from './graph/index.js';
export * from './graph/onnx/index.js';
export * from './graph/passes/index.js';
export * from './pipeline/index.js';
export * from './weights/index.js';
