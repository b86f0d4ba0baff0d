/** A session with an ONNX file on the best device that there is. */
import type { StoredOnnxFile } from '../../../graph/index.js';
import { chooseDevice, unusable } from './choose-device.js';
import { FileSession, type Pixels } from './file-session.js';

/** @throws EngineError `BACKEND_NOT_INSTALLED`, `BACKEND_FAILED` */
export async function openFile(file: StoredOnnxFile, values: readonly string[], pixels: Pixels): Promise<FileSession> {
  const choice = await chooseDevice(undefined);
  if (!choice.ok) throw unusable(choice);
  return FileSession.open(choice.runtime, file, values, pixels, { device: choice.device });
}
