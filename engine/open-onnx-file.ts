/** Runs an ONNX file as it is: for those who want to know which values it has before it is stored with weights. */
import type { OnnxFileFacts } from '../weights/index.js';
import type { FileSession, FileValue } from './backends/onnxruntime/file-session.js';
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
  close(): Promise<void>;
}

/**
 * @throws EngineError `BACKEND_NOT_INSTALLED` without onnxruntime-node; `BACKEND_FAILED` for a file that it does not take
 */
export async function openOnnxFile({ values, mean, std, ...file }: OnnxFileRequest): Promise<OnnxFileSession> {
  const { openFile } = await import('./backends/onnxruntime/open-file.js');
  const session: FileSession = await openFile(file, values, { mean, std });
  return { run: (images, names) => session.run(images, names), close: () => session.close() };
}
