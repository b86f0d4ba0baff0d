import { Random } from '../../base/index.js';
import { jensenShannonDistance } from '../../drift/index.js';
import { luckFactor } from '../../drift/null/baseline-luck.js';
import {
  chiSquareCdf,
  chiSquareQuantile,
  logFactorial,
  noncentralChiSquareCdf,
  noncentralChiSquareQuantile,
  noncentralityFor,
} from '../../drift/null/chi-square.js';
import {
  drawBinomial,
  drawCounts,
  drawFromPool,
  drawGamma,
  drawHypergeometric,
  drawShares,
} from '../../drift/null/draws.js';
import { jensenShannonInterval, sensitivityOf } from '../../drift/null/interval.js';
import { countsAtRows, totalOf } from '../../drift/statistics/counts.js';
import {
  chiSquareStatistic,
  kolmogorovSmirnovDistance,
  populationStabilityIndex,
} from '../../drift/statistics/histogram-distances.js';
import { benjaminiHochberg } from '../../drift/tests/p-values.js';
import { baselineTest, countTest } from '../../drift/tests/permutation-test.js';
import { assert, test } from '../support/test.js';
import { fixture, near, tuples } from './support.js';

const seen = (bins: number, baselineRows: number, windowRows: number, distance: number, level: number) =>
  sensitivityOf([{ bins, baselineRows, windowRows, level }], windowRows, distance);

type Numbers<K extends string> = Record<K, number>;
type Lists<K extends string> = Record<K, number[]>;

interface Fixture {
  hypergeometric: (Numbers<'good' | 'bad' | 'drawn' | 'mean' | 'variance'> & Lists<'values' | 'probabilities'>)[];
  chi_square: Numbers<'x' | 'df' | 'cdf'>[];
  chi_square_quantile: Numbers<'p' | 'df' | 'x'>[];
  noncentral: Numbers<'x' | 'df' | 'noncentrality' | 'cdf'>[];
  power: (Numbers<'bins' | 'm' | 'distance' | 'power_at_300'> & { rows_needed: number | null })[];
  benjamini_hochberg: Lists<'p' | 'adjusted'>[];
  chi_square_statistic: (Lists<'baseline' | 'window'> & Numbers<'statistic'>)[];
  kolmogorov_smirnov: (Lists<'a' | 'b'> & Numbers<'distance'>)[];
  psi: (Lists<'baseline' | 'window'> & Numbers<'index'>)[];
}

const scipy = fixture('null.json') as Fixture;

test('hypergeometric draws have the exact probabilities, mean and variance', () => {
  const draws = 100_000;
  for (const { good, bad, drawn, mean, variance, values, probabilities } of scipy.hypergeometric) {
    const what = `${good} good, ${bad} bad, ${drawn} drawn`;
    const random = new Random(5);
    const counts = new Map<number, number>();
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < draws; i++) {
      const k = drawHypergeometric(good, bad, drawn, random);
      assert.ok(k >= Math.max(0, drawn - bad) && k <= Math.min(good, drawn), `${what}: ${k}`);
      counts.set(k, (counts.get(k) ?? 0) + 1);
      sum += k - mean;
      squares += (k - mean) ** 2;
    }
    near(sum / draws, 0, 5 * Math.sqrt(variance / draws), `${what}, mean`);
    near(squares / draws / variance, 1, 5 * Math.sqrt(3 / draws), `${what}, variance`);
    for (const [i, k] of values.entries()) {
      const p = probabilities[i]!;
      const found = (counts.get(k) ?? 0) / draws;
      near(found, p, 5 * Math.sqrt((p * (1 - p)) / draws) + 1e-9, `${what}, ${k}`);
    }
  }
});

