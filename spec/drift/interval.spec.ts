/** Intervals end soon for all histograms, by calls of `Math.exp` and the best time of several runs. */
import { Random } from '../../base/index.js';
import { noncentralChiSquareCdf, noncentralityFor } from '../../drift/null/chi-square.js';
import { divergenceInterval, jensenShannonInterval, sensitivityOf, varianceOfMean } from '../../drift/null/interval.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { amount, assert, cases, test } from '../support/test.js';
import { tuples } from './support.js';

const seen = (bins: number, baselineRows: number, windowRows: number, distance: number, level: number) =>
  sensitivityOf([{ bins, baselineRows, windowRows, level }], windowRows, distance);

const MOST_MILLISECONDS = 10;
const MOST_EVALUATIONS = 1000;
const ATTEMPTS = 20;

type Pair = [baseline: number[], window: number[]];

/** Every multiset of pairs of counts 0 to 3, so every pair of histograms up to the order of bins; none side empty. */
function* smallPairs(bins: number, from = 0): Generator<Pair> {
  if (bins === 0) {
    yield [[], []];
    return;
  }
  for (let code = from; code < 16; code++) {
    for (const [a, b] of smallPairs(bins - 1, code))
      yield [
        [code >> 2, ...a],
        [code & 3, ...b],
      ];
  }
}

/** Up to 100 bins with up to 10^9 rows in each, many of them empty on one side or on both. */
function randomPair(random: Random): Pair {
  const bins = 2 + random.below(99);
  const empty = random.uniform();
  const most = 10 ** (9 * random.uniform());
  const side = () =>
    Array.from({ length: bins }, () => (random.uniform() < empty ? 0 : random.below(1 + Math.floor(most))));
  const sides: Pair = [side(), side()];
  for (const counts of sides) counts[random.below(bins)]! += 1;
  return sides;
}

/** Runs it, and fails when it asks for too many probabilities or takes too long. */
function endsSoon(what: string, run: () => void): void {
  const exp = Math.exp;
  let evaluations = 0;
  Math.exp = (x) => {
    if (++evaluations > MOST_EVALUATIONS) throw new Error(`${what}: more than ${MOST_EVALUATIONS} evaluations`);
    return exp(x);
  };
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < ATTEMPTS && best >= MOST_MILLISECONDS; i++) {
      evaluations = 0;
      const start = performance.now();
      run();
      best = Math.min(best, performance.now() - start);
    }
    assert.ok(best < MOST_MILLISECONDS, `${what}: ${best} ms`);
  } finally {
    Math.exp = exp;
  }
}

function checkInterval([baseline, window]: Pair): void {
  endsSoon(JSON.stringify({ baseline, window }), () => {
    const [baselineRows, windowRows] = [totalOf(baseline), totalOf(window)];
    for (const cut of [0, 0.05, 1]) {
      const sides = { baseline, window, baselineRows, windowRows };
      const [low, high] = jensenShannonInterval(sides, 2, { cut, level: 0.05 });
      assert.ok(low >= 0 && low <= high && high <= 1, `${low} to ${high}`);
    }
  });
}

test('the pair that never ended: two classes in the baseline, two others in the window', () => {
  checkInterval([
    [1206, 1294, 0, 0],
    [0, 0, 8, 12],
  ]);
  const sides = { baseline: [1206, 1294, 0, 0], window: [0, 0, 8, 12], baselineRows: 2500, windowRows: 20 };
  const [low, high] = jensenShannonInterval(sides, 'e', { cut: 0.2, level: 0.05 });
  assert.ok(low > 0.6 && low < high, `${low}`);
  assert.is(high, Math.sqrt(Math.LN2));
});

test('every pair of histograms of up to six bins with counts 0 to 3 ends within 10 ms', () => {
  // A bin without rows on either side is code 0, so six bins hold all smaller numbers of bins as well.
  const all = [...smallPairs(6)];
  assert.is(all.length, 54_264);
  const both = all.filter((pair) => pair.every((counts) => counts.some((count) => count > 0)));
  for (const pair of cases(both, 3000)) checkInterval(pair);
});

test('10,000 random pairs end within 10 ms', () => {
  const random = new Random(21);
  for (let i = 0; i < amount(10_000, 500); i++) checkInterval(randomPair(random));
});

test('one shared row in a billion', () => {
  for (const rows of [1e3, 1e6, 1e9, 1e12]) {
    checkInterval([
      [rows, 1, 0],
      [0, 1, rows],
    ]);
  }
});

test('a rounding error in place of a variance or of a value decides nothing', () => {
  assert.is(varianceOfMean([0.1, 0.2, 0, 0.7], [0.3, 0.3, 9, 0.3], 10), 0);
  for (const [value, variance] of tuples('0.69 1e-17; 0.69 1e-300; 1e-16 1e-40; 1e-17 1; 1e-10 1e-40')) {
    endsSoon(`${value} with ${variance}`, () => {
      const [low, high] = divergenceInterval({ value, variance, cut: 9.5e-3, level: 0.05, bins: 5, rows: 10 });
      assert.ok(low >= 0 && low <= high && high < 2, `${value} with ${variance}: ${low} to ${high}`);
    });
  }
});

test('probabilities of huge arguments: the quantiles of a normal variable, in few steps', () => {
  for (const [df, noncentrality] of tuples('4 1e6; 4 1e12; 1e8 0; 1e12 1e12; 4 1e300')) {
    endsSoon(`${df}, ${noncentrality}`, () => {
      const spread = Math.sqrt(2 * df + 4 * noncentrality);
      const at = (z: number) => noncentralChiSquareCdf(df + noncentrality + z * spread, df, noncentrality);
      assert.ok(Math.abs(at(0) - 0.5) < 1e-3, `${at(0)}`);
      assert.ok(noncentrality === 1e300 || Math.abs(at(-2) - 0.02275) < 1e-3, `${at(-2)}`);
    });
  }
  endsSoon('inverse', () => {
    const x = 1e10;
    assert.ok(Math.abs(noncentralityFor(x, 3, 0.025) / (x + 1.96 * Math.sqrt(4 * x)) - 1) < 1e-6);
  });
});

test('power of windows of a billion rows', () => {
  endsSoon('power', () => {
    assert.is(seen(5, 1e9, 1e9, 1, 0.05).power, 1);
    assert.is(seen(2, 1e12, 1e12, 0.5, 1e-16).power, 1);
    seen(100, 2, 1, 1e-9, 0.05);
  });
});
