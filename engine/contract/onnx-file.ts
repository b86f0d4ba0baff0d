/** What an engine does that runs ONNX files as they are. */
import type { OnnxFileFacts } from '../../weights/index.js';
import type { ImageBatch } from './backend.js';

export interface OnnxFileRequest {
  facts: OnnxFileFacts;
  bytes: Uint8Array;
  /** Names of the values that may be asked for. */
  values: readonly string[];
  mean: readonly number[];
  std: readonly number[];
}

export interface FileValue {
  /** Whether it has floating point; otherwise whole numbers of 8 or 32 bits. */
  isFloat: boolean;
  shape: readonly number[];
  data: Float32Array;
}

export interface OnnxFileSession {
  run(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>>;
  /** As `run`, but the values have no numbers. */
  look(images: ImageBatch, names: readonly string[]): Promise<ReadonlyMap<string, FileValue>>;
  close(): Promise<void>;
}

/** What a file may take; what is left out is as usual. */
export interface OnnxFileLimits {
  /** Seconds for each answer; 60. */
  seconds?: number;
  /** A share of all memory that there is; 0.75. */
  shareOfMemory?: number;
}
