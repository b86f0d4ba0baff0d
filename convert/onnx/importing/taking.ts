/** Operators that take some values along axes, repeat them, or put others around them. */
import { floatAttribute, intAttribute, stringAttribute } from '../file/onnx-model.js';
import { countOf } from '../folding/constant.js';
import { padSides, slicesOf, splitSizes } from '../folding/fold.js';
import {
  type Application,
  computed,
  constant,
  type GraphBuilder,
  type NodeOperation,
  numbers,
  type Operator,
  optionalConstant,
} from './graph-builder.js';
import { inShape, reshaped, withoutAxes } from './layout.js';
import { pass } from './moving.js';
import { type ComputedValue, graphAxis, NotSupported, placeOf, positiveAxis, rankOf } from './value.js';

/** As many as a stored graph may list. */
const MAX_POSITIONS = 100_000;

export const slice: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const dims = graph.dims(x);
  const positions = slicesOf(node, dims, [null, ...[1, 2, 3, 4].map((i) => optionalConstant(application, i))]);
  const changed = positions.flatMap((taken, axis) => (isWhole(taken, dims[axis]!) ? [] : [axis]));
  if (changed.length === 0) return pass(application);
  return changed.reduce<ComputedValue>((value, axis, i) => {
    const operation = taking(positions[axis]!, graphAxis(axis, x));
    return graph.add(i === changed.length - 1 ? name : `${name}:axis ${axis}`, operation, [value]);
  }, x);
};

function isWhole(positions: ArrayLike<number>, size: number): boolean {
  return positions.length === size && Array.prototype.every.call(positions, (position, i) => position === i);
}

/** A slice where positions are evenly spread forwards, otherwise a list of them. */
function taking(positions: readonly number[], axis: number): NodeOperation {
  const [start = 0, second = start + 1] = positions;
  const step = second - start;
  const isEven = step > 0 && positions.every((position, i) => position === start + i * step);
  if (positions.length === 0) throw new NotSupported('it takes nothing');
  if (!isEven) return { op: 'gather', attrs: { axis, indices: positions } };
  return { op: 'slice', attrs: { axis, start, end: positions.at(-1)! + 1, step } };
}

export const split: Operator = (application) => {
  const { node, graph, opset } = application;
  const x = computed(application, 0);
  const axis = positiveAxis(intAttribute(node, 'axis', 0), rankOf(x));
  const size = x.shape[placeOf(axis, x)]!;
  let start = 0;
  return splitSizes(node, size, optionalConstant(application, 1), opset).map((length, i) => {
    const end = start + length;
    const attrs = { axis: graphAxis(axis, x), start, end, step: 1 };
    start = end;
    return graph.add(node.outputs[i] ?? '', { op: 'slice', attrs }, [x]);
  });
};

export const gather: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const axis = positiveAxis(intAttribute(node, 'axis', 0), rankOf(x));
  const asked = constant(application, 1);
  // A view of all values as a list, which is how an exporter writes as_strided.
  if (rankOf(x) === 1 && isWhole(asked.data, graph.dims(x)[0]!)) return reshaped(graph, x, asked.dims, name);
  const isOneImage = graph.batchSize === 1 && axis === x.batch && !x.merged && asked.dims.length === 0;
  if (isOneImage && (asked.data[0] === 0 || asked.data[0] === -1)) {
    return reshaped(graph, x, graph.dims(x).toSpliced(axis, 1), name);
  }
  const place = placeOf(axis, x);
  const size = x.shape[place]!;
  const indices = [...asked.data].map((index) => (index < 0 ? index + size : index));
  if (indices.some((index) => !(index >= 0 && index < size))) throw new NotSupported('an index is out of range');
  const graphed = graphAxis(axis, x);
  if (asked.dims.length === 0) {
    return graph.add(
      name,
      { op: 'select', attrs: { axis: graphed, index: indices[0]! } },
      [x],
      {},
      withoutAxes(x, [axis]),
    );
  }
  const isFlat = asked.dims.length === 1;
  const taken = graph.add(isFlat ? name : `${name}:taken`, { op: 'gather', attrs: { axis: graphed, indices } }, [x]);
  if (isFlat) return taken;
  const shape = x.shape.toSpliced(place, 1, ...asked.dims);
  const more = axis < x.batch ? asked.dims.length - 1 : 0;
  return inShape(graph, taken, shape, { batch: x.batch + more, merged: x.merged }, name);
};

