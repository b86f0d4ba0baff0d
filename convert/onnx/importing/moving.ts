/** Operators that change shapes and orders, and those that do nothing at inference. */
import { attributeOf, intAttribute } from '../file/onnx-model.js';
import { countOf } from '../folding/constant.js';
import { axesOf, targetDims, unsqueezedDims } from '../folding/fold.js';
import { type Application, computed, constant, numbers, type Operator, optionalConstant } from './graph-builder.js';
import { aligned, inShape, reshaped, transposed, withoutAxes } from './layout.js';
import { type ComputedValue, graphAxis, NotSupported, positiveAxis, rankOf, type Value } from './value.js';

export const pass: Operator = (application) => {
  const { graph, name } = application;
  return graph.add(name, { op: 'identity' }, [computed(application, 0)]);
};

export const dropout: Operator = (application) => {
  const isTraining = optionalConstant(application, 2)?.data[0] ?? 0;
  const ratio = application.inputs[1] == null ? 0.5 : constant(application, 1).data[0];
  if (isTraining !== 0 && ratio !== 0) throw new NotSupported('it is in training mode');
  return pass(application);
};

export const reshape: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const isZeroSize = intAttribute(node, 'allowzero', 0) === 1;
  return reshaped(graph, x, targetDims(graph.dims(x), numbers(application, 1), isZeroSize), name);
};

export const flatten: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const dims = graph.dims(x);
  const axis = intAttribute(node, 'axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  return reshaped(graph, x, [countOf(dims.slice(0, at)), countOf(dims.slice(at))], name);
};

export const unsqueeze: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const axes = axesOf(node, optionalConstant(application, 1)) ?? [];
  const rank = rankOf(x) + axes.length;
  const added = new Set(axes.map((axis) => positiveAxis(axis, rank)));
  const target = unsqueezedDims(graph.dims(x), axes);
  // One image without an axis of the batch gets one.
  if (graph.batchSize === 1 && x.merged === 'slow' && x.batch === 0 && added.has(0))
    return reshaped(graph, x, target, name);
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !added.has(axis));
  return inLayout(application, x, target, rest[x.batch]!, name);
};

export const squeeze: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const dims = graph.dims(x);
  const axes = axesOf(node, optionalConstant(application, 1))?.map((axis) => positiveAxis(axis, dims.length));
  const dropped = axes ?? dims.flatMap((size, axis) => (size === 1 && axis !== x.batch ? [axis] : []));
  const isOneImage = graph.batchSize === 1 && !x.merged;
  if (dropped.includes(x.batch) && !isOneImage) throw new NotSupported('it drops the axis of the batch');
  if (dropped.some((axis) => dims[axis] !== 1)) throw new NotSupported('it drops an axis that has several values');
  const kept = dims.filter((_, axis) => !dropped.includes(axis));
  if (dropped.includes(x.batch)) return reshaped(graph, x, kept, name);
  return inLayout(application, x, kept, withoutAxes(x, dropped).batch, name);
};

/** In another shape with the batch at a place that is known. */
function inLayout({ graph }: Application, x: ComputedValue, dims: readonly number[], batch: number, name: string) {
  const shape = x.merged ? dims.with(batch, dims[batch]! / graph.batchSize) : dims.toSpliced(batch, 1);
  return inShape(graph, x, shape, { batch, merged: x.merged }, name);
}

export const transpose: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const perm = attributeOf(node, 'perm', 'ints') ?? [...Array(rankOf(x)).keys()].reverse();
  const isPermutation = perm.length === rankOf(x) && [...perm].sort((a, b) => a - b).every((axis, i) => axis === i);
  if (!isPermutation) throw new NotSupported(`[${perm.join(', ')}] is not an order of ${rankOf(x)} axes`);
  return transposed(graph, x, perm, name);
};

export const concat: Operator = (application) => {
  const { node, graph, name, inputs } = application;
  const values = inputs.filter((input): input is Value => input !== null);
  if (values.length === 1) return pass(application);
  const like = values.find((value) => value.kind === 'computed') as ComputedValue;
  const axis = graphAxis(intAttribute(node, 'axis', 1), like);
  if (values.some((value) => rankOf(value) !== rankOf(like))) throw new NotSupported('its inputs differ in rank');
  return graph.add(name, { op: 'concat', attrs: { axis } }, aligned(graph, values, name));
};
