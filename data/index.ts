export { DataError } from './data-error.js';
export type { EventBatch, EventTableSchema } from './event.js';
export type { NpyKind, NpyType, NpyValues } from './npy/dtype.js';
export { encodeNpyHeader, type NpyHeader, npyRowCount, npyRowLength, parseNpyHeader } from './npy/header.js';
export { type NpyArray, type NpyRows, readNpy } from './npy/read.js';
