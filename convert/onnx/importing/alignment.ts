/** Operands that are combined value by value: brought to one rank, with the batch at one place. */

import type { GraphBuilder } from './graph-builder.js';
import { commonRank } from './graph-builder.js';
import { inShape } from './layout.js';
import { NotSupported } from './not-supported.js';
import { type ComputedValue, rankOf, type Value } from './value.js';

/**
 * The operands as values of the graph, whose shapes have the same number of dimensions. ONNX aligns them at their last
 * axes.
 *
 * @param values at least one of them is computed
 * @param name of the node that reads them
 */
export function aligned(graph: GraphBuilder, values: readonly Value[], name: string): ComputedValue[] {
  const rank = commonRank(values);
  const computed = values.filter((value) => value.kind === 'computed').map((value) => padded(graph, value, rank, name));
  const [first] = computed as [ComputedValue];
  if (computed.some(({ batch, merged }) => batch !== first.batch || merged !== first.merged)) {
    throw new NotSupported('its inputs have the batch in different axes');
  }
  return values.map((value, i) =>
    value.kind === 'computed'
      ? computed.shift()!
      : constantBeside(graph, value, first, rank, `${name}:constant ${i + 1}`),
  );
}

/** With axes of one value in front, until it has this many. */
function padded(graph: GraphBuilder, value: ComputedValue, rank: number, name: string): ComputedValue {
  const missing = rank - rankOf(value);
  if (missing === 0) return value;
  const shape = [...new Array<number>(missing).fill(1), ...value.shape];
  const batch = value.batch + missing;
  return inShape(graph, value, shape, { batch, merged: value.merged }, `${name}:padded`);
}

/** @param like the value that it is combined with, which has `rank` axes in ONNX */
function constantBeside(
  graph: GraphBuilder,
  { constant, name }: Extract<Value, { kind: 'constant' }>,
  like: ComputedValue,
  rank: number,
  otherwise: string,
): ComputedValue {
  const dims = [...new Array<number>(rank - constant.dims.length).fill(1), ...constant.dims];
  const { batch, merged } = like;
  if (!merged && dims[batch] !== 1) throw new NotSupported('it has a constant for each image of a batch');
  const shape = merged ? dims : dims.toSpliced(batch, 1);
  return graph.parameter(constant, name ?? otherwise, shape, { batch, merged });
}