/** Positions along the first axes, which become one. */
export const gatherNd: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const { dims, data } = constant(application, 1);
  const depth = dims.at(-1) ?? 0;
  const isInFront = depth > 0 && depth <= x.shape.length && (x.merged === 'alone' || depth <= x.batch);
  if (intAttribute(node, 'batch_dims', 0) !== 0 || !isInFront)
    throw new NotSupported('it works along the axis of the batch');
  const sizes = x.shape.slice(0, depth);
  const rest = x.shape.slice(depth);
  const count = data.length / depth;
  if (count > MAX_POSITIONS) throw new NotSupported(`it takes ${count} positions`);
  const indices = Array.from({ length: count }, (_, i) =>
    sizes.reduce((at, size, axis) => {
      const index = data[i * depth + axis]!;
      if (!(index >= -size && index < size)) throw new NotSupported('an index is out of range');
      return at * size + (index < 0 ? index + size : index);
    }, 0),
  );
  const layout = (axes: number) => ({ batch: x.merged === 'alone' ? 0 : x.batch - depth + axes, merged: x.merged });
  const list = inShape(graph, x, [countOf(sizes), ...rest], layout(1), `${name}:list`);
  const taken = graph.add(`${name}:taken`, { op: 'gather', attrs: { axis: 1, indices } }, [list]);
  return inShape(graph, taken, [...dims.slice(0, -1), ...rest], layout(dims.length - 1), name);
};

export const expand: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const asked = numbers(application, 1);
  const rank = Math.max(rankOf(x), asked.length);
  const missing = rank - rankOf(x);
  const layout = { batch: x.batch + missing, merged: x.merged };
  const value = inShape(graph, x, [...new Array<number>(missing).fill(1), ...x.shape], layout, `${name}:padded`);
  const dims = graph.dims(value);
  const target = dims.map((size, axis) => Math.max(size, asked[axis - (rank - asked.length)] ?? 1));
  if (target[value.batch] !== dims[value.batch]) throw new NotSupported('it repeats the images of a batch');
  const shape = value.shape.map((_, i) => target[i >= value.batch && !value.merged ? i + 1 : i]!);
  const whole = value.merged ? shape.with(value.batch, value.shape[value.batch]!) : shape;
  if (whole.join() === value.shape.join()) return value;
  return graph.add(name, { op: 'expand', attrs: { shape: whole } }, [value]);
};

/** A stored graph lists each of them. */
const MAX_COPIES = 1000;

/** The whole value several times behind itself. */
export const tile: Operator = (application) => {
  const { graph, name } = application;
  const x = computed(application, 0);
  const repeats = numbers(application, 1);
  const repeated = repeats.flatMap((count, axis) => (count === 1 ? [] : [axis]));
  return repeated.reduce<ComputedValue>((value, axis, i) => {
    if (repeats[axis]! > MAX_COPIES) throw new NotSupported(`it repeats its input ${repeats[axis]} times`);
    const copies = new Array<ComputedValue>(repeats[axis]!).fill(value);
    const attrs = { axis: graphAxis(axis, value) };
    return graph.add(i === repeated.length - 1 ? name : `${name}:axis ${axis}`, { op: 'concat', attrs }, copies);
  }, x);
};

const PAD_MODES = { constant: 'constant', reflect: 'reflect', edge: 'replicate' } as const;

/** Sizes below 0 take values away, before others are added. */
export const pad: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const rank = rankOf(x);
  const sides = padSides(node, rank, optionalConstant(application, 1), optionalConstant(application, 3));
  const mode = stringAttribute(node, 'mode', 'constant');
  const value = mode === 'constant' ? valueAround(application) : 0;
  if (mode !== 'wrap' && !Object.hasOwn(PAD_MODES, mode)) throw new NotSupported(`its mode is ${mode}`);
  const padding = x.shape.map((): [number, number] => [0, 0]);
  sides.forEach(([before, after], axis) => {
    if (before !== 0 || after !== 0) padding[placeOf(axis, x)] = [before, after];
  });
  const kept = cropped(graph, x, padding, name);
  const added = padding.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  if (added.every(([before, after]) => before + after === 0)) return kept === x ? pass(application) : kept;
  if (mode === 'wrap') return wrapped(graph, kept, added, name);
  const known = PAD_MODES[mode as keyof typeof PAD_MODES];
  return graph.add(name, { op: 'pad', attrs: { padding: added, mode: known, value } }, [kept]);
};

