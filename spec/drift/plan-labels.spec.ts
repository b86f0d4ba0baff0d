import { Random } from '../../base/index.js';
import { type LabelledRow, partAccuracy, planLabels, plannedAccuracy } from '../../drift/index.js';
import { assert, test } from '../support/test.js';

/** Rows of which the sure ones are right, in clips of so many. */
function rowsOf(count: number, clip: number, segments: readonly string[] | null = null) {
  const random = Random.stream(4, count + clip);
  const confidence: number[] = [];
  const right: boolean[] = [];
  for (let row = 0; row < count; row++) {
    const isNext = row % clip === 0;
    confidence.push(isNext ? 0.5 + 0.5 * Math.sqrt(random.uniform()) : confidence[row - 1]!);
    right.push(isNext ? random.uniform() < confidence[row]! : right[row - 1]!);
  }
  const units = confidence.map((_, row) => Math.floor(row / clip));
  return { confidence, rates: confidence, clusters: units.map((unit) => unit % 3), units, segments, right };
}

type Rows = ReturnType<typeof rowsOf>;

function planned(rows: Rows, budget: number, seed: number) {
  const { labels, strata } = planLabels(rows, budget, seed);
  const labelled = labels.map(({ row, stratum, probability }): LabelledRow => {
    const planned = { stratum: strata[stratum]!.name, probability };
    return { right: rows.right[row]!, rate: rows.rates[row]!, group: rows.units[row]!, planned };
  });
  return { labels, strata, labelled, counts: new Map(strata.map(({ name, rows: count }) => [name, count])) };
}

test('a plan spends its budget, asks unsure predictions more often, and half of equal chances at least', () => {
  const rows = rowsOf(2_000, 1);
  const { labels, strata } = planned(rows, 100, 1);
  assert.is(labels.length, 100);
  assert.is(
    strata.reduce((sum, { rows: count }) => sum + count, 0),
    2_000,
  );
  for (const { rows: count, labels: own } of strata)
    assert.ok(own + 1 >= (count * 100) / 2_000 / 2, `${own} of ${count}`);
  const rate = ({ rows: count, labels: own }: (typeof strata)[number]) => own / count;
  assert.ok(rate(strata[0]!) > 1.5 * rate(strata.at(-1)!));
  assert.equal(planned(rows, 100, 1).labels, labels);
  assert.not.equal(planned(rows, 100, 2).labels, labels);
  assert.is(new Set(labels.map(({ row }) => row)).size, 100);
  assert.is(new Set(labels.slice(0, 20).map(({ stratum }) => stratum)).size, strata.length, 'all strata come early');
  assert.is(planned(rowsOf(20, 1), 100, 1).labels.length, 20);
});

test('each row is chosen as often as its probability says, clips once', () => {
  const rows = rowsOf(120, 4);
  const times = new Float64Array(120);
  const chance = new Float64Array(120);
  for (let seed = 0; seed < 3_000; seed++) {
    const { labels } = planned(rows, 12, seed);
    assert.is(new Set(labels.map(({ row }) => rows.units[row])).size, labels.length);
    for (const { row, probability } of labels) {
      times[row]!++;
      chance[row] = probability;
    }
  }
  for (let row = 0; row < 120; row++) {
    const [often, wanted] = [times[row]! / 3_000, chance[row]!];
    assert.ok(
      Math.abs(often - wanted) < 5 * Math.sqrt((wanted * (1 - wanted)) / 3_000),
      `row ${row}: ${often}, ${wanted}`,
    );
  }
});

test('intervals of a plan hold the truth, and are no wider than random labels give, where confidence tells little apart', () => {
  for (const clip of [1, 10]) {
    const rows = rowsOf(3_000, clip);
    const truth = rows.right.filter(Boolean).length / 3_000;
    let [held, width, sum] = [0, 0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const { labelled, counts } = planned(rows, 100, seed);
      const { value, low, high } = plannedAccuracy(labelled, counts);
      if (low <= truth && truth <= high) held++;
      width += (high - low) / 400;
      sum += value / 400;
    }
    assert.ok(held >= 372, `clips of ${clip}: ${held} of 400`);
    assert.ok(width < 3.95 * Math.sqrt((truth * (1 - truth)) / 100), `${width}, ${truth}`);
    assert.ok(Math.abs(sum - truth) < 0.008, `${sum}, ${truth}`);
  }
});

test('rows that are right and wrong in turn make a plan no worse than a random draw without replacement', () => {
  const confidence = Array.from({ length: 200 }, (_, row) => 0.5 + row / 500);
  const rows = { ...rowsOf(200, 1), confidence, rates: confidence.map(() => 0.5), clusters: confidence.map(() => 0) };
  const draws = Array.from({ length: 400 }, (_, seed) => planLabels(rows, 100, seed));
  const { strata } = draws[0]!;
  const of = (stratum: number) => ({ share: strata[stratum]!.rows / 200, labels: strata[stratum]!.labels });
  const values = draws.map(({ labels }) =>
    labels.reduce((sum, { row, stratum }) => sum + ((row % 2) * of(stratum).share) / of(stratum).labels, 0),
  );
  const found = values.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / 400;
  const random = strata.reduce((sum, { rows: count, labels }) => {
    return sum + ((count / 200) ** 2 * 0.25 * (count - labels)) / (count - 1) / labels;
  }, 0);
  assert.ok(found < 1.3 * random, `variance ${found}, ${random} by chance`);
});

test('segments get labels of their own; parts of a plan go by weights', () => {
  const segments = Array.from({ length: 2_000 }, (_, row) => (row % 20 === 0 ? 'small' : 'large'));
  const rows = rowsOf(2_000, 1, segments);
  const { labels, labelled, strata } = planned(rows, 100, 1);
  const small = labels.filter(({ row }) => segments[row] === 'small').length;
  assert.ok(small >= 12, `${small} of 100 labels, 5 % of the rows`);
  assert.ok(strata.every(({ name }) => /^(small|large) confidence /.test(name)));
  const row = (right: boolean, probability: number, group: number): LabelledRow => {
    return { right, rate: null, group, planned: { stratum: 'a', probability } };
  };
  const { value, by, labels: count } = partAccuracy([row(true, 0.1, 1), row(false, 0.5, 2)]);
  assert.equal([Math.round(1e6 * value), by, count], [833_333, 'plan', 2]);
  assert.is(labelled.length, 100);
});
