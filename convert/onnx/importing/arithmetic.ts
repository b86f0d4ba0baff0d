/** Sums, products and the like of two values that are repeated to fit. */

import type { Application, GraphBuilder, NodeOperation, Operator } from './graph-builder.js';
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

export function combine(
  { graph, name }: Application,
  operation: NodeOperation,
  values: readonly Value[],
  suffix: string,
) {
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
