/** What every format that can be converted is read as. */
import { extname, latin1 } from '#platform';
import { anything, type OptionsOf } from '../base/index.js';
import { RandomAccessFile } from '../files/index.js';
import type { ModelConfig, Tensor } from '../weights/index.js';
import { holdsProgram } from './exported-program/file/archive.js';
import type { OpenOnnxSession } from './onnx/as-is/runtime.js';
import { looksLikeOnnx } from './onnx/file/read-onnx.js';
import { modelFields, preprocessingFields, recogniseFields } from './options/index.js';
import type { CheckpointFormat } from './state-dict/read-checkpoint.js';
import { holdsTfjsModel } from './tfjs-model/file/model-json.js';

/** Formats of files that have their network. */
export type NetworkFormat = 'onnx' | 'exported-program' | 'tfjs-model';

export interface ReadModel {
  config: ModelConfig;
  format: CheckpointFormat | NetworkFormat;
  tensors: Map<string, Tensor>;
  /** Whether its one output is the logit of the second of its two classes, for `withTwoClasses`. */
  isOneLogit?: boolean | undefined;
  /** Whether its outputs are of labels of which several may hold, for `withLabels`. */
  isMultiLabel?: boolean | undefined;
  /** Thresholds that the file itself has, in the order of its labels. */
  thresholds?: readonly number[] | undefined;
  /** The file of a network that runs as it is. */
  file?: Uint8Array | undefined;
}

const sessionField = {
  /** Runs an ONNX file as it is: `openOnnxFile` of `image-drift/engine`. Left out: only supported operators. */
  openOnnx: anything<OpenOnnxSession>(),
};

export const describedFields = { ...preprocessingFields, ...recogniseFields, ...modelFields, ...sessionField };

/** What may be said of a model by hand. */
export interface ModelOptions
  extends OptionsOf<typeof preprocessingFields>,
    OptionsOf<typeof recogniseFields>,
    OptionsOf<typeof modelFields>,
    OptionsOf<typeof sessionField> {}

const HEAD_BYTES = 9;
/** The upper half of a 32-bit length, and the beginning of a JSON object. The lower half may look like any format. */
const SAFETENSORS = '\0\0\0\0{';

/**
 * @returns `checkpoint` for tensors, and for what is not known: its reader says what is wrong
 * @throws FileError
 */
export async function fileFormat(path: string): Promise<NetworkFormat | 'checkpoint'> {
  // By its name, too: the reader of ONNX files then says how it is damaged.
  if (extname(path).toLowerCase() === '.onnx') return 'onnx';
  const file = await RandomAccessFile.open(path);
  try {
    const head = await file.read(0, Math.min(HEAD_BYTES, file.size));
    const text = latin1(head);
    if (text.slice(4) === SAFETENSORS) return 'checkpoint';
    if (looksLikeOnnx(head)) return 'onnx';
    if (text.startsWith('PK\x03\x04')) return (await holdsProgram(file)) ? 'exported-program' : 'checkpoint';
    return (await holdsTfjsModel(file)) ? 'tfjs-model' : 'checkpoint';
  } finally {
    await file.close();
  }
}