/** The smallest float32. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

/** What a pad puts around a value. Minus infinity is for a MaxPool, which never takes the smallest number either. */
function valueAround(application: Application): number {
  const value = optionalConstant(application, 2)?.data[0] ?? floatAttribute(application.node, 'value', 0);
  if (Number.isFinite(value)) return value;
  if (value === Number.NEGATIVE_INFINITY && application.isReadBy('MaxPool')) return LOWEST;
  throw new NotSupported(`it pads with ${value}${Number.isNaN(value) ? '' : ' for other operators than MaxPool'}`);
}

/** Without what negative sizes take away. */
function cropped(graph: GraphBuilder, x: ComputedValue, padding: readonly (readonly [number, number])[], name: string) {
  return padding.reduce((value, [before, after], place) => {
    if (Math.min(before, after) >= 0) return value;
    const attrs = { axis: place + 1, start: Math.max(0, -before), end: x.shape[place]! + Math.min(0, after), step: 1 };
    return graph.add(`${name}:cropped ${place + 1}`, { op: 'slice', attrs }, [value]);
  }, x);
}

/** Each axis goes on from its beginning, and before it from its end. */
function wrapped(graph: GraphBuilder, x: ComputedValue, added: readonly (readonly [number, number])[], name: string) {
  return added.reduce((value, [before, after], place) => {
    if (before + after === 0) return value;
    const size = x.shape[place]!;
    if (before + size + after > MAX_POSITIONS) throw new NotSupported(`it wraps ${size} to ${before + size + after}`);
    const indices = Array.from({ length: before + size + after }, (_, i) => (((i - before) % size) + size) % size);
    return graph.add(`${name}:wrapped ${place + 1}`, { op: 'gather', attrs: { axis: place + 1, indices } }, [value]);
  }, x);
}

/** `[N, C·b², H, W]` → `[N, C, H·b, W·b]`. */
export const depthToSpace: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const block = intAttribute(node, 'blocksize', 1);
  const [channels = 0, height = 0, width = 0] = x.shape;
  const out = channels / block ** 2;
  const isColumnRow = stringAttribute(node, 'mode', 'DCR') === 'CRD';
  const shape = isColumnRow ? [out, block, block, height, width] : [block, block, out, height, width];
  const axes = isColumnRow ? [1, 4, 2, 5, 3] : [3, 4, 1, 5, 2];
  return throughBlocks(application, x, { shape, axes, output: [out, height * block, width * block] }, graph, name);
};

/** `[N, C, H, W]` → `[N, C·b², H/b, W/b]`. */
export const spaceToDepth: Operator = (application) => {
  const { node, graph, name } = application;
  const x = computed(application, 0);
  const block = intAttribute(node, 'blocksize', 1);
  const [channels = 0, height = 0, width = 0] = x.shape;
  const shape = [channels, height / block, block, width / block, block];
  const output = [channels * block ** 2, height / block, width / block];
  const axes = stringAttribute(node, 'mode', 'DCR') === 'CRD' ? [1, 3, 5, 2, 4] : [3, 5, 1, 2, 4];
  return throughBlocks(application, x, { shape, axes, output }, graph, name);
};

function throughBlocks(
  { node }: Application,
  x: ComputedValue,
  { shape, axes, output }: { shape: number[]; axes: number[]; output: number[] },
  graph: Application['graph'],
  name: string,
): ComputedValue {
  if (x.batch !== 0 || x.merged || countOf(shape) !== countOf(x.shape) || !shape.every(Number.isInteger)) {
    throw new NotSupported(`its blocks of ${intAttribute(node, 'blocksize', 1)} do not fit [${x.shape.join(', ')}]`);
  }
  const apart = graph.add(`${name}:apart`, { op: 'reshape', attrs: { shape } }, [x]);
  const moved = graph.add(`${name}:moved`, { op: 'permute', attrs: { axes } }, [apart]);
  return graph.add(name, { op: 'reshape', attrs: { shape: output } }, [moved]);
}
