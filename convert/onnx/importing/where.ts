/** A choice between two values by a condition that is known. */
import type { Constant } from '../folding/constant.js';
import { computed, constant, type GraphBuilder, type Operator } from './graph-builder.js';
import { aligned } from './layout.js';
import { type ComputedValue, type KnownValue, NotSupported, type Value } from './value.js';

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

/**
 * No value of a network is infinite: constants of minus infinity are large numbers here. Exporters ask so whether a mask hides
 * a row whole.
 */
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
