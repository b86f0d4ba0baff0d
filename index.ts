/** Everything that image-drift offers to programs, re-exported; each room is importable alone as well. */
export * from './data/index.js';
export * from './drift/index.js';
export * from './engine/index.js';
export { CodedError } from './errors/index.js';
export * from './weights/index.js';
