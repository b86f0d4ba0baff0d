/** Sums, products and the like of two values that are repeated to fit, and a choice by a condition that is known. */

import type { Constant } from '../folding/constant.js';
import {
  type Application,
  computed,
  constant,
  type GraphBuilder,
  type NodeOperation,
  type Operator,
} from './graph-builder.js';
import { aligned } from './layout.js';
import { biasValues } from './matrix.js';
import { pass } from './moving.js';
import { type ComputedValue, type KnownValue, NotSupported, type Value } from './value.js';

type BinaryName = 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';

export function binary(op: BinaryName): Operator {
  return (application) => {
    const [first, ...rest] = operands(application);
    return rest.reduce<Value>(
      (left, right, i) =>
        combine(application, { op } as NodeOperation, [left, right], i === rest.length - 1 ? '' : `:${i + 1}`),
      first!,
    );
  };
}

export const add: Operator = (application) => {
  const values = operands(application);
  return (values.length === 2 ? withBias(application, values) : null) ?? sum(application, values);
};

export const mean: Operator = (application) => {
  const { graph, name, inputs } = application;
  if (inputs.length === 1) return pass(application);
  const total = combine({ ...application, name: `${name}:sum` }, { op: 'add', attrs: {} }, operands(application), '');
  return times(graph, total, 1 / inputs.length, name);
};

export function times(graph: GraphBuilder, x: ComputedValue, factor: number, name: string): ComputedValue {
  return graph.add(name, { op: 'mul' }, aligned(graph, [x, numberOf(factor)], name));
}

export function plus(graph: GraphBuilder, x: ComputedValue, summand: number, name: string): ComputedValue {
  return graph.add(name, { op: 'add', attrs: {} }, aligned(graph, [x, numberOf(summand)], name));
}

export function numberOf(value: number): KnownValue {
  return { kind: 'constant', name: null, constant: { kind: 'float', dims: [], data: Float32Array.of(value) } };
}

function sum(application: Application, values: readonly Value[]): ComputedValue {
  if (values.length === 1) return pass(application) as ComputedValue;
  return combine(application, { op: 'add', attrs: {} }, values, '');
}

/** A power by a constant is a function of one value. */
export const pow: Operator = (application) => {
  const [base, exponent] = operands(application);
  if (base?.kind === 'computed' && exponent?.kind === 'constant' && exponent.constant.data.length === 1) {
    const attrs = { function: 'power', exponent: exponent.constant.data[0]! } as const;
    return application.graph.add(application.name, { op: 'pointwise', attrs }, [base]);
  }
  return binary('pow')(application);
};

function operands({ inputs }: Application): Value[] {
  return inputs.map((input, i) => {
    if (input === null) throw new NotSupported(`its input ${i + 1} is missing`);
    return input;
  });
}

function combine({ graph, name }: Application, operation: NodeOperation, values: readonly Value[], suffix: string) {
  return graph.add(name + suffix, operation, aligned(graph, values, name));
}

/** A constant added to the product of a Linear or convolution becomes its bias, if nothing else reads the product. */
function withBias(application: Application, values: readonly Value[]): ComputedValue | null {
  const { graph, name } = application;
  const place = values.findIndex(({ kind }) => kind === 'computed');
  const product = values[place] as ComputedValue;
  const other = values[1 - place]!;
  if (other.kind !== 'constant' || !application.isOnlyReader(place)) return null;
  const node = graph.nodeOf(product);
  if (node === null || graph.isRead(product)) return null;
  if (node.op === 'linear' && !node.attrs.bias) {
    const data = biasValues(other.constant, node.attrs.outFeatures);
    if (data === null || other.constant.dims.length > product.shape.length + 1) return null;
    const attrs = { ...node.attrs, bias: true };
    return graph.replace(product, name, { op: 'linear', attrs }, { bias: { shape: [data.length], data } });
  }
  if (node.op === 'conv2d' && !node.attrs.bias) {
    const data = perChannel(other, node.attrs.outChannels);
    if (data === null) return null;
    const attrs = { ...node.attrs, bias: true };
    return graph.replace(product, name, { op: 'conv2d', attrs }, { bias: { shape: [data.length], data } });
  }
  return null;
}

/** `[C, 1, 1]` or `[1, C, 1, 1]` as one value a channel. */
function perChannel({ constant: { dims, data } }: KnownValue, channels: number): Float32Array | null {
  const shape = [channels, 1, 1].join();
  return dims.join() === shape || dims.join() === `1,${shape}` ? Float32Array.from(data) : null;
}

export const where: Operator = (application) => {
  const { graph, name, inputs } = application;
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
export const equal: Operator = ({ inputs }) => {
  const known = inputs.find((input) => input?.kind === 'constant');
  const isInfinity = known?.kind === 'constant' && known.constant.data.every((value) => Math.abs(value) === Infinity);
  if (!isInfinity) throw new NotSupported('it compares what the network computes');
  return NEVER;
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
