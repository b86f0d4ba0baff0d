/** What else the program may have saved instead of the layer's output or the softmax: tried where the two differ. */

import { CodedError, shownValue } from '../../base/index.js';
import { exp, hypot, log } from '../../base/math/index.js';
import { inferShapes } from '../../graph/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import { largestOf, type Table } from './check-file.js';
import { type ImageRunner, type Model, type Outputs, stacked } from './feedings.js';

/** A share of the largest value: float32 gives 1e-6, and a wrong step 1e-2 or more. */
export const TOLERANCE = 1e-4;

/** The place where two tables differ most. */
export function largestDifference(theirs: Table, ours: Table) {
  let at = 0;
  for (let i = 0; i < theirs.data.length; i++) {
    const difference = Math.abs(theirs.data[i]! - ours.data[i]!);
    if (difference > Math.abs(theirs.data[at]! - ours.data[at]!)) at = i;
  }
  const [a, b] = [theirs.data[at]!, ours.data[at]!];
  const { columns } = theirs;
  // A share of the largest absolute value of theirs.
  const error = Math.abs(a - b) / largestOf(theirs);
  return { row: Math.floor(at / columns), column: at % columns, theirs: a, ours: b, error };
}

export function agree(theirs: Table, ours: Table): boolean {
  const hasShape = theirs.rows === ours.rows && theirs.columns === ours.columns;
  return hasShape && largestOf(theirs) > 0 && largestDifference(theirs, ours).error <= TOLERANCE;
}

/** What was done to an embedding before it was saved; null: nothing that is known. */
export function embeddingRelation(theirs: Table, ours: Table): string | null {
  const unit = byRows(ours, (row) => row.map((value) => value / hypot(...row)));
  if (agree(theirs, unit)) return 'divided by their length (normalize)';
  const rectified = byRows(ours, (row) => row.map((value) => Math.max(0, value)));
  if (agree(theirs, rectified)) return 'after a ReLU';
  const order = orderOf('rows', theirs, ours);
  return order && `in another order: row 0 is of image_${order[0]}, row 1 of image_${order[1]}`;
}

/** What the scores are instead of those of the network, in the order of the classes; null: nothing that is known. */
export function scoresRelation(theirs: Table, ours: Table, classes: readonly string[]): string | null {
  const order = orderOf('columns', theirs, ours);
  if (order !== null) return `in ${orderWords(order, classes)}`;
  const single = oneOutputRelation(theirs, ours);
  if (single !== null) return single;
  for (const [name, made] of asSoftmax(theirs)) {
    if (agree(made, ours)) return name;
    const mixed = orderOf('columns', made, ours);
    if (mixed !== null) return `${name}, in ${orderWords(mixed, classes)}`;
  }
  return null;
}

/** The first of two columns is made: 1 minus the one output that the file has. */
function oneOutputRelation(theirs: Table, ours: Table): string | null {
  const { rows, columns, data } = theirs;
  if (columns !== 2) return null;
  const second = Array.from({ length: rows }, (_, row) => data[2 * row + 1]!);
  if (second.every((value) => value === 1)) return 'a softmax over one output, which is always 1: take its sigmoid';
  const sigmoids = byRows(theirs, ([, value]) => {
    const chance = 1 / (1 + exp(-value!));
    return Float32Array.of(1 - chance, chance);
  });
  return agree(sigmoids, ours) ? 'the one output before its sigmoid' : null;
}

function orderWords(order: readonly number[], classes: readonly string[]): string {
  const at = order.findIndex((column, i) => column !== i);
  const [there, here] = [order[at]!, at].map((column) => shownValue(classes[column]!));
  return `another order of classes: column ${at} is ${there} by its values, ${here} by the names`;
}

/** The scores that those that are something else would give. */
function* asSoftmax(theirs: Table): Iterable<[name: string, made: Table]> {
  const least = theirs.data.reduce((a, b) => Math.min(a, b));
  const most = theirs.data.reduce((a, b) => Math.max(a, b));
  const sigmoid = (row: Float32Array) => row.map((value) => 1 / (1 + exp(-value)));
  yield ['logits, not their sigmoids', byRows(theirs, sigmoid)];
  yield [most <= 0 ? 'logarithms of the softmax' : 'logits, not their softmax', byRows(theirs, softmax)];
  if (least <= 0 || most >= 1) return;
  const logit = (row: Float32Array) => softmax(row.map((value) => log(value / (1 - value))));
  yield ['sigmoids, not the softmax (--multi-label)', byRows(theirs, logit)];
}

