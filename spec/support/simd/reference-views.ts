/** The kernels on views as plain loops in float64, by the formulas that the graph's operations are defined with. */

import { argumentsOf } from '../../../engine/backends/simd/kernels/pointwise/float64.js';
import { FUNCTION_UNIT } from '../../../engine/backends/simd/kernels/pointwise/plan.js';
import type { KernelName, WordOf } from '../../../engine/backends/simd/kernels/registry.js';
import { COMBINATIONS, REDUCTIONS } from '../../../engine/backends/simd/kernels/views/plan.js';
import type { Combination } from '../../../engine/backends/simd/planning/step.js';
import { POINTWISE, POINTWISE_FUNCTIONS } from '../../../graph/index.js';
import { operation as pointwise } from '../../../graph/operations/pointwise.js';
import { operation as reduction } from '../../../graph/operations/reduce.js';
import type { View } from './memory-view.js';

type Parameters<K extends KernelName> = Record<WordOf<K>, number>;

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const base = (arena: number, offset: number, at: number): number => (at === 0 ? arena + offset : at);

export function pointwiseUnit(view: View, p: Parameters<'pointwise'>, arena: number, unit: number): void {
  const name = POINTWISE_FUNCTIONS[p.formula]!;
  const names = POINTWISE[name].inFloat32 ? [] : argumentsOf(name);
  const given = Object.fromEntries(names.map((each, i) => [each, view.double(p.numbersAt + 8 * i)]));
  for (let i = unit * FUNCTION_UNIT; i < Math.min(p.floats, (unit + 1) * FUNCTION_UNIT); i++) {
    const data = Float64Array.of(view.float(arena + p.inputOffset + 4 * i));
    const value = pointwise.reference([{ shape: [1], data }], { function: name, ...given }, () => []).data[0]!;
    view.store(arena + p.outputOffset + 4 * i, value);
  }
}

export function copyColumns(view: View, p: Parameters<'copy'>, arena: number, row: number): void {
  const output = arena + p.outputOffset + view.integer(p.rowsAt + 8 * row);
  const input = base(arena, p.inputOffset, p.inputAt) + view.integer(p.rowsAt + 8 * row + 4);
  for (const c of range(p.columns)) view.store(output + c * p.outputStep, view.float(input + c * p.inputStep));
}

const COMBINED: Readonly<Record<Combination, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: Math.max,
  minimum: Math.min,
  gate: (a, b) => (b > 0 ? a : b),
  pow: (a, b) => a ** b,
  prelu: (a, b) => (a < 0 ? a * b : a),
};

export function combineRow(view: View, p: Parameters<'combine'>, arena: number, row: number): void {
  const [output, a, b] = [0, 4, 8].map((i) => view.integer(p.rowsAt + 12 * row + i)) as [number, number, number];
  const [left, right] = [base(arena, p.aOffset, p.aAt) + a, base(arena, p.bOffset, p.bAt) + b];
  for (const c of range(p.columns)) {
    const value = COMBINED[COMBINATIONS[p.formula]!](view.float(left + c * p.aStep), view.float(right + c * p.bStep));
    view.store(arena + p.outputOffset + output + c * p.outputStep, value);
  }
}

export function reduceRow(view: View, p: Parameters<'reduce'>, arena: number, row: number): void {
  const output = arena + p.outputOffset + view.integer(p.rowsAt + 8 * row);
  const input = arena + p.inputOffset + view.integer(p.rowsAt + 8 * row + 4);
  for (const c of range(p.columns)) {
    const values = range(p.taps).map((tap) => view.float(input + c * p.inputStep + view.integer(p.tapsAt + 4 * tap)));
    const x = { shape: [1, p.taps], data: Float64Array.from(values) };
    const attrs = { function: REDUCTIONS[p.formula]!, axes: [1], keepDims: true };
    view.store(output + c * p.outputStep, reduction.reference([x], attrs, () => []).data[0]!);
  }
}

/** Addresses of output, input and weight of each entry of a group. */
function group(
  view: View,
  p: Parameters<'softmaxGroups'>,
  arena: number,
  row: number,
  weightStep: number,
): [number, number, number][] {
  const places = (at: number) => [0, 4, 8].map((i) => view.integer(at + i)) as [number, number, number];
  const ofRow = places(p.rowsAt + 12 * row);
  return range(p.segments).flatMap((segment) => {
    const [output, input, weight] = places(p.segmentsAt + 12 * segment).map((at, i) => at + ofRow[i]!) as [
      number,
      number,
      number,
    ];
    return range(p.columns).map((c): [number, number, number] => [
      arena + p.outputOffset + output + c * p.outputStep,
      arena + p.inputOffset + input + c * p.inputStep,
      weight + c * weightStep,
    ]);
  });
}

