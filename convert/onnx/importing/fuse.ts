/**
 * Layers that exporters write as several operators, as one operation. Only the last node of a pattern changes; the
 * others stay as long as something reads them, so every value of the file can still be a tap.
 */
import type { ComputedNode, GraphNode } from '../../../graph/index.js';
import { parameterName } from '../../../graph/index.js';
import type { GraphBuilder } from './graph-builder.js';

type Op = ComputedNode['op'];
type NodeOf<Name extends Op> = Extract<ComputedNode, { op: Name }>;

/** float32 has seven digits; exporters write constants with as many. */
const NEARLY = 1e-5;

export function fuse(builder: GraphBuilder): void {
  const match = new Matcher(builder);
  const done: GraphNode[] = [];
  for (const node of builder.nodes) {
    const fused =
      node.op === 'input'
        ? null
        : (activation(match, node) ??
          layerNorm(match, node) ??
          localResponseNorm(match, node) ??
          attention(match, node));
    if (fused === null || !builder.fits(fused.node)) {
      done.push(node);
      continue;
    }
    done.push(...fused.before, fused.node);
    for (const each of [...fused.before, fused.node]) match.keep(each);
  }
  builder.nodes.splice(0, builder.nodes.length, ...done);
}

interface Fused {
  /** Nodes that it needs and that were not there. */
  before: ComputedNode[];
  node: ComputedNode;
}

class Matcher {
  readonly #nodes = new Map<string, GraphNode>();

  constructor(readonly builder: GraphBuilder) {
    for (const node of builder.nodes) this.#nodes.set(node.name, node);
  }

  keep(node: GraphNode): void {
    this.#nodes.set(node.name, node);
  }

  node<Name extends Op>(name: string | undefined, op: Name): NodeOf<Name> | null {
    const found = this.#nodes.get(name ?? '');
    return found?.op === op ? (found as NodeOf<Name>) : null;
  }

  /** The function that a node computes of one value. */
  pointwise(name: string | undefined, of: string): NodeOf<'pointwise'> | null {
    const found = this.node(name, 'pointwise');
    return found?.attrs.function === of ? found : null;
  }

  /** The one number of a tensor that is used as a value; null for anything else. */
  number(name: string | undefined): number | null {
    const node = this.node(name, 'parameter');
    const data = node === null ? undefined : this.builder.tensors.get(node.name)?.data;
    return data?.length === 1 ? data[0]! : null;
  }

  /** What a value is before its shape alone was changed. */
  beforeReshape(name: string | null | undefined): string | undefined {
    return this.node(name ?? undefined, 'reshape')?.inputs[0] ?? name ?? undefined;
  }

  is(name: string | undefined, value: number): boolean {
    const found = this.number(name);
    return found !== null && Math.abs(found - value) <= NEARLY * Math.abs(value);
  }

  /** The other operand of a node of two, if one of them is what is wanted. */
  beside(node: ComputedNode, isWanted: (name: string) => boolean): string | null {
    const [a, b] = node.inputs;
    if (node.inputs.length !== 2) return null;
    if (isWanted(b!)) return a!;
    return isWanted(a!) ? b! : null;
  }

  /** `x` for `x·value` or `x/(1/value)`. */
  scaledBy(name: string | undefined, value: number): string | null {
    const product = this.node(name, 'mul');
    if (product !== null) return this.beside(product, (each) => this.is(each, value));
    const quotient = this.node(name, 'div');
    return quotient !== null && this.is(quotient.inputs[1], 1 / value) ? quotient.inputs[0]! : null;
  }

  /** `x` for `x + value`. */
  plus(name: string | undefined, value: number): string | null {
    const sum = this.node(name, 'add');
    return sum === null ? null : this.beside(sum, (each) => this.is(each, value));
  }
}

function activation(match: Matcher, node: ComputedNode): Fused | null {
  const found = swish(match, node) ?? gelu(match, node) ?? hardSwish(match, node);
  if (found === null) return null;
  const attrs = { function: found.function };
  return { before: [], node: { name: node.name, inputs: [found.x], op: 'pointwise', attrs } };
}

interface Activation {
  x: string;
  function: 'silu' | 'quick_gelu' | 'gelu' | 'hardswish';
}

/** `x·σ(x)` and `x·σ(1.702·x)`. */
function swish(match: Matcher, node: ComputedNode): Activation | null {
  if (node.op !== 'mul') return null;
  for (const [x, factor] of [node.inputs, node.inputs.toReversed()] as [string, string][]) {
    const sigmoid = match.pointwise(factor, 'sigmoid');
    if (sigmoid === null) continue;
    if (sigmoid.inputs[0] === x) return { x, function: 'silu' };
    if (match.scaledBy(sigmoid.inputs[0], 1.702) === x) return { x, function: 'quick_gelu' };
  }
  return null;
}

