import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as elementary from '../../base/math/index.js';
import { checksums, NODE_20 } from '../support/math-checksums.js';
import { assert, fixtures, test } from '../support/test.js';

type Name = Exclude<keyof typeof elementary, 'binaryExponent'>;
type Table = Record<Name, number[][]>;

const read = JSON.parse(readFileSync(join(fixtures, 'base/math.json'), 'utf8')) as Table;

const ours: Record<Name, (x: number, y: number) => number> = { ...elementary };
const theirs: Record<Name, (x: number, y: number) => number> = Math;

/** The most that each is off, in units of the last place. */
const BOUNDS: Record<Name, number> = {
  ...{ exp: 1, log: 1, log1p: 1, sin: 1, cos: 1, pow: 1 },
  ...{ asinh: 2, atan2: 2, hypot: 2, expm1: 3, tanh: 5 },
};

const value = new Float64Array(1);
const bits = new BigInt64Array(value.buffer);

function lastPlace(x: number): number {
  value[0] = Math.abs(x);
  bits[0]! += 1n;
  return value[0] - Math.abs(x);
}

for (const name of Object.keys(BOUNDS) as Name[]) {
  test(`${name} beside 300 bits`, () => {
    assert.ok(read[name].length >= 24);
    for (const row of read[name]) {
      const [near, rest] = row.slice(-2) as [number, number];
      const found = ours[name](row[0]!, row[1]!);
      const error = Math.abs(found - near - rest) / lastPlace(near);
      assert.ok(error <= BOUNDS[name], `${name}(${row.slice(0, -2)}): ${found}, off by ${error}`);
    }
  });
}

test('the bits of Node 20', () => {
  assert.equal(checksums(), NODE_20);
});

test('what is special', () => {
  const { NEGATIVE_INFINITY, NaN: NOT_A_NUMBER, POSITIVE_INFINITY } = Number;
  const values = [0, -0, 1, -1, 2, 0.5, 3, -3, 1e-320, 1e308, POSITIVE_INFINITY, NEGATIVE_INFINITY, NOT_A_NUMBER];
  for (const name of Object.keys(BOUNDS) as Name[]) {
    for (const [x, y] of values.flatMap((x) => values.map((y) => [x, y] as const))) {
      const [found, wanted] = [ours[name](x, y), theirs[name](x, y)];
      const isNear = found !== 0 && Math.abs(found - wanted) <= BOUNDS[name] * lastPlace(wanted);
      assert.ok(Object.is(found, wanted) || isNear, `${name}(${x}, ${y}): ${found}, not ${wanted}`);
    }
  }
  assert.equal([0.7, 1, 3, 4, 1e-300].map(elementary.binaryExponent), [-1, 0, 1, 2, -997]);
});
