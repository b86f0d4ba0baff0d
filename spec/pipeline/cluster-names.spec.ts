/** Names of clusters from what is predicted in them. */
import type { Reference } from '../../drift/index.js';
import { clusterNames } from '../../pipeline/report/clusters.js';
import { assert, test } from '../support/test.js';

/** Rows on a line, clusters at 0, 10, 20 and 30. @param rows of each cluster, by the index of their class */
function profileOf(rows: readonly (readonly number[])[]) {
  const places = rows.flatMap((classes, cluster) => classes.map(() => 10 * cluster));
  const sample = {
    coordinates: { rows: places.length, columns: 1, data: Float64Array.from(places) },
    predicted: Int32Array.from(rows.flat()),
  };
  const projection = {
    mean: Float64Array.of(0),
    components: { rows: 1, columns: 1, data: Float64Array.of(1) },
  };
  return {
    reference: { sample, projection } as unknown as Reference,
    centroids: { rows: rows.length, columns: 1, data: Float64Array.from(rows, (_, cluster) => 10 * cluster) },
    classes: ['cat', 'dog', 'car'],
  };
}

test('one class, two, several, and too little to tell', () => {
  const profile = profileOf([
    [0, 0, 0, 0, 1],
    [1, 1, 1, 2, 2, 2],
    [0, 0, 1, 1, 2, 2, -1],
    [0, 0, 0],
  ]);
  assert.equal(clusterNames(profile), ['mostly cat', 'dog and car', 'cat and dog', null]);
  const mixed = { ...profileOf([[0, 1, 2, 3, 4, 0]]), classes: ['a', 'b', 'c', 'd', 'e'] };
  assert.equal(clusterNames(mixed), ['a, b and others']);
});

test('nothing is known without predictions, classes or a reference', () => {
  const profile = profileOf([
    [-1, -1, -1, -1, -1],
    [0, 0, 0, 0, 0],
  ]);
  assert.equal(clusterNames(profile), [null, 'mostly cat']);
  assert.equal(clusterNames({ ...profile, classes: [] }), [null, null]);
  assert.equal(clusterNames({ ...profile, reference: null }), [null, null]);
});