function softmax(row: Float32Array): Float32Array {
  const most = row.reduce((a, b) => Math.max(a, b));
  const powers = row.map((value) => exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

function byRows({ rows, columns, data }: Table, change: (row: Float32Array) => Float32Array): Table {
  return stacked(Array.from({ length: rows }, (_, row) => change(data.subarray(row * columns, (row + 1) * columns))));
}

/** Above it, comparing all with all takes too long. */
const MAX_ORDERED = 1000;

/** A fitting permutation of rows or columns that is not the given order; null where there is none. */
function orderOf(lines: 'rows' | 'columns', theirs: Table, ours: Table): number[] | null {
  const { rows, columns, [lines]: count } = theirs;
  if (columns !== ours.columns || count > MAX_ORDERED) return null;
  // Values of a line, from one of them to the next, and from one line to the next.
  const [length, step, stride] = lines === 'rows' ? [columns, 1, columns] : [rows, columns, 1];
  const limit = TOLERANCE * largestOf(theirs);
  const distance = (a: number, b: number) => {
    let largest = 0;
    for (let i = 0; i < length && largest <= limit; i++) {
      largest = Math.max(largest, Math.abs(theirs.data[a * stride + i * step]! - ours.data[b * stride + i * step]!));
    }
    return largest;
  };
  const free = new Set(Array.from({ length: count }, (_, line) => line));
  const order: number[] = [];
  for (let a = 0; a < count; a++) {
    // The line of the same number first: among scores of nearly 0 any fits.
    const found = [a, ...free].find((b) => free.has(b) && distance(a, b) <= limit);
    if (found === undefined) return null;
    free.delete(found);
    order.push(found);
  }
  return order.every((b, a) => a === b) ? null : order;
}

/** Layers that are compared at once: each keeps its output. */
const MAX_LAYERS = 32;
/** Values of a map beside which a mean is taken, all images together. */
const MAX_MAP = 2 ** 24;

export async function layerOf(runner: ImageRunner, indices: readonly number[], theirs: Table): Promise<string | null> {
  const names = candidates(runner.model, theirs);
  if (names.length === 0) return null;
  const { preprocessing } = runner.model.config;
  const outputs = await runner.run(indices, { preprocessing, isReversed: false }, names).catch((error: unknown) => {
    // A network that runs as it is gives only some of its values.
    if (error instanceof CodedError) return null;
    throw error;
  });
  if (outputs === null) return null;
  // The last layer first: of several that are alike it is the one a person means.
  for (const name of names.toReversed()) {
    const way = wayOf(outputs, name, theirs);
    if (way !== null) return way;
  }
  return null;
}

/** Layers whose output has as many values, or as many channels, as the embedding of the program. */
function candidates({ config }: Model, { rows, columns }: Table): string[] {
  const { size } = config.preprocessing;
  if (size === null) return [];
  const graph = networkGraph(config);
  const shapes = inferShapes(graph, { height: size[0], width: size[1] });
  const names = [...graph.modules].filter(([name, node]) => {
    const shape = shapes.get(node) ?? [];
    const values = shape.reduce((a, b) => a * b, 1);
    const hasChannels = shape[0] === columns || (shape.length === 2 && shape[1] === columns);
    return name !== '' && name !== config.tap && values * rows <= MAX_MAP && (values === columns || hasChannels);
  });
  return names.slice(-MAX_LAYERS).map(([name]) => name);
}

function wayOf({ taps, shapes }: Outputs, name: string, theirs: Table): string | null {
  const shape = shapes.get(name)!;
  const [first = 0, width = 0] = shape;
  const pooled = (reduce: (values: Float32Array) => number) => (row: Float32Array) => {
    const area = row.length / first;
    return Float32Array.from({ length: first }, (_, i) => reduce(row.subarray(i * area, (i + 1) * area)));
  };
  const ofTokens = (row: Float32Array) =>
    Float32Array.from({ length: width }, (_, i) => meanOf(row.filter((_, at) => at % width === i)));
  const ways: [words: string, change: (row: Float32Array) => Float32Array][] = [
    [`the output of ${name} (--tap ${name})`, (row) => row],
  ];
  if (shape.length === 3) {
    ways.push([`the mean over all positions of ${name}`, pooled(meanOf)]);
    ways.push([`the maximum over all positions of ${name}`, pooled((values) => Math.max(...values))]);
  }
  if (shape.length === 2) {
    ways.push([`the first token of ${name}`, (row) => row.subarray(0, width)]);
    ways.push([`the mean of all tokens of ${name}`, ofTokens]);
  }
  return ways.find(([, change]) => agree(theirs, byRows(taps.get(name)!, change)))?.[0] ?? null;
}

function meanOf(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
