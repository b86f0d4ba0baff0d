/** Comparisons, choices by them, and truth values. What the network computes is 1 where it is true, otherwise 0. */
import { intAttribute } from '../file/onnx-model.js';
import type { Constant } from '../folding/constant.js';
import { combine, plus, times } from './arithmetic.js';
import { type Application, computed, constant, type GraphBuilder, type Operator } from './graph-builder.js';
import { aligned } from './layout.js';
import { pass } from './moving.js';
import { type ComputedValue, type KnownValue, NotSupported, type Value } from './value.js';

type Comparison = 'Equal' | 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual';

/** A difference has a sign, which no rounding takes away. */
export function comparison(op: Comparison): Operator {
  return (application) => {
    const { graph, name } = application;
    const [a, b] = both(application);
    const isSwapped = op === 'Less' || op === 'GreaterOrEqual';
    const operands = isSwapped ? [b, a] : [a, b];
    const difference = combine(application, { op: 'sub' }, operands, ':difference');
    if (op === 'Equal') return opposite(graph, isNotZero(graph, difference, `${name}:differs`), name);
    const isStrict = op === 'Greater' || op === 'Less';
    const sign = pointwise(graph, `${name}:sign`, 'sign', difference);
    const greater = graph.asTruth(graph.add(isStrict ? name : `${name}:opposite`, { op: 'relu' }, [sign]));
    return isStrict ? greater : opposite(graph, greater, name);
  };
}

export function logical(op: 'mul' | 'maximum' | 'differs'): Operator {
  return (application) => {
    const { graph, name } = application;
    const truths = both(application).map((value, i) => truthOf(graph, value, `${name}:${i + 1}`));
    if (op !== 'differs') return graph.asTruth(combine(application, { op }, truths, ''));
    return isNotZero(graph, combine(application, { op: 'sub' }, truths, ':difference'), name);
  };
}

export const not: Operator = (application) => {
  const { graph, name, inputs } = application;
  return opposite(graph, truthOf(graph, inputs[0]!, `${name}:truth`) as ComputedValue, name);
};

/** `a` where the condition holds, else `b`. */
function chosen(application: Application, condition: ComputedValue): ComputedValue {
  const { graph, name } = application;
  const [, a, b] = application.inputs;
  if (a == null || b == null) throw new NotSupported('an input is missing');
  const isInfinite = (value: Value) => value.kind === 'constant' && !value.constant.data.every(Number.isFinite);
  if ([a, b].some(isInfinite)) throw new NotSupported('the network computes where infinity or no number is');
  const holds = truthOf(graph, condition, `${name}:condition`) as ComputedValue;
  const part = (value: Value, mask: () => ComputedValue, suffix: string) =>
    isOneZero(value) ? null : combine(application, { op: 'gate' }, [value, mask()], suffix);
  const first = part(a, () => holds, isOneZero(b) ? '' : ':first');
  const second = part(b, () => opposite(graph, holds, `${name}:otherwise`), first === null ? '' : ':second');
  if (first === null || second === null) return first ?? second ?? times(graph, holds, 0, name);
  const sum = combine(application, { op: 'add', attrs: {} }, [first, second], '');
  return graph.isTruth(a) && graph.isTruth(b) ? graph.asTruth(sum) : sum;
}

/** Whether a value is not 0. */
function isNotZero(graph: GraphBuilder, x: ComputedValue, name: string): ComputedValue {
  return graph.asTruth(pointwise(graph, name, 'abs', pointwise(graph, `${name}:sign`, 'sign', x)));
}

function truthOf(graph: GraphBuilder, value: Value, name: string): Value {
  if (value.kind === 'computed') return graph.isTruth(value) ? value : isNotZero(graph, value, name);
  const { dims, data } = value.constant;
  const truths: KnownValue['constant'] = { kind: 'bool', dims, data: Float64Array.from(data, (x) => Number(x !== 0)) };
  return { kind: 'constant', name: null, constant: truths };
}

function opposite(graph: GraphBuilder, x: ComputedValue, name: string): ComputedValue {
  return graph.asTruth(plus(graph, times(graph, x, -1, `${name}:negative`), 1, name));
}

function pointwise(graph: GraphBuilder, name: string, of: 'abs' | 'sign', x: ComputedValue): ComputedValue {
  return graph.add(name, { op: 'pointwise', attrs: { function: of } }, [x]);
}

function isOneZero(value: Value): boolean {
  return value.kind === 'constant' && value.constant.data.length === 1 && value.constant.data[0] === 0;
}

function both({ inputs: [a, b] }: Application): [Value, Value] {
  if (a == null || b == null) throw new NotSupported('an input is missing');
  return [a, b];
}

