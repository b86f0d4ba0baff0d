/** What the specs of the drift room share. */
import { CodedError, Random } from '../../base/index.js';
import {
  type DriftBatch,
  type Matrix,
  type Matrix64,
  type Profile,
  WindowCounter,
  type WindowSummary,
} from '../../drift/index.js';
import { assert } from '../support/test.js';

/** Asserts a coded error with that code, whose message matches. */
export function throwsCoded(act: () => unknown, code: string, message: RegExp): void {
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

export function matrixOf(rows: readonly (readonly number[])[]): Matrix64 {
  return { rows: rows.length, columns: rows[0]!.length, data: Float64Array.from(rows.flat()) };
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

/** Rows `from` up to `to` of a matrix. */
export function slice({ columns, data }: Matrix, from: number, to: number): Matrix {
  return { rows: to - from, columns, data: data.subarray(from * columns, to * columns) };
}

/** A window that is one batch, counted. */
export function summaryOf(
  profile: Profile,
  batch: DriftBatch,
  options?: ConstructorParameters<typeof WindowCounter>[1],
): WindowSummary {
  const counter = new WindowCounter(profile, options);
  counter.add(batch);
  return counter.summary();
}
