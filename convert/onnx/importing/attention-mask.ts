/** What hides keys from queries: mask, causality, window. Unless the network computes it, it is one constant. */
import { broadcastDims, broadcastIndices, type Constant, emptyConstant } from '../folding/constant.js';
import type { GraphBuilder } from './graph-builder.js';
import { aligned } from './layout.js';
import { type ComputedValue, NotSupported, type Value } from './value.js';

/** Which keys a query may see by their positions. */
export interface Visibility {
  queries: number;
  keys: number;
  isCausal: boolean;
  /** How many keys before and after its own position a query sees; -1: all. */
  left: number;
  right: number;
}

export interface Mask {
  /** Added to the scores; null: nothing. */
  bias: ComputedValue | null;
  /** 0 for queries that see no key at all, 1 for all others, with one value for each; null: all see some. */
  seeing: ComputedValue | null;
}

/** Stands for minus infinity, which no tensor of a weights folder may have. */
const HIDDEN = -1e9;

/** @param query `[heads, queries, width]` for each image, or `[windows, heads, queries, width]` */
export function maskOf(
  graph: GraphBuilder,
  mask: Value | null,
  query: ComputedValue,
  visibility: Visibility,
  name: string,
): Mask {
  const { queries, keys } = visibility;
  if (mask?.kind === 'computed') {
    if (graph.isTruth(mask)) throw new NotSupported('the network computes which keys it hides');
    const known = knownMask(null, visibility);
    return { ...known.values(graph, query, name), bias: sumOf(graph, mask, known, query, visibility, name) };
  }
  const known = knownMask(mask === null ? null : mask.constant, visibility);
  if (known.isEmpty) return { bias: null, seeing: null };
  broadcastDims([query.shape.at(-3) ?? 1, queries, keys], known.dims.slice(-3));
  return known.values(graph, query, name);
}

/** A mask that the network computes, and what else hides keys. */
function sumOf(
  graph: GraphBuilder,
  mask: ComputedValue,
  known: KnownMask,
  query: ComputedValue,
  { queries, keys }: Visibility,
  name: string,
): ComputedValue {
  const [, beside] = aligned(graph, [query, mask], `${name}:mask`) as [ComputedValue, ComputedValue];
  const scores = [...query.shape.slice(0, -2), queries, keys];
  const whole = widened(graph, beside, keys, `${name}:mask`);
  if (broadcastDims(whole.shape, scores).join() !== scores.join()) {
    throw new NotSupported(`its mask has the shape [${mask.shape.join(', ')}], its scores [${scores.join(', ')}]`);
  }
  if (known.isEmpty) return whole;
  const { bias } = known.values(graph, query, name);
  return graph.add(`${name}:bias`, { op: 'add', attrs: {} }, aligned(graph, [whole, bias!], name));
}

/** A mask of fewer keys hides the others. */
function widened(graph: GraphBuilder, mask: ComputedValue, keys: number, name: string): ComputedValue {
  const missing = keys - (mask.shape.at(-1) ?? 1);
  if (missing <= 0) return mask;
  const padding = mask.shape.map((_, i): [number, number] => [0, i === mask.shape.length - 1 ? missing : 0]);
  return graph.add(`${name}:widened`, { op: 'pad', attrs: { padding, mode: 'constant', value: HIDDEN } }, [mask]);
}

interface KnownMask {
  /** `[…, queries, keys]`. */
  dims: readonly number[];
  /** Whether it hides nothing and adds nothing. */
  isEmpty: boolean;
  values(graph: GraphBuilder, query: ComputedValue, name: string): Mask;
}

/** @param mask numbers are added, truth values let through where they are true */
function knownMask(mask: Constant | null, visibility: Visibility): KnownMask {
  const { queries, keys } = visibility;
  const own = mask === null ? null : { dims: withMatrix(mask.dims), width: mask.dims.at(-1) ?? 1 };
  const dims = own === null ? [queries, keys] : [...own.dims.slice(0, -2), queries, keys];
  if (own !== null && own.width > keys) throw new NotSupported(`its mask has ${own.width} keys of ${keys}`);
  if (own !== null && own.dims.at(-2) !== 1 && own.dims.at(-2) !== queries) {
    throw new NotSupported(`its mask has ${own.dims.at(-2)} queries of ${queries}`);
  }
  const places = own === null ? null : broadcastIndices(own.dims, [...dims.slice(0, -1), own.width]);
  const { data } = emptyConstant('float', dims);
  const rows = new Float32Array(data.length / keys);
  for (let row = 0; row < rows.length; row++) {
    for (let key = 0; key < keys; key++) {
      const isBeyond = own !== null && key >= own.width;
      const added = places === null || isBeyond ? 0 : addedBy(mask!, places[row * own!.width + key]!);
      const isSeen = !isBeyond && added !== null && isVisible(row % queries, key, visibility);
      data[row * keys + key] = isSeen ? added : HIDDEN;
      if (isSeen) rows[row] = 1;
    }
  }
  const parameter = (
    values: Constant['data'],
    last: number,
    what: string,
    graph: GraphBuilder,
    query: ComputedValue,
  ) => {
    const constant: Constant = { kind: 'float', dims: dims.with(-1, last), data: values };
    return aligned(graph, [query, { kind: 'constant', name: null, constant }], what)[1]!;
  };
  return {
    dims,
    isEmpty: data.every((value) => value === 0),
    values: (graph, query, name) => ({
      bias: parameter(data, keys, `${name}:mask`, graph, query),
      seeing: rows.includes(0) ? parameter(rows, 1, `${name}:seeing`, graph, query) : null,
    }),
  };
}

function withMatrix(dims: readonly number[]): readonly number[] {
  return dims.length < 2 ? [...new Array<number>(2 - dims.length).fill(1), ...dims] : dims;
}

/** Null: it hides the key. */
function addedBy({ kind, data }: Constant, place: number): number | null {
  const value = data[place]!;
  if (kind === 'bool') return value === 0 ? null : 0;
  return value === Number.NEGATIVE_INFINITY ? null : value;
}

function isVisible(query: number, key: number, { isCausal, left, right }: Visibility): boolean {
  const distance = key - query;
  const isBefore = left < 0 || -distance <= left;
  const isAfter = right < 0 || distance <= right;
  return isBefore && isAfter && (!isCausal || distance <= 0);
}
