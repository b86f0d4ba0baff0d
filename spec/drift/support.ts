import { CodedError, Random } from '../../base/index.js';
import {
  BaselineCounter,
  type DriftBatch,
  type DriftOptions,
  type DriftReport,
  driftReport,
  type Matrix,
  type Matrix64,
  type Profile,
  takeRows,
  WindowCounter,
  type WindowReport,
  type WindowSummary,
} from '../../drift/index.js';
import { assert, readFixture } from '../support/test.js';

/** What another program computed, or a table of cases. */
export function fixture<T>(name: string): T {
  return readFixture('drift', name);
}

export function refused(act: () => unknown, code: string, message: RegExp): void {
  try {
    act();
  } catch (error) {
    assert.instance(error, CodedError);
    assert.is((error as CodedError).code, code);
    assert.match((error as CodedError).message, message);
    return;
  }
  assert.unreachable(`no error, ${code} was expected`);
}

/** Rows of numbers: `1 2; 3 4`. */
export function tuples(text: string): [number, number, number][] {
  return text.split(';').map((row) => row.trim().split(' ').map(Number) as [number, number, number]);
}

/** @param given rows, also as `tuples` reads them */
export function matrixOf(given: string | readonly (readonly number[])[]): Matrix64 {
  const rows = typeof given === 'string' ? tuples(given) : given;
  return { rows: rows.length, columns: rows[0]!.length, data: Float64Array.from(rows.flat()) };
}

/** One member of each. */
export function pluck<T, K extends keyof T>(all: readonly T[], name: K): T[K][] {
  return all.map((one) => one[name]);
}

/** Rows of a Gaussian mixture in float32: `modes` centres with spread 3, unit noise. */
export function mixture(rows: number, columns: number, modes: number, seed: number): Matrix {
  const random = new Random(seed);
  const centres = Array.from({ length: modes * columns }, () => 3 * random.normal());
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const mode = random.below(modes);
    for (let c = 0; c < columns; c++) data[i * columns + c] = centres[mode * columns + c]! + random.normal();
  }
  return { rows, columns, data };
}

/** Rows whose neighbours correlate: x' = r x + noise. */
export function series(rows: number, columns: number, r: number, random: Random): Matrix {
  const data = new Float32Array(rows * columns);
  for (let i = 0; i < data.length; i++) {
    const before = i < columns ? random.normal() : data[i - columns]!;
    data[i] = r * before + Math.sqrt(1 - r * r) * random.normal();
  }
  return { rows, columns, data };
}

export function near(found: number, expected: number, tolerance: number, what: string): void {
  assert.ok(Math.abs(found - expected) <= tolerance, `${what}: ${found}, not ${expected}`);
}

export function slice({ columns, data }: Matrix, from: number, to: number): Matrix {
  return { rows: to - from, columns, data: data.subarray(from * columns, to * columns) };
}

/** Rows `from` up to `to` of a batch, with their numbers. */
export function partOf(batch: DriftBatch, from: number, to: number): DriftBatch {
  return takeRows(batch, range(from, to));
}

/** Whole numbers, the last one left out. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The rows of a profile, counted in shards that begin at these rows; the last one first. */
export function shardsOf(profile: Profile, batch: DriftBatch, starts: readonly number[]): Profile[] {
  const shards = starts.map((from, i) => {
    const counter = new BaselineCounter(profile, { firstRow: from });
    counter.add(partOf(batch, from, starts[i + 1] ?? batch.embeddings.rows));
    return counter.profile();
  });
  return shards.reverse();
}

/** The report of one window. */
export function reportOf(profile: Profile, of: DriftBatch | WindowSummary, options: DriftOptions = {}): DriftReport {
  const summary = 'embeddings' in of ? summaryOf(profile, of) : of;
  return driftReport(profile, [{ name: 'w', summary }], options);
}

export function judged(profile: Profile, of: DriftBatch | WindowSummary, options: DriftOptions = {}): WindowReport {
  return reportOf(profile, of, options).windows[0]!;
}

export function summaryOf(
  profile: Profile,
  batch: DriftBatch,
  options?: ConstructorParameters<typeof WindowCounter>[1],
): WindowSummary {
  const counter = new WindowCounter(profile, options);
  counter.add(batch);
  return counter.summary();
}
