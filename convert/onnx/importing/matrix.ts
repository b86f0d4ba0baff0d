/** Products with matrices. One with a constant matrix is a Linear. */
import type { LinearAttrs } from '../../../graph/index.js';
import { floatAttribute, intAttribute } from '../file/onnx-model.js';
import { type Constant, countOf } from '../folding/constant.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './graph-builder.js';
import { aligned, inShape, withoutAxes } from './layout.js';
import { type ComputedValue, NotSupported, placeOf, positiveAxis, rankOf, type Value } from './value.js';

/** `alpha·A·B + beta·C`. */
export const gemm: Operator = (application) => {
  const { node } = application;
  const x = computed(application, 0);
  if (intAttribute(node, 'transA', 0) === 1) throw new NotSupported('it turns the batch around');
  if (rankOf(x) !== 2) throw new NotSupported(`it gets a value with ${rankOf(x)} dimensions`);
  const b = matrix(constant(application, 1));
  const weight = intAttribute(node, 'transB', 0) === 1 ? b : turned(b);
  const alpha = floatAttribute(node, 'alpha', 1);
  const bias = optionalConstant(application, 2);
  const beta = floatAttribute(node, 'beta', 1);
  return linear(application, scaled(weight, alpha), bias === null ? null : scaled(bias, beta));
};

export const matMul: Operator = (application) => {
  const { graph, name } = application;
  const [a, b] = application.inputs;
  if (a == null || b == null) throw new NotSupported('an input is missing');
  if (a.kind === 'computed' && b.kind === 'constant' && b.constant.dims.length === 2) {
    return linear(application, turned(b.constant), null);
  }
  if (rankOf(a) < 2 || rankOf(b) < 2) return withVector(application, a, b);
  const factors = aligned(graph, [a, b], name);
  const isAmongMatrices = factors.some((factor) => factor.batch >= rankOf(factor) - 2);
  if (isAmongMatrices) throw new NotSupported('it multiplies along the batch');
  return graph.add(name, { op: 'matmul' }, factors);
};

/** A vector that is known is one row or one column, whose axis the product does not have. */
function withVector(application: Application, a: Value, b: Value): ComputedValue {
  const { graph, name } = application;
  const isLeft = rankOf(a) < 2;
  const [vector, other] = isLeft ? [a, b] : [b, a];
  if (vector.kind !== 'constant' || rankOf(other) < 2) throw new NotSupported('a factor is a vector of the network');
  const [length = 0] = vector.constant.dims;
  const row: Value = { ...vector, constant: { ...vector.constant, dims: isLeft ? [1, length] : [length, 1] } };
  const inputs = isLeft ? [row, other] : [other, row];
  const product = matMul({ ...application, inputs, name: `${name}:of matrix` }) as ComputedValue;
  const axis = positiveAxis(isLeft ? -2 : -1, rankOf(product));
  const shape = product.shape.toSpliced(placeOf(axis, product), 1);
  return inShape(graph, product, shape, withoutAxes(product, [axis]), name);
}

/** @param weight `[outputs, inputs]` @param bias one value, or one an output; null: none */
export function linear(application: Application, weight: Constant, bias: Constant | null) {
  const { graph, name } = application;
  const x = computed(application, 0);
  placeOf(-1, x);
  const [outFeatures = 0, inFeatures = 0] = weight.dims;
  const attrs: LinearAttrs = { inFeatures, outFeatures, bias: bias !== null };
  const tensors = { weight: tensorOf(weight, [outFeatures, inFeatures]) };
  if (bias === null) return graph.add(name, { op: 'linear', attrs }, [x], tensors);
  const values = biasValues(bias, outFeatures);
  if (values === null) throw new NotSupported(`its bias has the shape [${bias.dims.join(', ')}]`);
  return graph.add(name, { op: 'linear', attrs }, [x], { ...tensors, bias: { shape: [outFeatures], data: values } });
}

/** One value for each output, or null for a constant that is something else. */
export function biasValues({ dims, data }: Constant, outputs: number): Float32Array | null {
  if (data.length === 1) return new Float32Array(outputs).fill(data[0]!);
  if (data.length !== outputs || countOf(dims.slice(0, -1)) !== 1) return null;
  return Float32Array.from(data);
}

function matrix(constant: Constant): Constant {
  if (constant.dims.length === 2) return constant;
  throw new NotSupported(`its matrix has the shape [${constant.dims.join(', ')}]`);
}

/** A file is imported twice, to see whether its graph depends on the size of images. */
const turnedBefore = new WeakMap<Constant, Constant>();

export function turned(matrix: Constant): Constant {
  const known = turnedBefore.get(matrix);
  if (known !== undefined) return known;
  const [rows = 0, columns = 0] = matrix.dims;
  const data = new Float32Array(matrix.data.length);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) data[column * rows + row] = matrix.data[start + column]!;
  }
  const made: Constant = { kind: 'float', dims: [columns, rows], data };
  turnedBefore.set(matrix, made);
  return made;
}

function scaled(constant: Constant, factor: number): Constant {
  return factor === 1 ? constant : { ...constant, data: Float32Array.from(constant.data, (value) => value * factor) };
}
