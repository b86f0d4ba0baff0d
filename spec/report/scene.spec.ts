import { Random } from '../../base/index.js';
import type { Matrix } from '../../drift/index.js';
import { type SceneSet, sceneOf, umap3d } from '../../report/index.js';
import { fairShares } from '../../report/scene.js';
import { assert, test } from '../support/test.js';

const GROUPS = 4;

/** Rows of four groups far apart, in turn. */
function groups(rows: number, seed: number, columns = 8): Matrix {
  const random = new Random(seed);
  const data = Float32Array.from({ length: rows * columns }, (_, i) => {
    const group = Math.floor(i / columns) % GROUPS;
    return random.normal() + (i % columns === group ? 20 : 0);
  });
  return { rows, columns, data };
}

const seeded = (seed: number) => {
  const random = new Random(seed);
  return () => random.uniform();
};

function setOf(name: string, rows: number): SceneSet {
  const point = (row: number) => ({
    thumbnail: row,
    label: `${name}/${row}`,
    predicted: null,
    target: null,
    cluster: 0,
    confidence: null,
    group: null,
  });
  return { name, coordinates: groups(rows, rows), point };
}

test('UMAP keeps rows of a group together and groups apart', () => {
  const rows = 200;
  const layout = umap3d(groups(rows, 1), seeded(2))!;
  assert.is(layout.length, rows * 3);
  const distance = (a: number, b: number) =>
    Math.hypot(...[0, 1, 2].map((c) => layout[a * 3 + c]! - layout[b * 3 + c]!));
  let agree = 0;
  for (let row = 0; row < rows; row++) {
    const others = Array.from({ length: rows }, (_, i) => i).filter((i) => i !== row);
    const nearest = others.reduce((best, i) => (distance(row, i) < distance(row, best) ? i : best));
    if (nearest % GROUPS === row % GROUPS) agree++;
  }
  assert.ok(agree > 0.98 * rows, `${agree} of ${rows} have a neighbour of their own group`);
});

test('UMAP is the same for the same seed, and another for another', () => {
  const rows = groups(60, 1);
  assert.equal(umap3d(rows, seeded(2)), umap3d(rows, seeded(2)));
  assert.not.equal(umap3d(rows, seeded(2)), umap3d(rows, seeded(3)));
});

test('UMAP of few, equal and repeated rows is null or finite', () => {
  assert.is(umap3d(groups(4, 1), seeded(1)), null);
  assert.is(umap3d({ rows: 30, columns: 2, data: new Float32Array(60).fill(1) }, seeded(1)), null);
  assert.is(umap3d(groups(5, 1), seeded(1))!.length, 15);
  const repeated = { rows: 60, columns: 1, data: Float32Array.from({ length: 60 }, (_, i) => i % 6) };
  const layout = umap3d(repeated, seeded(1));
  assert.ok(layout === null || layout.every(Number.isFinite));
  assert.throws(() => umap3d({ rows: 2001, columns: 0, data: new Float32Array(0) }, seeded(1)), /at most 2000/);
});

test('points are shared fairly', () => {
  assert.equal(fairShares([5000, 1000, 1000], 2000), [1000, 500, 500]);
  assert.equal(fairShares([5000, 10, 5000], 2000), [1000, 10, 990]);
  assert.equal(fairShares([100, 5000], 2000), [100, 1900]);
  assert.equal(fairShares([5000, 10], 2000), [1990, 10]);
  assert.equal(fairShares([5000], 2000), [2000]);
  assert.equal(fairShares([], 2000), []);
  const many = fairShares([1000, ...Array.from({ length: 300 }, () => 1000)], 2000);
  assert.ok(many.reduce((a, b) => a + b) <= 2000);
});

test('a scene has the rows it says it has', () => {
  const sets = [setOf('baseline', 50), setOf('week_1', 30)];
  const scene = sceneOf(sets, seeded(1), { maxPoints: 20, umap: false })!;
  assert.is(scene.points.length, 20);
  assert.is(scene.umap, null);
  assert.equal(scene.sets, ['baseline', 'week_1']);
  scene.points.forEach(({ set, thumbnail }, i) => {
    const { data, columns } = sets[set]!.coordinates;
    for (let c = 0; c < 3; c++) assert.is(scene.pca[i * 3 + c], data[thumbnail! * columns + c]);
  });
  assert.is(new Set(scene.points.map(({ label }) => label)).size, 20);
  assert.is(sceneOf([], seeded(1)), null);
  assert.is(sceneOf([setOf('baseline', 0)], seeded(1)), null);
});

test('fewer than three components leave the rest at zero', () => {
  const coordinates = { rows: 2, columns: 1, data: Float32Array.of(1, 2) };
  const scene = sceneOf([{ ...setOf('baseline', 2), coordinates }], seeded(1))!;
  assert.equal(scene.pca, [1, 0, 0, 2, 0, 0]);
});
