/** Einstein sums: one value, summed and moved (`bij -> bj`), and products of two (`byhwc, hkc -> byhwk`). */
import { stringAttribute } from '../file/onnx-model.js';
import { countOf } from '../folding/constant.js';
import { type Application, computed, type GraphBuilder, type Operator } from './graph-builder.js';
import { inShape, transposed, withoutAxes } from './layout.js';
import { linear, turned } from './matrix.js';
import { type ComputedValue, graphAxis, NotSupported, rankOf, type Value } from './value.js';

export const einsum: Operator = (application) => {
  const { node, inputs } = application;
  const equation = stringAttribute(node, 'equation', '').replaceAll(' ', '');
  const unread = () => new NotSupported(`its equation is ${equation.slice(0, 100)}`);
  const values = inputs.filter((input): input is Value => input !== null);
  const [left = '', right] = equation.split('->');
  const terms = left.split(',');
  if (terms.length !== values.length || values.length > 2) throw unread();
  const labels = terms.map((term, i) => labelsOf(term, rankOf(values[i]!)));
  const output =
    right === undefined
      ? impliedOutput(labels)
      : labelsOf(right, longestRest(labels) + right.replace('...', '').length);
  const known = labels.flatMap((each) => each ?? []);
  const isWhole = [...labels, output].every((each) => each !== null && new Set(each).size === each.length);
  if (!isWhole || output === null || !output.every((label) => known.includes(label))) throw unread();
  const [a, b] = labels as string[][];
  if (b === undefined) return ofOne(application, a!, output);
  const isSwapped = values[0]!.kind === 'constant';
  return isSwapped
    ? ofTwo(application, [values[1]!, values[0]!], [b, a!], output)
    : ofTwo(application, [values[0]!, values[1]!], [a!, b], output);
};

/** A letter for each axis. Those of `...` are numbers, counted from its last axis. Null if they are not as many as axes. */
function labelsOf(term: string, rank: number): string[] | null {
  const match = /^([a-zA-Z]*)(\.\.\.)?([a-zA-Z]*)$/.exec(term);
  if (match === null) return null;
  const [, before = '', rest, after = ''] = match;
  const more = rank - before.length - after.length;
  if (more < 0 || (rest === undefined && more > 0)) return null;
  return [...before, ...restLabels(more), ...after];
}

const restLabels = (count: number) => Array.from({ length: count }, (_, i) => `${count - i}`);

const isOfRest = (label: string) => /\d/.test(label);

function longestRest(labels: readonly (readonly string[] | null)[]): number {
  return Math.max(...labels.map((each) => (each ?? []).filter(isOfRest).length));
}