/** `x·½·(1 + erf(x/√2))`, with the half at any place. */
function gelu(match: Matcher, node: ComputedNode): Activation | null {
  const whole = match.scaledBy(node.name, 0.5);
  const product = whole === null ? node : match.node(whole, 'mul');
  if (product?.op !== 'mul') return null;
  for (const [left, right] of [product.inputs, product.inputs.toReversed()] as [string, string][]) {
    const erf = match.pointwise(match.plus(right, 1) ?? undefined, 'erf');
    const x = erf === null ? null : match.scaledBy(erf.inputs[0], Math.SQRT1_2);
    if (x === null) continue;
    const isWhole = whole === null ? match.scaledBy(left, 0.5) === x : left === x;
    if (isWhole) return { x, function: 'gelu' };
  }
  return null;
}

/** `x·hardsigmoid(x)`, and `x·relu6(x + 3)/6` with the sixth at any place. */
function hardSwish(match: Matcher, node: ComputedNode): Activation | null {
  const whole = match.scaledBy(node.name, 1 / 6);
  const product = whole === null ? node : match.node(whole, 'mul');
  if (product?.op !== 'mul') return null;
  for (const [x, factor] of [product.inputs, product.inputs.toReversed()] as [string, string][]) {
    const hard = match.pointwise(factor, 'hardsigmoid');
    const { alpha = 1 / 6, beta = 1 / 2 } = hard?.attrs ?? {};
    const isUsual = Math.abs(alpha - 1 / 6) < NEARLY && beta === 0.5;
    if (whole === null && hard?.inputs[0] === x && isUsual) return { x, function: 'hardswish' };
    const clipped = whole === null ? match.scaledBy(factor, 1 / 6) : factor;
    const relu6 = match.node(clipped ?? undefined, 'relu6');
    if (relu6 !== null && match.plus(relu6.inputs[0], 3) === x) return { x, function: 'hardswish' };
  }
  return null;
}

/** `(x − μ)/√(σ² + ε)·γ + β` along the last axis. */
function layerNorm(match: Matcher, node: ComputedNode): Fused | null {
  if (node.op !== 'add') return null;
  const { builder } = match;
  const isTensor = (name: string) => match.node(name, 'parameter') !== null;
  const scaled = match.node(match.beside(node, isTensor) ?? undefined, 'mul');
  const ratio = scaled === null ? null : match.node(match.beside(scaled, isTensor) ?? undefined, 'div');
  const centred = match.node(ratio?.inputs[0], 'sub');
  const root = match.pointwise(ratio?.inputs[1], 'sqrt');
  if (scaled === null || centred === null || root === null) return null;
  const x = centred.inputs[0]!;
  const axis = builder.shapeOf(x).length;
  const variance = match.node(root.inputs[0], 'add');
  const eps = variance === null ? null : match.number(variance.inputs.find((name) => match.number(name) !== null));
  const squares = match.node(
    variance?.inputs.find((name) => match.number(name) === null),
    'reduce',
  );
  const isMean = meanAlong(match, centred.inputs[1], axis) === x;
  const isVariance = squares !== null && isSquareOf(match, meanAlong(match, squares.name, axis), centred.name);
  if (eps === null || !isMean || !isVariance) return null;
  const size = builder.shapeOf(x).at(-1)!;
  const [weight, bias] = [scaled, node].map((each) => builder.tensors.get(each.inputs.find(isTensor)!)!.data);
  if (weight?.length !== size || bias?.length !== size) return null;
  const shape = [size];
  builder.tensors.set(parameterName(node.name, 'weight'), { shape, data: weight });
  builder.tensors.set(parameterName(node.name, 'bias'), { shape, data: bias });
  const attrs = { shape, eps, weight: true, bias: true };
  return { before: [], node: { name: node.name, inputs: [x], op: 'layerNorm', attrs } };
}

/** What a mean along the last axis is taken of. */
function meanAlong(match: Matcher, name: string | undefined, axis: number): string | null {
  const mean = match.node(name, 'reduce');
  const isLast = mean?.attrs.function === 'mean' && mean.attrs.keepDims && mean.attrs.axes.join() === String(axis);
  return isLast ? mean.inputs[0]! : null;
}

function isSquareOf(match: Matcher, name: string | null, of: string): boolean {
  const power = match.pointwise(name ?? undefined, 'power');
  if (power !== null) return power.attrs.exponent === 2 && power.inputs[0] === of;
  const product = match.node(name ?? undefined, 'mul');
  return product?.inputs.every((input) => input === of) ?? false;
}

