/** What an output of an ONNX file is made by, in the words of all runtimes and quantisers: softmax, Linear, bias. */

import type { OnnxNode } from '../file/onnx-model.js';
import { intAttribute } from '../file/onnx-model.js';

export interface OutputSource {
  softmax: 'probabilities' | 'logits' | null;
  /** Whether each value has a sigmoid of its own. */
  hasSigmoids: boolean;
  /** What the last Linear reads; null where the output is not one's. */
  features: string | null;
  /** Whether a bias is added to the Linear. */
  hasBias: boolean;
  /** Whether the softmax is over the images of a batch, so that it is 1 for an image alone. */
  isOverBatch: boolean;
}

/** They change the form of a value, not what it says. */
const SAME = new Set([
  'Identity',
  'Cast',
  'Dropout',
  'Flatten',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'QuantizeLinear',
  'DequantizeLinear',
  'DynamicQuantizeLinear',
]);

/** Products with a matrix, and the input that is a bias; null: none. */
const LINEAR: Readonly<Record<string, number | null>> = {
  Gemm: 2,
  FusedGemm: 2,
  QGemm: 6,
  MatMul: null,
  FusedMatMul: null,
  MatMulNBits: 5,
  QLinearMatMul: null,
  MatMulInteger: null,
  MatMulIntegerToFloat: 6,
  DynamicQuantizeMatMul: 4,
};

/** They take a value and a bias or a scale. */
const WITH_CONSTANT = new Set(['Add', 'Mul', 'QLinearAdd', 'QLinearMul']);

const SIGMOIDS = new Set(['Sigmoid', 'QLinearSigmoid']);

const MAX_STEPS = 64;

/** @param isOfImages whether a value has a row for each image */
export function sourceOfOutput(
  output: string,
  makers: ReadonlyMap<string, OnnxNode>,
  isOfImages: (name: string) => boolean,
): OutputSource {
  let softmax: OutputSource['softmax'] = null;
  let [hasBias, isOverBatch, hasSigmoids] = [false, false, false];
  let name = output;
  for (let step = 0; step < MAX_STEPS; step++) {
    const node = makers.get(name);
    if (node === undefined) break;
    const { op, inputs } = node;
    const bias = LINEAR[op];
    if (bias !== undefined) {
      const isBiased = hasBias || (bias !== null && (inputs[bias] ?? '') !== '');
      return { softmax, hasSigmoids, features: inputs[0] ?? null, hasBias: isBiased, isOverBatch };
    }
    const next = before(node, isOfImages);
    if (next === null) break;
    if (op.endsWith('Softmax') && intAttribute(node, 'axis', -1) === 0) isOverBatch = true;
    if (op === 'Softmax' || op === 'QLinearSoftmax') softmax ??= 'probabilities';
    else if (op === 'LogSoftmax') softmax ??= 'logits';
    else if (SIGMOIDS.has(op)) hasSigmoids = true;
    else if (op === 'Add' || op === 'QLinearAdd') hasBias = true;
    name = next;
  }
  return { softmax, hasSigmoids, features: null, hasBias: false, isOverBatch };
}

/** The name of the value that quantisation changed the form of, if it was one; otherwise the given one. */
export function beforeQuantising(name: string, makers: ReadonlyMap<string, OnnxNode>): string {
  const node = makers.get(name);
  return node !== undefined && /QuantizeLinear$/.test(node.op) ? (node.inputs[0] ?? name) : name;
}

function before({ op, inputs }: OnnxNode, isOfImages: (name: string) => boolean): string | null {
  if (SAME.has(op) || SIGMOIDS.has(op) || op.endsWith('Softmax')) return inputs[0] ?? null;
  if (!WITH_CONSTANT.has(op)) return null;
  const ofImages = inputs.filter(isOfImages);
  return ofImages.length === 1 ? ofImages[0]! : null;
}