test('a dealt pool adds up, whatever is drawn, and every colour has its mean', () => {
  const random = new Random(6);
  const pool = [0, 5, 1000, 30, 0, 2000, 1];
  const into = new Array<number>(pool.length);
  const means = new Float64Array(pool.length);
  for (let i = 0; i < 5000; i++) {
    drawFromPool(pool, 700, random, into);
    assert.is(totalOf(into), 700);
    for (const [c, count] of into.entries()) {
      assert.ok(count >= 0 && count <= pool[c]!);
      means[c]! += count / 5000;
    }
  }
  for (const [c, count] of pool.entries()) {
    const share = count / 3036;
    near(means[c]!, 700 * share, 5 * Math.sqrt((700 * share) / 5000) + 1e-9, `colour ${c}`);
  }
  for (const drawn of [0, 3036]) {
    drawFromPool(pool, drawn, random, into);
    assert.equal(into, drawn === 0 ? pool.map(() => 0) : pool);
  }
});

test('ln n! inside and beyond the table', () => {
  near(logFactorial(10), Math.log(3628800), 1e-13, '10!');
  let sum = logFactorial(4000);
  for (let n = 4001; n <= 5000; n++) sum += Math.log(n);
  near(logFactorial(5000) / sum, 1, 1e-14, '5000!');
});

test('chi-square, central and noncentral, as scipy has it', () => {
  for (const { x, df, cdf } of scipy.chi_square) near(chiSquareCdf(x, df), cdf, 1e-12, `cdf(${x}, ${df})`);
  for (const { p, df, x } of scipy.chi_square_quantile) near(chiSquareQuantile(p, df) / x, 1, 1e-9, `ppf(${p}, ${df})`);
  for (const { x, df, noncentrality, cdf } of scipy.noncentral) {
    near(noncentralChiSquareCdf(x, df, noncentrality), cdf, 1e-10, `ncx2(${x}, ${df}, ${noncentrality})`);
    if (cdf > 1e-6 && cdf < 1 - 1e-6)
      near(noncentralityFor(x, df, cdf) / noncentrality, 1, 1e-5, `inverse at ${x}, ${df}`);
  }
  assert.is(noncentralityFor(0.5, 4, 0.975), 0);
  assert.is(noncentralChiSquareCdf(0, 4, 3), 0);
  near(noncentralChiSquareCdf(5e6, 29, 5e6), 0.497, 0.01, 'a noncentrality of millions');
});

test('power and rows needed, as scipy has them', () => {
  for (const { bins, m, distance, power_at_300, rows_needed } of scipy.power) {
    const { power, rowsNeeded } = seen(bins, m, 300, distance, 0.05);
    near(power, power_at_300, 1e-9, `power of ${bins} bins, ${m} rows`);
    assert.is(rowsNeeded, rows_needed);
  }
  assert.equal(seen(1, 100, 100, 0.1, 0.05), { power: 0, rowsNeeded: null });
});

test('Benjamini-Hochberg, as scipy has it; nulls stay and do not count', () => {
  for (const { p, adjusted } of scipy.benjamini_hochberg) {
    for (const [i, found] of benjaminiHochberg(p).entries()) near(found!, adjusted[i]!, 1e-14, `p ${p[i]}`);
  }
  assert.equal(benjaminiHochberg([null, 0.01, null, 0.04]), [null, 0.02, null, 0.04]);
  assert.equal(benjaminiHochberg([]), []);
});

test('chi-square statistic, Kolmogorov-Smirnov distance and PSI, as scipy has them', () => {
  for (const { baseline, window, statistic } of scipy.chi_square_statistic) {
    near(chiSquareStatistic(baseline, window) / statistic, 1, 1e-12, 'chi-square');
  }
  for (const { a, b, distance } of scipy.kolmogorov_smirnov)
    near(kolmogorovSmirnovDistance(a, b), distance, 1e-12, 'KS');
  for (const { baseline, window, index } of scipy.psi) {
    near(populationStabilityIndex(baseline, window), index, 1e-12, 'PSI');
  }
  assert.is(chiSquareStatistic([3, 0], [5, 0]), 0);
});

test('counts at fewer rows: whole, right in sum and in shares', () => {
  assert.equal(countsAtRows([10, 20, 30], 60), [10, 20, 30]);
  assert.equal(countsAtRows([10, 20, 30], 100), [10, 20, 30]);
  assert.equal(countsAtRows([10, 20, 30], 6), [1, 2, 3]);
  assert.equal(countsAtRows([1, 1, 1], 2), [1, 1, 0]);
  assert.equal(countsAtRows([5, 0], 0.2), [1, 0]);
});

