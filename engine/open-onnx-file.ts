/** Runs an ONNX file as it is: for those who want to know which values it has before it is stored with weights. */
import { engineOfFiles } from './backends/registry.js';
import type { OnnxFileLimits, OnnxFileRequest, OnnxFileSession } from './contract/onnx-file.js';

/**
 * The file runs in a process of its own, which ends if it takes too long or too much memory.
 *
 * @throws EngineError `BACKEND_NOT_INSTALLED` without the engine's package; `BACKEND_FAILED` for a file that it does not take
 */
export function openOnnxFile(request: OnnxFileRequest, limits: OnnxFileLimits = {}): Promise<OnnxFileSession> {
  return engineOfFiles().openFile(request, limits);
}
