import { Random } from '../../base/index.js';
import { driftReport, fitProfile, WindowCounter } from '../../drift/index.js';
import { clopperPearson, type LabelSums, measuredAccuracy, wilson } from '../../drift/statistics/accuracy-interval.js';
import { regularizedBeta } from '../../drift/statistics/beta.js';
import { assert, test } from '../support/test.js';

const near = (value: number, wanted: number, by = 5e-8) => assert.ok(Math.abs(value - wanted) < by, `${value}`);

test('exact intervals are those of binom.test in R', () => {
  for (const [right, labels, low, high] of [
    [9, 10, 0.5549839, 0.9974714],
    [0, 10, 0, 0.3084971],
    [15, 100, 0.0864544, 0.2353075],
  ] as const) {
    const found = clopperPearson(right, labels);
    near(found.low, low);
    near(found.high, high);
  }
  const { low, high } = wilson(0.9, 10);
  near(low, 0.59585, 5e-7);
  near(high, 0.9821238, 5e-7);
});

test('at the border of the two continued fractions, where rounding makes either look longer, there is an answer', () => {
  const [x, a, b] = [0.13725490196078433, 4 / 3, 13 + 2 / 3];
  assert.ok(x > (a + 1) / (a + b + 2) && 1 - x > (b + 1) / (a + b + 2));
  near(regularizedBeta(x, a, b), regularizedBeta(x - 1e-12, a, b), 1e-10);
});

/** Labels of rows whose rate is 0.35 or 0.95, and the mean rate of all. */
function drawn(random: Random, labels: number, shift = 0): LabelSums {
  const sums = { labels, right: 0, rates: 0, squares: 0, products: 0 };
  for (let i = 0; i < labels; i++) {
    const rate = random.uniform() < 0.5 ? 0.35 : 0.95;
    const right = Number(random.uniform() < rate + shift);
    sums.right += right;
    sums.rates += rate;
    sums.squares += rate ** 2;
    sums.products += rate * right;
  }
  return sums;
}

test('prediction-powered intervals hold the truth as often as they say, also where confidence is 15 points too sure', () => {
  const all = { rows: 100_000, rate: 0.65 };
  for (const [labels, shift] of [
    [30, 0],
    [100, 0],
    [100, -0.15],
  ] as const) {
    const random = Random.stream(1, labels);
    let [held, width, widthAlone] = [0, 0, 0];
    for (let draw = 0; draw < 1_000; draw++) {
      const sums = drawn(random, labels, shift);
      const { low, high } = measuredAccuracy(sums, all, { worth: 1, finite: false });
      if (low <= 0.65 + shift && 0.65 + shift <= high) held++;
      const alone = wilson(sums.right / labels, labels);
      width += high - low;
      widthAlone += alone.high - alone.low;
    }
    assert.ok(held >= 930, `${labels} labels: ${held} of 1,000`);
    assert.ok(width < (labels === 30 ? 0.99 : 0.95) * widthAlone, `${labels} labels: ${width / widthAlone}`);
  }
});

test('few labels, one class of answers or useless confidence: the labels alone; groups make it wider', () => {
  const of = (labels: number, right: number) => ({ labels, right, rates: 0, squares: 0, products: 0 });
  const whole = { worth: 1, finite: false };
  const all = { rows: 1_000, rate: 0.7 };
  assert.is(measuredAccuracy(drawn(Random.stream(2, 0), 29), all, whole).by, 'exact');
  assert.is(measuredAccuracy(drawn(Random.stream(2, 0), 30), all, whole).by, 'ppi');
  assert.is(measuredAccuracy(of(100, 100), all, whole).by, 'exact');
  const useless = measuredAccuracy(of(100, 80), all, whole);
  near(useless.low, wilson(0.8, 100).low, 1e-12);
  const width = (worth: number) => {
    const { low, high } = measuredAccuracy(of(400, 320), all, { worth, finite: false });
    return high - low;
  };
  assert.ok(Math.abs(width(0.25) / width(1) - 2) < 0.1);
  const known = measuredAccuracy(of(1_000, 700), all, { worth: 1, finite: true });
  assert.equal([known.low, known.high], [0.7, 0.7]);
});

test('a report has the interval of each window, by how many labels there are', () => {
  const random = Random.stream(3, 0);
  const classes = ['a', 'b'];
  const batch = (rows: number, labelled: number) => {
    const data = Float32Array.from({ length: rows * 2 }, () => random.normal());
    const scores = Float32Array.from({ length: rows * 2 }, () => 0);
    const targets = Array.from({ length: rows }, (_, row) => {
      const sure = random.uniform() < 0.5 ? 0.52 : 0.98;
      scores.set([sure, 1 - sure], 2 * row);
      return row < labelled ? (random.uniform() < sure ? 'a' : 'b') : null;
    });
    return { embeddings: { rows, columns: 2, data }, scores: { rows, columns: 2, data: scores }, targets };
  };
  const profile = fitProfile(batch(2_000, 2_000), { classes }, { clusters: 2, seed: 1 });
  const of = (labelled: number) => {
    const counter = new WindowCounter(profile);
    counter.add(batch(500, labelled));
    return driftReport(profile, [{ name: 'w', summary: counter.summary() }], { methods: ['js'] }).windows[0]!;
  };
  assert.is(of(0).accuracy_interval, null);
  const few = of(10);
  assert.equal([few.accuracy_interval!.by, few.accuracy_interval!.labels], ['exact', 10]);
  assert.ok(few.estimated_accuracy !== null);
  const many = of(100);
  const alone = wilson(many.accuracy!, 100);
  assert.is(many.accuracy_interval!.by, 'ppi');
  assert.ok(many.accuracy_interval!.high - many.accuracy_interval!.low < alone.high - alone.low);
});