const js = (a: readonly number[], b: readonly number[]) => jensenShannonDistance(a, b, { base: 2 });

/** Counts of rows drawn from shares. */
function multinomial(shares: readonly number[], rows: number, random: Random): number[] {
  const counts = new Array<number>(shares.length).fill(0);
  for (let i = 0; i < rows; i++) {
    let left = random.uniform();
    let bin = 0;
    while (bin < shares.length - 1 && left >= shares[bin]!) left -= shares[bin++]!;
    counts[bin]!++;
  }
  return counts;
}

test('p-values are uniform without drift, few rows and rare bins or not', () => {
  const shares = [0.5, 0.3, 0.1, 0.05, 0.03, 0.015, 0.005];
  const random = new Random(8);
  for (const [m, n] of tuples('30 12; 500 100; 200 3000')) {
    const trials = 1000;
    let alarms = 0;
    for (let i = 0; i < trials; i++) {
      const sides = { baseline: multinomial(shares, m, random), window: multinomial(shares, n, random) };
      const { p } = countTest(sides, js, Random.stream(9, i), { draws: 199, maxDraws: 199 });
      assert.ok(p > 0 && p <= 1);
      if (p <= 0.05) alarms++;
    }
    assert.ok(alarms >= 28 && alarms <= 75, `${alarms} alarms of ${trials} at ${m} and ${n} rows`);
  }
});

test('what is dealt has the sizes of the sides', () => {
  const seen = (baseline: readonly number[], window: readonly number[]) => {
    assert.is(baseline[0]! + baseline[1]! + baseline[2]!, 7);
    assert.is(window[0]! + window[1]! + window[2]!, 4);
    assert.is(baseline[2]! + window[2]!, 2);
    return 0;
  };
  countTest({ baseline: [3, 4, 0], window: [1, 1, 2] }, seen, new Random(1), { draws: 100, maxDraws: 100 });
});

test('binomial numbers and shares have the mean and the variance that they should', () => {
  const random = new Random(31);
  const momentsOf = (draw: () => number, draws = 20_000) => {
    const values = Array.from({ length: draws }, draw);
    const mean = totalOf(values) / draws;
    return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1), draws };
  };
  const isLike = (what: string, { mean, variance, draws }: ReturnType<typeof momentsOf>, m: number, v: number) => {
    assert.ok(Math.abs(mean - m) < 5 * Math.sqrt(v / draws), `${what}: mean ${mean}, not ${m}`);
    assert.ok(Math.abs(variance / v - 1) < 0.08, `${what}: variance ${variance}, not ${v}`);
  };
  for (const [n, p] of tuples('1 0.3; 20 0.05; 50 0.5; 300 0.9; 5000 0.02; 1000000 0.4')) {
    const found = momentsOf(() => drawBinomial(n, p, random));
    isLike(`binomial ${n}, ${p}`, found, n * p, n * p * (1 - p));
  }
  assert.equal([drawBinomial(9, 0, random), drawBinomial(9, 1, random), drawBinomial(0, 0.5, random)], [0, 9, 0]);
  for (const shape of [0.5, 1, 7, 4_000]) {
    const found = momentsOf(() => drawGamma(shape, random));
    isLike(`gamma ${shape}`, found, shape, shape);
  }
  const shares = new Float64Array(3);
  const second = momentsOf(() => {
    drawShares([2, 3, 5], random, shares);
    return shares[1]!;
  });
  isLike('Dirichlet', second, 0.3, (0.3 * 0.7) / 11);
  const counts = [0, 0, 0];
  drawCounts([0.2, 0.3, 0.5], 1_000, random, counts);
  assert.is(totalOf(counts), 1_000);
});

