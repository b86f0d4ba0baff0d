import { Random } from '../../base/index.js';
import { valueAt } from '../../drift/statistics/ranks.js';
import { assert, test } from '../support/test.js';

test('the value at each place is that of the sorted values', () => {
  const random = new Random(1);
  const lists: Record<string, (i: number) => number> = {
    different: () => random.normal(),
    'few values': () => random.below(3),
    ascending: (i) => i,
    descending: (i) => -i,
    equal: () => 7,
    'up and down': (i) => Math.abs(i - 20),
  };
  for (const [name, make] of Object.entries(lists)) {
    for (const count of [1, 2, 3, 41]) {
      const values = Float64Array.from({ length: count }, (_, i) => make(i));
      const sorted = values.slice().sort();
      for (let place = 0; place < count; place++) {
        const reordered = values.slice();
        assert.is(valueAt(reordered, place), sorted[place], `${name}, ${count} values, place ${place}`);
        assert.equal(reordered.sort(), sorted, `${name}, ${count} values: none is lost`);
      }
    }
  }
});

test('places of one list may be asked for one after the other', () => {
  const random = new Random(2);
  const values = Float64Array.from({ length: 1_000 }, () => random.normal());
  const sorted = values.slice().sort();
  for (const place of [500, 0, 999, 250, 501]) assert.is(valueAt(values, place), sorted[place]);
});