/** `x/(k + alpha·m)^beta`, with the mean `m` of neighbouring channels' squares, pooled along the depth of one map. */
function localResponseNorm(match: Matcher, node: ComputedNode): Fused | null {
  if (node.op !== 'div') return null;
  const { builder } = match;
  const [x = '', divisor] = node.inputs;
  const isNumber = (name: string) => match.number(name) !== null;
  const power = match.pointwise(divisor, 'power');
  const sum = match.node(power?.inputs[0], 'add');
  const scaled = match.node((sum && match.beside(sum, isNumber)) ?? undefined, 'mul');
  const pool = match.node(match.beforeReshape(scaled && match.beside(scaled, isNumber)), 'avgPool2d');
  const pad = match.node(match.beforeReshape(pool?.inputs[0]), 'pad');
  const beta = power?.attrs.exponent;
  if (sum === null || scaled === null || pool === null || pad === null || beta === undefined) return null;
  const { kernel, stride, padding } = pool.attrs;
  const [size, width] = kernel;
  const around = [
    [0, 0],
    [Math.floor(size / 2), Math.floor((size - 1) / 2)],
    [0, 0],
    [0, 0],
  ].join();
  const isWindow = width === 1 && stride.join() === '1,1' && padding.every((pixels) => pixels === 0);
  const isPadded = pad.attrs.mode === 'constant' && pad.attrs.value === 0 && pad.attrs.padding.join() === around;
  const isMap = builder.shapeOf(pad.inputs[0]!).join() === [1, ...builder.shapeOf(x)].join();
  const isOfSquares = isSquareOf(match, match.beforeReshape(pad.inputs[0]) ?? null, x);
  if (!isWindow || !isPadded || !isMap || !isOfSquares) return null;
  const [k, alpha] = [sum, scaled].map(({ inputs }) => match.number(inputs.find(isNumber))!);
  const attrs = { size, alpha: alpha!, beta, k: k! };
  return { before: [], node: { name: node.name, inputs: [x], op: 'localResponseNorm', attrs } };
}

/** `softmax(scale·Q·Kᵀ + bias)·V`. */
function attention(match: Matcher, node: ComputedNode): Fused | null {
  const { builder } = match;
  const softmax = node.op === 'matmul' ? match.node(node.inputs[0], 'softmax') : null;
  const rank = softmax === null ? 0 : builder.shapeOf(softmax.name).length;
  if (softmax === null || softmax.attrs.axis !== rank) return null;
  const sum = match.node(softmax.inputs[0], 'add');
  const scores =
    scoresOf(match, softmax.inputs[0]!) ?? scoresOf(match, sum?.inputs[0]) ?? scoresOf(match, sum?.inputs[1]);
  if (scores === null) return null;
  // Scores that are added to themselves are their own bias.
  const bias = sum?.inputs[sum.inputs[0] === scores.name ? 1 : 0];
  if (sum !== null && sum.inputs.length !== 2) return null;
  const { query, keys, scale } = scores;
  const axes = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i + 1 : i === rank - 2 ? rank : rank - 1));
  const key: ComputedNode = {
    name: builder.unique(`${node.name}:keys`),
    inputs: [keys],
    op: 'permute',
    attrs: { axes },
  };
  builder.describe(
    key.name,
    axes.map((axis) => builder.shapeOf(keys)[axis - 1]!),
  );
  const inputs = [query, key.name, node.inputs[1]!, ...(bias === undefined ? [] : [bias])];
  return { before: [key], node: { name: node.name, inputs, op: 'attention', attrs: { scale } } };
}

interface Scores {
  /** The node that gives them. */
  name: string;
  query: string;
  /** Transposed: `[…, width, tokens]`. */
  keys: string;
  scale: number;
}

/** A product that is scaled before, after, or both. */
function scoresOf(match: Matcher, name: string | undefined): Scores | null {
  const after = factorOf(match, name);
  const product = match.node(after.of, 'matmul');
  if (name === undefined || product === null) return null;
  const query = factorOf(match, product.inputs[0]);
  const keys = factorOf(match, product.inputs[1]);
  const scale = after.factor * query.factor * keys.factor;
  return { name, query: query.of!, keys: keys.of!, scale };
}

/** `x·number` or `x/number` as both; anything else is itself, times 1. */
function factorOf(match: Matcher, name: string | undefined): { of: string | undefined; factor: number } {
  const product = match.node(name, 'mul');
  const isNumber = (each: string) => match.number(each) !== null;
  const of = product === null ? null : match.beside(product, isNumber);
  if (product !== null && of !== null) return { of, factor: match.number(product.inputs.find(isNumber))! };
  const quotient = match.node(name, 'div');
  const divisor = match.number(quotient?.inputs[1]);
  return quotient === null || divisor === null
    ? { of: name, factor: 1 }
    : { of: quotient.inputs[0], factor: 1 / divisor };
}
