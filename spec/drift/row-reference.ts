/** Values of Frouros, scipy and scikit-learn that the methods on rows are compared with. */
import { Random } from '../../base/index.js';
import type { Matrix } from '../../drift/index.js';
import { assert } from '../support/test.js';
import { fixture } from './support.js';

interface RowReference {
  documented: { x: number[][]; y: number[][]; sigma: number; mmd: number; documented: number };
  samples: { x: number[][]; y: number[][]; sigma: number; mmd: number; frechet: number }[];
  curves: { negatives: number[]; positives: number[]; auc: number }[];
  components: { x: number[][]; components: number[][]; variances: number[] }[];
}

export const rowReference = fixture('row_methods.json') as RowReference;

export function agrees(found: number, expected: number, share: number, what: string): void {
  const scale = Math.max(Math.abs(found), Math.abs(expected));
  assert.ok(Math.abs(found - expected) <= share * scale, `${what}: ${found}, expected ${expected}`);
}

/** Independent normal rows, column c with spread 1 / (1 + c / 4), changed as asked. */
export function normalRows(
  rows: number,
  columns: number,
  random: Random,
  change: { shift?: number; scale?: number } = {},
): Matrix {
  const { shift = 0, scale = 1 } = change;
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    return (scale * random.normal() + shift) / (1 + (at % columns) / 4);
  });
  return { rows, columns, data };
}

/** How often a test alarms at 5 %, over re-drawn samples. */
function alarms(
  trials: number,
  test: (reference: Matrix, window: Matrix, seed: number) => { p: number },
  change: { shift?: number; scale?: number } = {},
): number {
  let count = 0;
  for (let trial = 0; trial < trials; trial++) {
    const random = Random.stream(3, trial);
    const { p } = test(normalRows(60, 4, random), normalRows(40, 4, random, change), trial);
    if (p <= 0.05) count++;
  }
  return count / trials;
}

const constant = (rows: number): Matrix => ({ rows, columns: 3, data: new Float32Array(rows * 3).fill(0.3) });
const random = new Random(5);
const few = normalRows(12, 30, random);

/** Samples that must give numbers, whatever they are: nothing varies, fewer rows than columns, one sample twice. */
export const degenerate: Record<string, [Matrix, Matrix]> = {
  'constant rows': [constant(30), constant(20)],
  'a constant window': [normalRows(30, 3, random), constant(20)],
  'a constant reference': [constant(30), normalRows(20, 3, random)],
  'fewer rows than columns': [few, normalRows(10, 30, random)],
  'the same rows twice': [few, few],
  'one column': [normalRows(20, 1, random), normalRows(20, 1, random, { shift: 1 })],
  'huge values': [normalRows(30, 3, random, { scale: 1e30 }), normalRows(30, 3, random, { scale: 1e30 })],
};

/** Asserts that every number of a result is finite, and p a probability. */
function isSound(result: object, what: string): void {
  for (const [name, value] of Object.entries(result)) {
    for (const number of [value].flat() as number[])
      assert.ok(Number.isFinite(number), `${what}: ${name} is ${number}`);
  }
  const { p } = result as { p: number };
  assert.ok(p > 0 && p <= 1, `${what}: p ${p}`);
}

type RowTest = (reference: Matrix, window: Matrix, seed: number) => { value: number; p: number };

/** Few or degenerate rows give sound numbers. @param constant the value of rows that are all the same */
export function takesDegenerateRows(run: RowTest, constant: number): void {
  for (const [what, [reference, window]] of Object.entries(degenerate)) isSound(run(reference, window, 1), what);
  const { value, p } = run(...degenerate['constant rows']!, 1);
  assert.equal([value, p], [constant, 1]);
}

/** It alarms at its level without drift, and sees a shift and a change of spread. @param wide how often at least the latter */
export function seesChanges(run: RowTest, wide: number): void {
  const level = alarms(300, run, {});
  assert.ok(level >= 0.02 && level <= 0.09, `level ${level}`);
  assert.ok(alarms(60, run, { shift: 0.8 }) > 0.9);
  assert.ok(alarms(60, run, { scale: 1.8 }) > wide);
}

export function isRepeatable(run: RowTest): void {
  const [a, b] = [normalRows(60, 3, new Random(1)), normalRows(40, 3, new Random(2))];
  assert.equal(run(a, b, 1), run(a, b, 1));
}