test('the factor for the luck of one baseline: 1 for small windows, and never much more', () => {
  assert.is(luckFactor(4, 0.01), 1);
  assert.is(luckFactor(4, 1e6), 1);
  assert.is(luckFactor(0, 1), 1);
  for (const df of [1, 4, 29, 255]) {
    for (const ratio of [0.3, 1, 3, 10]) {
      const factor = luckFactor(df, ratio);
      assert.ok(factor >= 1 && factor < 1.1, `${df}, ${ratio}: ${factor}`);
    }
  }
  // Squares of normal numbers: |Z + sqrt(q90)| below the root of the quantile in 90 % of draws.
  assert.ok(Math.abs(noncentralChiSquareQuantile(0.9, 1, 2.7055) - 8.565) < 0.01);
});

test('against a baseline, 5 % of quiet windows lie beyond the band, exactly those with p of at most 0.05', () => {
  const random = new Random(32);
  const shares = [0.5, 0.25, 0.15, 0.07, 0.03];
  for (const [m, n] of tuples('500 100; 1000 1000; 300 10000')) {
    const trials = 600;
    let alarms = 0;
    for (let i = 0; i < trials; i++) {
      const [baseline, window] = [multinomial(shares, m, random), multinomial(shares, n, random)];
      const sides = { baseline, window, baselineRows: m, windowRows: n };
      const options = { draws: 199, maxDraws: 199, df: 4, power: 1 as const };
      const distance = (drawn: readonly number[]) => js(baseline, drawn);
      const { p, cutAt } = baselineTest(sides, distance, Random.stream(8, i), options);
      assert.is(p <= 0.05, js(baseline, window) > cutAt(0.05), `p ${p}`);
      if (p <= 0.05) alarms++;
    }
    assert.ok(alarms >= 9 && alarms <= 50, `${alarms} alarms of ${trials} at ${m} and ${n} rows`);
  }
});

/** The distance that 5 % of windows exceed without drift, for five bins. */
const cutOf = (m: number, n: number) => Math.sqrt((chiSquareQuantile(0.95, 4) * (1 / m + 1 / n)) / (8 * Math.LN2));

test('the interval of a Jensen-Shannon distance covers the truth as often as it says, small or large', () => {
  const p = [0.3, 0.25, 0.2, 0.15, 0.1];
  const cases: [string, number[]][] = [
    ['none', p],
    ['small', [0.33, 0.27, 0.18, 0.13, 0.09]],
    ['medium', [0.1, 0.2, 0.2, 0.2, 0.3]],
    ['large', [0, 0.02, 0.08, 0.1, 0.8]],
  ];
  for (const [name, q] of cases) {
    for (const [m, n] of tuples('500 200; 5000 1000')) {
      const truth = js(p, q);
      const random = new Random(10);
      let covered = 0;
      for (let i = 0; i < 1000; i++) {
        const counts = { baseline: multinomial(p, m, random), window: multinomial(q, n, random) };
        const sides = { ...counts, baselineRows: m, windowRows: n };
        const [low, high] = jensenShannonInterval(sides, 2, { cut: cutOf(m, n), level: 0.05 });
        assert.ok(low >= 0 && low <= high && high <= 1, `${low} to ${high}`);
        if (low <= truth + 1e-12 && truth <= high) covered++;
      }
      // At no distance, and about as small as the noise, only the lower bound can err.
      const most = name === 'none' || truth < 0.05 ? 975 : 940;
      assert.ok(covered >= 880 && covered <= most, `${name}, ${m} and ${n} rows: ${covered} of 1,000`);
    }
  }
});

test('intervals of histograms that share nothing, or are the same', () => {
  const between = (baseline: number[], window: number[], base: 2 | 'e') =>
    jensenShannonInterval({ baseline, window, baselineRows: 100, windowRows: 100 }, base, { cut: 0.12, level: 0.05 });
  const apart = between([100, 0], [0, 100], 2);
  assert.ok(apart[0] > 0.85 && apart[1] === 1, `${apart}`);
  const same = between([50, 50], [50, 50], 'e');
  assert.ok(same[0] === 0 && same[1] > 0 && same[1] < 0.2, `${same}`);
  assert.equal(between([9, 0], [3, 0], 2), [0, 0]);
});
