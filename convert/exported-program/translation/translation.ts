import type { Call } from './call.js';

/**
 * How an operation of ATen becomes operators of ONNX: the value that it gives, or all of them.
 *
 * @throws NotSupported for arguments that have no meaning there
 */
export type Translation = (call: Call) => string | string[];

export type Translations = Readonly<Record<string, Translation>>;

/** Type of a tensor in torch/_export/serde/schema.py → TensorProto.DataType. */
export const ONNX_TYPES: Readonly<Record<number, number>> = {
  1: 2,
  2: 3,
  3: 5,
  4: 6,
  5: 7,
  6: 10,
  7: 1,
  8: 11,
  12: 9,
  13: 16,
};

/** Operators of this folder that ONNX does not have. */
export const OWN_DOMAIN = 'aten';
