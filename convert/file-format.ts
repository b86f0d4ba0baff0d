/** What kind of file a model is. Its beginning says so, and the members of a zip; it is opened once. */
import { extname } from 'node:path';
import { RandomAccessFile } from '../files/index.js';
import { holdsProgram } from './exported-program/file/archive.js';
import { looksLikeOnnx } from './onnx/file/read-onnx.js';
import type { NetworkFormat } from './read-model.js';
import { holdsTfjsModel } from './tfjs-model/file/model-json.js';

/** What tells the formats apart. */
const HEAD_BYTES = 9;
/** The upper half of a length that fits 32 bits, and the beginning of a JSON object. The lower half may look like any format. */
const SAFETENSORS = '\0\0\0\0{';

/**
 * @returns `checkpoint` for a file that holds tensors only, and for one that is none of them: its reader says what is wrong
 * @throws FileError
 */
export async function fileFormat(path: string): Promise<NetworkFormat | 'checkpoint'> {
  // By its name, too: the reader of ONNX files then says how it is damaged.
  if (extname(path).toLowerCase() === '.onnx') return 'onnx';
  const file = await RandomAccessFile.open(path);
  try {
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const text = Buffer.from(head).toString('latin1');
    if (text.slice(4) === SAFETENSORS) return 'checkpoint';
    if (looksLikeOnnx(head)) return 'onnx';
    if (text.startsWith('PK\x03\x04')) return (await holdsProgram(file)) ? 'exported-program' : 'checkpoint';
    return (await holdsTfjsModel(file)) ? 'tfjs-model' : 'checkpoint';
  } finally {
    await file.close();
  }
}