/** What an equation without an output gives: all axes of `...`, and the letters that come once, in their order. */
function impliedOutput(labels: readonly (readonly string[] | null)[]): string[] {
  const all = labels.flatMap((each) => each ?? []);
  const once = all.filter((label) => !isOfRest(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...restLabels(longestRest(labels)), ...once.sort()];
}

function ofOne(application: Application, labels: readonly string[], output: readonly string[]): ComputedValue {
  const { graph, name } = application;
  const summed = labels.filter((label) => !output.includes(label));
  const perm = [...output, ...summed].map((label) => labels.indexOf(label));
  const moved = transposed(graph, computed(application, 0), perm, `${name}:factor 1`);
  if (summed.length === 0) return moved;
  const places = summed.map((_, i) => output.length + i);
  const axes = places.map((axis) => graphAxis(axis, moved));
  const attrs = { function: 'sum', axes, keepDims: false } as const;
  return graph.add(name, { op: 'reduce', attrs }, [moved], {}, withoutAxes(moved, places));
}

/** A value and the letter of each axis of its shape. Where the batch is does not matter until the product is made. */
interface Factor {
  value: ComputedValue;
  labels: readonly string[];
}

const ALONE = { batch: 0, merged: 'alone' } as const;

/** @param values of which the first is computed */
function ofTwo(
  application: Application,
  values: readonly [Value, Value],
  labels: readonly [readonly string[], readonly string[]],
  output: readonly string[],
): ComputedValue {
  const { graph, name } = application;
  const [first, second] = values as [ComputedValue, Value];
  const linearly = asLinear(application, first, second, labels, output);
  if (linearly !== null) return linearly;
  const { merged } = first;
  const batch = merged === 'alone' ? null : labels[0][first.batch]!;
  const isElsewhere =
    second.kind === 'computed' && (second.merged !== merged || (batch !== null && labels[1][second.batch] !== batch));
  if (isElsewhere) throw new NotSupported('its inputs have the batch in different axes');
  if (batch !== null && !output.includes(batch)) throw new NotSupported('it sums over the images of a batch');
  const isDropped = (label: string) => label === batch && !merged;
  const factors = values.map((value, i): Factor => factorOf(application, value, labels[i]!, isDropped, i));
  const [a, b] = factors.map((factor, i) =>
    summedAlone(graph, factor, factors[1 - i]!, output, `${name}:sum ${i + 1}`),
  );
  const made = productOf(
    application,
    a!,
    b!,
    output.filter((label) => !isDropped(label)),
    merged ? batch : null,
  );
  return { ...made, batch: batch === null ? 0 : output.indexOf(batch), merged };
}

/** A constant matrix that the last axis is multiplied with. */
function asLinear(
  application: Application,
  x: ComputedValue,
  matrix: Value,
  [a, b]: readonly [readonly string[], readonly string[]],
  output: readonly string[],
): ComputedValue | null {
  const inner = a.at(-1) ?? '';
  const columns = b.filter((label) => !a.includes(label));
  const isLinear = b.includes(inner) && output.join() === [...a.slice(0, -1), ...columns].join();
  if (matrix.kind !== 'constant' || b.length !== 2 || columns.length !== 1 || !isLinear) return null;
  const weight = b[1] === inner ? matrix.constant : turned(matrix.constant);
  return linear({ ...application, inputs: [x] }, weight, null);
}

function factorOf(
  { graph, name }: Application,
  value: Value,
  labels: readonly string[],
  isDropped: (label: string) => boolean,
  i: number,
): Factor {
  const kept = labels.filter((label) => !isDropped(label));
  if (value.kind === 'computed') return { value: { ...value, ...ALONE }, labels: kept };
  const { dims } = value.constant;
  if (labels.some((label, axis) => isDropped(label) && dims[axis] !== 1)) {
    throw new NotSupported('it has a constant for each image of a batch');
  }
  const shape = dims.filter((_, axis) => !isDropped(labels[axis]!));
  return {
    value: graph.parameter(value.constant, value.name ?? `${name}:constant ${i + 1}`, shape, ALONE),
    labels: kept,
  };
}

/** Without the axes that neither the other factor nor the output has. */
function summedAlone(
  graph: GraphBuilder,
  factor: Factor,
  other: Factor,
  output: readonly string[],
  name: string,
): Factor {
  const { value, labels } = factor;
  const isSummed = (label: string) => !output.includes(label) && !other.labels.includes(label);
  const axes = labels.flatMap((label, axis) => (isSummed(label) ? [axis + 1] : []));
  if (axes.length === 0) return factor;
  const attrs = { function: 'sum', axes, keepDims: false } as const;
  return {
    value: graph.add(name, { op: 'reduce', attrs }, [value]),
    labels: labels.filter((label) => !isSummed(label)),
  };
}

/** @param merged the letter of the axis that the batch shares with other values: it stays an axis of its own */
function productOf(
  application: Application,
  a: Factor,
  b: Factor,
  output: readonly string[],
  merged: string | null,
): ComputedValue {
  const { graph, name } = application;
  const isIn = (factor: Factor) => (label: string) => factor.labels.includes(label);
  const summed = a.labels.filter((label) => isIn(b)(label) && !output.includes(label));
  const among = (of: Factor, other: Factor) =>
    output.filter((label) => isIn(of)(label) && !isIn(other)(label) && label !== merged);
  const [rows, columns] = [among(a, b), among(b, a)];
  const shared = output.filter((label) => !rows.includes(label) && !columns.includes(label));
  const sizes = new Map(
    [a, b].flatMap(({ value, labels }) => labels.map((label, i) => [label, value.shape[i]!] as const)),
  );
  const sizesOf = (labels: readonly string[]) => labels.map((label) => sizes.get(label)!);
  /** Axes that a factor does not have have one value. */
  const ordered = ({ value, labels }: Factor, order: readonly string[], shape: readonly number[], i: number) => {
    const perm = order.flatMap((label) => (labels.includes(label) ? [labels.indexOf(label)] : []));
    const moved = transposed(graph, value, perm, `${name}:factor ${i}`);
    return inShape(graph, moved, shape, ALONE, `${name}:factor ${i}, joined`);
  };
  const own = ({ value, labels }: Factor) =>
    shared.map((label) => (labels.includes(label) ? value.shape[labels.indexOf(label)]! : 1));
  let made: ComputedValue;
  if (summed.length === 0) {
    const ones = (labels: readonly string[]) => labels.map(() => 1);
    const left = ordered(a, [...shared, ...rows], [...own(a), ...sizesOf(rows), ...ones(columns)], 1);
    const right = ordered(b, [...shared, ...columns], [...own(b), ...ones(rows), ...sizesOf(columns)], 2);
    made = graph.add(`${name}:product`, { op: 'mul' }, [left, right]);
  } else {
    const size = (labels: readonly string[]) => countOf(sizesOf(labels));
    const left = ordered(a, [...shared, ...rows, ...summed], [...own(a), size(rows), size(summed)], 1);
    const right = ordered(b, [...shared, ...summed, ...columns], [...own(b), size(summed), size(columns)], 2);
    made = graph.add(`${name}:product`, { op: 'matmul' }, [left, right]);
  }
  const order = [...shared, ...rows, ...columns];
  const whole = made.shape.slice(0, shared.length);
  const apart = inShape(graph, made, [...whole, ...sizesOf(rows), ...sizesOf(columns)], ALONE, `${name}:apart`);
  const perm = output.map((label) => order.indexOf(label));
  return transposed(graph, apart, perm, name);
}
