/** The inputs of a model, and what a translation gives. */
import type { OnnxGraph, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import type { TfValue } from './value.js';
import { computed, mapNamed } from './writer.js';

export interface Translated {
  graph: OnnxGraph;
  /** Tensors → the weights of the file whose values they have. */
  sources: ReadonlyMap<OnnxTensor, string>;
}

/** TensorProto.DataType. */
const FLOAT = 1;
const BYTE = 2;

/** @param sizes `[N, H, W, C]`, null for one that is not fixed; null where the file does not say */
export function imageValue(
  name: string,
  sizes: readonly (number | null)[] | null,
  isBytes: boolean,
): { info: OnnxValueInfo; value: TfValue } {
  const elementType = isBytes ? BYTE : FLOAT;
  const written = (sizes ?? [null, null, null, null]).map((size) => size ?? '');
  if (written.length !== 4) {
    return { info: { name, elementType, shape: written }, value: computed(name, written.length) };
  }
  const [batch = '', height = '', width = '', channels = ''] = written;
  return { info: { name, elementType, shape: [batch, channels, height, width] }, value: mapNamed(name) };
}
