/** Runs an ONNX file as it is: for those who want to know which values it has before it is stored with weights. */
import type { OnnxFileFacts } from '../weights/index.js';
import type { FileValue } from './backends/onnxruntime/file-session.js';
import type { ImageBatch } from './contract/backend.js';

export interface OnnxFileRequest {
  facts: OnnxFileFacts;
  bytes: Uint8Array;
  values: readonly string[];
  mean: readonly number[];
  std: readonly number[];
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
  /** Of all memory that there is; 0.75. */
  shareOfMemory?: number;
}

/**
 * The file runs in a process of its own, which ends if it takes too long or too much memory.
 *
 * @throws EngineError `BACKEND_NOT_INSTALLED` without onnxruntime-node; `BACKEND_FAILED` for a file that it does not take
 */
export async function openOnnxFile(
  { facts, bytes, values, mean, std }: OnnxFileRequest,
  limits: OnnxFileLimits = {},
): Promise<OnnxFileSession> {
  const { ApartSession } = await import('./backends/onnxruntime/apart-session.js');
  return ApartSession.open({ facts, bytes }, values, { mean, std }, limits);
}