/** TensorProto.DataType: float, float16, double, bfloat16. */
const FLOATS: readonly number[] = [1, 10, 11, 16];

const BOOL = 9;

/** A mask that a file repeats for each image goes on being known, as what is computed from it. */
function truths({ graph, name }: Application, x: ComputedValue): Value {
  const tensor = graph.nodeOf(x)?.op === 'parameter' ? graph.tensors.get(x.node) : undefined;
  if (tensor !== undefined && !x.merged) {
    const data = Float64Array.from(tensor.data, (value) => Number(value !== 0));
    return { kind: 'constant', name: null, constant: { kind: 'bool', dims: x.shape.toSpliced(x.batch, 0, 1), data } };
  }
  return graph.isTruth(x) ? x : isNotZero(graph, x, name);
}

/** All that a network computes is float32 here. */
export const cast: Operator = (application) => {
  const to = intAttribute(application.node, 'to', 1);
  const x = computed(application, 0);
  if (to === BOOL) return truths(application, x);
  if (!FLOATS.includes(to)) throw new NotSupported(`it casts what the network computes to type ${to}`);
  return pass(application);
};

export const where: Operator = (application) => {
  const { graph, name, inputs } = application;
  if (inputs[0]?.kind === 'computed') return chosen(application, inputs[0]);
  const condition = constant(application, 0);
  const [, a, b] = inputs;
  if (a == null || b == null) throw new NotSupported('an input is missing');
  const isFirst = condition.data.every((value) => value !== 0);
  if (isFirst || condition.data.every((value) => value === 0)) {
    const [chosen, other] = isFirst ? [a, b] : [b, a];
    if (isAtLeast(graph.dims(chosen), graph.dims(other)) && isAtLeast(graph.dims(chosen), condition.dims))
      return chosen;
  }
  const taken = part(
    graph,
    a,
    masked(condition, (value) => value !== 0),
    `${name}:first`,
  );
  const rest = part(
    graph,
    b,
    masked(condition, (value) => value === 0),
    `${name}:second`,
  );
  if (taken.kind === 'constant' && rest.kind === 'constant') throw new NotSupported('it chooses between constants');
  return graph.add(name, { op: 'add', attrs: {} }, aligned(graph, [taken, rest], name));
};

/** Whether the other is repeated to the first, and not the other way round. */
function isAtLeast(dims: readonly number[], other: readonly number[]): boolean {
  const missing = dims.length - other.length;
  return missing >= 0 && other.every((size, i) => size === 1 || size === dims[i + missing]);
}

/** The value where the mask is 1, and 0 elsewhere. */
function part(graph: GraphBuilder, value: Value, mask: KnownValue, name: string): Value {
  if (value.kind === 'constant' && value.constant.data.every((each) => each === 0)) return zero(mask);
  if (value.kind === 'constant' && value.constant.data.length === 1) return scaled(mask, value.constant.data[0]!);
  if (value.kind === 'constant') throw new NotSupported('it chooses from a constant of many values');
  return graph.add(name, { op: 'mul' }, aligned(graph, [value, mask], name)) satisfies ComputedValue;
}

function masked({ dims, data }: Constant, isIn: (value: number) => boolean): KnownValue {
  return {
    kind: 'constant',
    name: null,
    constant: { kind: 'float', dims, data: Float32Array.from(data, (v) => Number(isIn(v))) },
  };
}

function scaled({ constant: { dims, data } }: KnownValue, factor: number): KnownValue {
  // A mask that lets nothing through is often minus infinity, which no tensor of a weights folder may be.
  const finite = Math.max(Math.min(factor, LARGEST), -LARGEST);
  return {
    kind: 'constant',
    name: null,
    constant: { kind: 'float', dims, data: Float32Array.from(data, (v) => v * finite) },
  };
}

function zero(mask: KnownValue): KnownValue {
  return scaled(mask, 0);
}

const LARGEST = 1e9;

/** Minus infinity is a large number here, since values are finite. Exporters ask so whether a whole row is hidden. */
export const equal: Operator = (application) => {
  const { inputs } = application;
  const known = inputs.find((input) => input?.kind === 'constant');
  const isInfinity = known?.kind === 'constant' && known.constant.data.every((value) => Math.abs(value) === Infinity);
  return isInfinity ? NEVER : comparison('Equal')(application);
};

const NEVER: KnownValue = {
  kind: 'constant',
  name: null,
  constant: { kind: 'bool', dims: [], data: Float64Array.of(0) },
};

/** A softmax of a row that is hidden whole is not a number; such rows are refused, so it is always one. */
export const notNumber: Operator = (application) => {
  const { graph } = application;
  if (graph.nodeOf(computed(application, 0))?.op !== 'softmax')
    throw new NotSupported('it asks for what is not a number');
  return NEVER;
};
