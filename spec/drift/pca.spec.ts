import { Random } from '../../base/index.js';
import { symmetricEigen, symmetricEigenvalues } from '../../drift/linear/decompositions.js';
import type { Matrix } from '../../drift/linear/matrix.js';
import { fitPca, project } from '../../drift/linear/pca.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, test } from '../support/test.js';
import { agrees, rowReference } from './row-reference.js';
import { matrixOf, refused, tuples } from './support.js';

function product(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let sum = 0;
  for (let c = 0; c < length; c++) sum += a[i * length + c]! * b[j * length + c]!;
  return sum;
}

/** Rows in a few directions of falling variance, with a little noise. */
function lowRank(rows: number, columns: number, rank: number, seed: number): Matrix {
  const random = new Random(seed);
  const directions = Float64Array.from({ length: rank * columns }, () => random.normal());
  const data = Float32Array.from({ length: rows * columns }, () => 1 + 0.01 * random.normal());
  for (let i = 0; i < rows; i++) {
    for (let r = 0; r < rank; r++) {
      const along = random.normal() / (1 + r);
      for (let c = 0; c < columns; c++) data[i * columns + c]! += along * directions[r * columns + c]!;
    }
  }
  return { rows, columns, data };
}

test('eigenvalues and vectors of symmetric matrices: V Λ Vᵀ is the matrix, V is orthonormal', () => {
  for (const size of [1, 2, 3, 10, 41]) {
    const random = new Random(size);
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) matrix[i * size + j] = matrix[j * size + i] = random.normal() * 10 ** (i % 5);
    }
    const { values, vectors } = symmetricEigen(matrix, size);
    const norm = Math.max(...values.map(Math.abs));
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let rebuilt = 0;
        for (let k = 0; k < size; k++) rebuilt += values[k]! * vectors[k * size + i]! * vectors[k * size + j]!;
        assert.ok(Math.abs(rebuilt - matrix[i * size + j]!) < 1e-13 * size * norm, `size ${size}, ${i}, ${j}`);
        const expected = i === j ? 1 : 0;
        assert.ok(Math.abs(product(vectors, i, vectors, j, size) - expected) < 1e-13 * size);
      }
      assert.ok(Math.abs(symmetricEigenvalues(matrix, size)[i]! - values[i]!) < 1e-13 * size * norm);
      assert.ok(i === 0 || values[i]! <= values[i - 1]!);
    }
  }
});

test('eigenvalues of diagonal, zero, repeated and huge matrices', () => {
  assert.equal([...symmetricEigenvalues(Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, 3), 3)], [5, 3, 1]);
  assert.equal([...symmetricEigen(new Float64Array(9), 3).values], [0, 0, 0]);
  const ones = symmetricEigen(new Float64Array(16).fill(1e300), 4).values;
  agrees(ones[0]!, 4e300, 1e-14, 'all ones');
  for (const value of ones.subarray(1)) assert.ok(Math.abs(value) < 1e286);
});

test("scikit-learn's components and variances, with more rows than columns and with fewer", () => {
  for (const { x, components, variances } of rowReference.components) {
    const found = fitPca(matrixOf(x), { maxComponents: 4, share: 1 });
    assert.is(found.components.rows, 4);
    for (const [i, axis] of components.entries()) {
      agrees(found.variances[i]!, variances[i]!, 1e-10, `variance ${i}`);
      for (const [c, value] of axis.entries()) {
        assert.ok(Math.abs(found.components.data[i * axis.length + c]! - value) < 1e-9, `axis ${i}, ${c}`);
      }
    }
  }
});

test('columns, rows or subspace: the three ways find the same variances', () => {
  for (const [rows, columns] of tuples('700 40; 40 700; 520 600')) {
    const matrix = lowRank(rows, columns, 8, rows);
    const found = fitPca(matrix, { maxComponents: 8, share: 1 });
    const coordinates = project(found, matrix);
    assert.is(coordinates.columns, 8);
    for (let j = 0; j < 8; j++) {
      let squares = 0;
      for (let i = 0; i < rows; i++) squares += coordinates.data[i * 8 + j]! ** 2;
      agrees(squares / (rows - 1), found.variances[j]!, 1e-9, `${rows} × ${columns}, variance ${j}`);
      for (let k = 0; k <= j; k++) {
        const expected = j === k ? 1 : 0;
        assert.ok(Math.abs(product(found.components.data, j, found.components.data, k, columns) - expected) < 1e-12);
      }
    }
  }
});

test('subspace iteration agrees with the whole matrix', () => {
  const matrix = lowRank(520, 600, 5, 1);
  const narrow = { rows: 512, columns: 600, data: matrix.data.subarray(0, 512 * 600) };
  const whole = fitPca(narrow, { maxComponents: 5, share: 1 });
  const twice = { rows: 1024, columns: 600, data: Float32Array.from([...narrow.data, ...narrow.data]) };
  const iterated = fitPca(twice, { maxComponents: 5, share: 1 });
  for (let i = 0; i < 5; i++) {
    agrees((iterated.variances[i]! * 1023) / 1024, (whole.variances[i]! * 511) / 512, 1e-9, `variance ${i}`);
    assert.ok(Math.abs(product(whole.components.data, i, iterated.components.data, i, 600) - 1) < 1e-9, `axis ${i}`);
  }
});

test('as few components as make up the share, and no more than asked for', () => {
  const matrix = lowRank(300, 20, 3, 2);
  const { components, variances } = fitPca(matrix);
  assert.ok(components.rows <= 3);
  const all = fitPca(matrix, { share: 1 });
  assert.is(all.components.rows, 20);
  const whole = totalOf(all.variances);
  assert.ok(totalOf(variances) >= 0.99 * whole);
  assert.is(fitPca(matrix, { share: 1, maxComponents: 2 }).components.rows, 2);
});

test('the same rows give the same components, bit for bit', () => {
  const matrix = lowRank(530, 540, 4, 3);
  assert.equal(fitPca(matrix), fitPca(matrix));
});

test('constant rows and one row have one component of variance 0', () => {
  for (const [rows, columns] of tuples('50 3; 1 3; 2 600; 520 600')) {
    const matrix = { rows, columns, data: new Float32Array(rows * columns).fill(0.25) };
    const found = fitPca(matrix);
    assert.equal([...found.variances], [0], `${rows} × ${columns}`);
    agrees(product(found.components.data, 0, found.components.data, 0, columns), 1, 1e-12, 'length');
    assert.ok(project(found, matrix).data.every((value) => value === 0));
  }
});

test('what cannot be projected is refused', () => {
  const matrix = matrixOf('1 2; 3 5');
  refused(() => fitPca({ rows: 0, columns: 2, data: new Float32Array(0) }), 'NO_ROWS', /0 rows/);
  refused(() => fitPca(matrix, { maxComponents: 0 }), 'OPTION_OUT_OF_RANGE', /maxComponents 0/);
  refused(() => fitPca(matrix, { share: 1.1 }), 'OPTION_OUT_OF_RANGE', /share 1.1/);
  refused(() => fitPca(matrixOf([[1], [Number.NaN]])), 'VALUE_NOT_FINITE', /row 1/);
  refused(() => project(fitPca(matrix), matrixOf([[1]])), 'DIMENSIONS_DIFFER', /1 values.* 2/);
});
