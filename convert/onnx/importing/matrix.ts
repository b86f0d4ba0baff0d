/** Products with matrices. One with a constant matrix is a Linear. Einstein sums are products of moved axes. */
import type { LinearAttrs } from '../../../graph/index.js';
import { floatAttribute, intAttribute, stringAttribute } from '../file/onnx-model.js';
import { type Constant, countOf } from '../folding/constant.js';
import { type Application, computed, constant, type Operator, optionalConstant, tensorOf } from './graph-builder.js';
import { aligned, inShape, transposed, withoutAxes } from './layout.js';
import { type ComputedValue, graphAxis, NotSupported, placeOf, positiveAxis, rankOf, type Value } from './value.js';

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

// Einstein sums: products of two matrices (`bhid, bhjd -> bhij`), and one value, summed and moved (`bij -> bj`).

export const einsum: Operator = (application) => {
  const { node, graph, name } = application;
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const single = /^([a-zA-Z]+)->([a-zA-Z]*)$/.exec(equation);
  if (single !== null) return ofOne(application, equation, [...single[1]!], [...single[2]!]);
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation);
  if (match === null) throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  const [a, b, output] = match.slice(1).map((labels) => [...labels]) as [string[], string[], string[]];
  const shared = output.filter((label) => a.includes(label) && b.includes(label));
  const only = (labels: string[], other: string[]) => labels.filter((label) => !other.includes(label));
  const summed = a.filter((label) => b.includes(label) && !output.includes(label));
  const [rows, columns] = [only(a, b), only(b, a)];
  const matrix = application.inputs[1];
  const isLinear = a.at(-1) === summed[0] && output.join() === [...a.slice(0, -1), ...columns].join();
  if (matrix?.kind === 'constant' && b.length === 2 && columns.length === 1 && isLinear) {
    return linear(application, b[0] === columns[0] ? matrix.constant : turned(matrix.constant), null);
  }
  const isProduct = [rows, columns, summed].every(({ length }) => length === 1);
  const isWhole = new Set(output).size === output.length && output.length === shared.length + 2;
  if (!isProduct || !isWhole) throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  const left = inOrder(application, 0, a, [...shared, ...rows, ...summed]);
  const right = inOrder(application, 1, b, [...shared, ...summed, ...columns]);
  if (left.batch !== right.batch || left.merged !== right.merged || left.batch >= shared.length) {
    throw new NotSupported('its inputs have the batch in different axes');
  }
  const product = graph.add(`${name}:product`, { op: 'matmul' }, [left, right]);
  const made = [...shared, ...rows, ...columns];
  return transposed(
    graph,
    product,
    output.map((label) => made.indexOf(label)),
    name,
  );
};

function ofOne(application: Application, equation: string, labels: string[], output: string[]): ComputedValue {
  const { graph, name } = application;
  const isPlain = new Set(labels).size === labels.length && new Set(output).size === output.length;
  if (
    !isPlain ||
    !output.every((label) => labels.includes(label)) ||
    labels.length !== rankOf(computed(application, 0))
  ) {
    throw new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  }
  const summed = labels.filter((label) => !output.includes(label));
  const moved = inOrder(application, 0, labels, [...output, ...summed]);
  if (summed.length === 0) return moved;
  const places = summed.map((_, i) => output.length + i);
  const axes = places.map((axis) => graphAxis(axis, moved));
  const attrs = { function: 'sum', axes, keepDims: false } as const;
  return graph.add(name, { op: 'reduce', attrs }, [moved], {}, withoutAxes(moved, places));
}

function inOrder(application: Application, input: number, labels: string[], order: string[]): ComputedValue {
  const { graph, name } = application;
  const perm = order.map((label) => labels.indexOf(label));
  return transposed(graph, computed(application, input), perm, `${name}:factor ${input + 1}`);
}