export function standardiseGroup(view: View, p: Parameters<'standardise'>, arena: number, row: number): void {
  const entries = group(view, p, arena, row, p.weightStep);
  const values = entries.map(([, input]) => view.float(input));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  for (const [i, [output, , weight]] of entries.entries()) {
    const gain = p.weightsAt === 0 ? 1 : view.float(p.weightsAt + weight);
    const shift = p.biasAt === 0 ? 0 : view.float(p.biasAt + weight);
    view.store(output, ((values[i]! - mean) / Math.sqrt(variance + view.bits(p.epsilon))) * gain + shift);
  }
}

export function softmaxGroup(view: View, p: Parameters<'softmaxGroups'>, arena: number, row: number): void {
  const entries = group(view, p, arena, row, 0);
  const shares = softmax(entries.map(([, input]) => view.float(input)));
  for (const [i, [output]] of entries.entries()) view.store(output, shares[i]!);
}

export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((e) => e / sum);
}

export function productRow(view: View, p: Parameters<'product'>, arena: number, row: number): void {
  const [output, a, b] = [0, 4, 8].map((i) => view.integer(p.rowsAt + 12 * row + i)) as [number, number, number];
  const [left, right] = [base(arena, p.aOffset, p.aAt) + a, base(arena, p.bOffset, p.bAt) + b];
  for (const c of range(p.columns)) {
    let sum = 0;
    for (const term of range(p.terms)) {
      const x = view.float(left + c * p.aStep + view.integer(p.termsAt + 8 * term));
      sum += x * view.float(right + c * p.bStep + view.integer(p.termsAt + 8 * term + 4));
    }
    view.store(arena + p.outputOffset + output + c * p.outputStep, sum);
  }
}

export function attentionHead(view: View, p: Parameters<'attention'>, arena: number, head: number): void {
  for (const query of range(p.queries)) attentionRow(view, p, arena, head * p.queries + query);
}

function attentionRow(view: View, p: Parameters<'attention'>, arena: number, row: number): void {
  const places = range(5).map((i) => view.integer(p.rowsAt + 20 * row + 4 * i)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [output, query, key, value, bias] = places;
  const seen = p.causal === 1 ? Math.min((row % p.queries) + 1, p.keys) : p.keys;
  const keyAt = (s: number, i: number) => view.integer(p.keysAt + 12 * s + 4 * i);
  const [softcap, hasBias] = [view.bits(p.softcap), p.biasAt !== 0 || p.biasOffset !== 0];
  const scores = range(seen).map((s) => {
    let dot = 0;
    for (const e of range(p.features)) {
      const x = view.float(arena + p.queriesOffset + query + e * p.queryStep);
      dot += x * view.float(arena + p.keysOffset + key + keyAt(s, 0) + e * p.keyStep);
    }
    const score = view.bits(p.scale) * dot;
    const capped = softcap > 0 ? softcap * Math.tanh(score / softcap) : score;
    return capped + (hasBias ? view.float(base(arena, p.biasOffset, p.biasAt) + bias + keyAt(s, 2)) : 0);
  });
  const shares = softmax(scores);
  for (const f of range(p.outputs)) {
    const at = arena + p.valuesOffset + value + f * p.valueStep;
    const total = shares.reduce((sum, share, s) => sum + share * view.float(at + keyAt(s, 1)), 0);
    view.store(arena + p.outputOffset + output + f * p.outputStep, total);
  }
}

export function neighboursRow(view: View, p: Parameters<'neighbours'>, arena: number, row: number): void {
  const output = arena + p.outputOffset + view.integer(p.rowsAt + 8 * row);
  const input = arena + p.inputOffset + view.integer(p.rowsAt + 8 * row + 4);
  for (const c of range(p.channels)) {
    const first = Math.max(0, c - Math.floor(p.size / 2));
    const last = Math.min(p.channels - 1, c + Math.floor((p.size - 1) / 2));
    let sum = 0;
    for (let i = first; i <= last; i++) sum += view.float(input + i * p.inputStep) ** 2;
    const bounded = (view.bits(p.k) + (view.bits(p.alpha) / p.size) * sum) ** view.bits(p.beta);
    view.store(output + c * p.outputStep, view.float(input + c * p.inputStep) / bounded);
  }
}
