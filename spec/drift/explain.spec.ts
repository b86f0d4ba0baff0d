import { Random } from '../../base/index.js';
import {
  CauseSpline,
  canSuffice,
  changedShare,
  EQUIVALENCE,
  fitClassMix,
  fitCurve,
  fitPairs,
  fitShare,
  ImageFeatures,
  isRightMoreOftenThanSure,
  type JudgedRows,
  leftWith,
  type Matrix64,
  matchedRows,
  mixRows,
  nelderMead,
  type Remade,
  rangeOf,
  readOff,
  remadeAccuracy,
  sharedRows,
  strengthAt,
  tellApart,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { assert, test } from '../support/test.js';
import { tuples } from './support.js';

function gaussian(seed: number, rows: number, columns: number, shift = 0): Matrix64 {
  const random = new Random(seed);
  const at = (i: number) => (i % columns === 0 ? shift : 0);
  const data = Float64Array.from({ length: rows * columns }, (_, i) => random.normal() + at(i));
  return { rows, columns, data };
}

const vector = (...values: number[]) => Float64Array.of(...values);

test('the simplex finds a least value inside, and on a bound', async () => {
  const bowl = ([x, y]: readonly number[]) => (x! - 1) ** 2 + 3 * (y! - 2) ** 2 + (x! - 1) * (y! - 2);
  const least = (bounds: string) => {
    const pairs = tuples(bounds).map(([a, b]) => [a, b] as const);
    return nelderMead(bowl, [4, 0], [0.5, 0.5], pairs, 120);
  };
  const inside = await least('0 5; 0 5');
  assert.ok(Math.abs(inside.point[0]! - 1) < 1e-3 && Math.abs(inside.point[1]! - 2) < 1e-3, String(inside.point));
  const bound = await least('2 5; 0 5');
  // With x = 2 the least of 3 (y - 2)² + (y - 2) is at y = 2 - 1/6.
  assert.is(bound.point[0], 2);
  assert.ok(Math.abs(bound.point[1]! - 11 / 6) < 1e-2, String(bound.point));
  let asked = 0;
  await nelderMead(() => asked++, [1], [0.5], [[0, 2]], 9);
  assert.is(asked, 9);
});

test('a curve goes through what was measured, and is the natural spline between', () => {
  const moves = [0, 1, 0, 1].map((value) => vector(value, 2 * value));
  const spline = new CauseSpline({ strengths: [0, 0.1, 0.3, 0.7], moves });
  for (const [i, move] of moves.entries())
    for (const [f, value] of spline.moveAt(i).entries()) assert.ok(Math.abs(value - move[f]!) < 1e-12);
  // 4 m1 + m2 = 6 (0 - 2 + 0), m1 + 4 m2 = 6 (1 - 0 + 1): m1 = -4, m2 = 4; at ½: ½ + (⅛ - ½)/6 · m1.
  assert.ok(Math.abs(spline.moveAt(0.5)[0]! - 0.75) < 1e-12);
  assert.ok(Math.abs(spline.moveAt(1.5)[1]! - 1) < 1e-12);
  assert.ok(Math.abs(strengthAt(spline.curve, 1.5) - 0.2) < 1e-12);
  assert.is(strengthAt(spline.curve, 3), 0.7);
});

test('a share has a closed form, and all images have the cause unless a share fits far better', () => {
  const move = vector(3, 4);
  const part = fitShare(vector(1.5, 2), move);
  assert.is(part.share, 0.5);
  assert.ok(part.left < 1e-12);
  const whole = fitShare(vector(2.9, 3.8), move);
  assert.is(whole.share, 1);
  assert.ok(Math.abs(whole.left - (0.1 ** 2 + 0.2 ** 2)) < 1e-12);
  assert.is(fitShare(vector(-1, -1), move).share, 0);
});

test('what is left with a share is least at the one that fits', () => {
  const [apart, move] = [vector(1.5, 2), vector(3, 4)];
  const { share, left } = fitShare(apart, move);
  assert.ok(Math.abs(leftWith(share, apart, move) - left) < 1e-12);
  assert.ok(Math.abs(leftWith(1, apart, move) - 6.25) < 1e-12);
  assert.ok(leftWith(share + 0.1, apart, move) > left && leftWith(share - 0.1, apart, move) > left);
});

test('the share of changed rows is found, though they are changed more, or less, than was thought', () => {
  const [clean, thought] = [gaussian(1, 1_000, 3), gaussian(1, 1_000, 3, 6)];
  for (const really of [5, 6, 7]) {
    const [same, changed] = [gaussian(5, 600, 3), gaussian(6, 400, 3, really)];
    const window = { rows: 1_000, columns: 3, data: Float64Array.of(...same.data, ...changed.data) };
    const share = changedShare(clean, thought, window)!;
    // The means alone would say 33, 40 and 47 %.
    assert.ok(Math.abs(share - 0.4) < 0.03, `${really}: ${share}`);
  }
  assert.is(changedShare(clean, gaussian(1, 1_000, 3, 0.3), clean), null);
});

test('the best place on a curve is found, with its share', () => {
  const strengths = [0, 1, 2, 3];
  const moves = strengths.map((s) => vector(s, s * s));
  const spline = new CauseSpline({ strengths, moves });
  const whole = fitCurve(vector(1.5, 2.25), spline);
  assert.ok(Math.abs(whole.strength - 1.5) < 0.1 && whole.share === 1, JSON.stringify(whole));
  const part = fitCurve(vector(0.4 * 2.5, 0.4 * 6.25), spline);
  assert.ok(Math.abs(part.share - 0.4) < 0.03 && Math.abs(part.strength - 2.5) < 0.15, JSON.stringify(part));
});

test('pairs are found by adding moves up, and only those that are allowed', () => {
  const along = (axis: number) =>
    new CauseSpline({
      strengths: [0, 1, 2],
      moves: [0, 1, 2].map((s) => Float64Array.from({ length: 3 }, (_, i) => (i === axis ? s : 0))),
    });
  const splines = [along(0), along(1), along(2)];
  const [best] = fitPairs(vector(2, 0, 1), splines, () => true, 1);
  assert.equal(best, { curves: [0, 2], positions: [2, 1], left: 0 });
  const [other] = fitPairs(vector(2, 0, 1), splines, (a, b) => a + b !== 2, 1);
  assert.is(other!.left, 1);
});

test('features of images: nothing for the same set, the spread of a statistic, and no harm by what is not known', () => {
  const baseline = gaussian(1, 2_000, 6);
  const features = new ImageFeatures(baseline, 4);
  const own = features.of(baseline);
  const square = (rows: Matrix64) => features.of(rows).reduce((sum, value, i) => sum + (value - own[i]!) ** 2, 0);
  assert.is(square(baseline), 0);
  const chance = features.variance * (1 / 2_000 + 1 / 2_000);
  const other = square(gaussian(2, 2_000, 6));
  assert.ok(other > chance / 3 && other < 3 * chance, `${other}, by chance ${chance}`);
  // Only the spread differs: no mean tells it, the Fourier features do.
  const wide = gaussian(3, 2_000, 6);
  for (let i = 0; i < wide.data.length; i += 6) wide.data[i]! *= 2;
  assert.ok(square(wide) > 5 * chance, String(square(wide)));
  const unknown = { ...baseline, data: baseline.data.map((value, i) => (i % 6 === 3 ? Number.NaN : value)) };
  assert.ok(Number.isFinite(square(unknown)));
});

test('what chance leaves between sets of images is told by how much these vary, not by the baseline', () => {
  const baseline = gaussian(1, 2_000, 6);
  const features = new ImageFeatures(baseline, 4);
  const [one, other] = [4, 5].map((seed) => {
    const rows = gaussian(seed, 500, 6);
    return { ...rows, data: rows.data.map((value) => 20 + 5 * value) };
  }) as [Matrix64, Matrix64];
  const means = features.of(other);
  const apart = features.of(one).reduce((sum, value, i) => sum + (value - means[i]!) ** 2, 0);
  const chance = (features.varianceOf(one) + features.varianceOf(other)) / 500;
  assert.ok(apart > chance / 3 && apart < 3 * chance, `${apart}, by chance ${chance}`);
  assert.ok(Math.abs(features.varianceOf(baseline) - features.variance) < 1e-9);
});

test('rows of one source suffice, others do not, and few rows prove nothing', () => {
  const variances = Float64Array.of(1, 1, 1, 1);
  const options = { limit: EQUIVALENCE, seed: 0, tests: 5 };
  const same = tellApart(gaussian(1, 2_000, 4), gaussian(2, 2_000, 4), variances, options);
  assert.ok(same.suffices && same.upper < EQUIVALENCE && same.p! > 0.01, JSON.stringify(same));
  const apart = tellApart(gaussian(1, 2_000, 4), gaussian(2, 2_000, 4, 0.3), variances, options);
  assert.ok(!apart.suffices && apart.auc > 0.56, JSON.stringify(apart));
  const few = tellApart(gaussian(1, 2_000, 4), gaussian(2, 60, 4), variances, options);
  assert.ok(!few.suffices, JSON.stringify(few));
  assert.ok(canSuffice(2_500, 500, EQUIVALENCE) && !canSuffice(700, 300, EQUIVALENCE));
  // An AUC of 0.54 is near, and still shown to be no equal.
  const near = tellApart(gaussian(1, 2_000, 4), gaussian(2, 2_000, 4, 0.15), variances, options);
  assert.ok(!near.suffices && near.auc < EQUIVALENCE, JSON.stringify(near));
});

test('a share of rows is remade, the same for the same seed', () => {
  const [clean, remade] = [gaussian(1, 100, 2), gaussian(2, 100, 2)];
  const mixed = mixRows(clean, remade, 0.3, 4);
  const changed = Array.from({ length: 100 }, (_, row) => mixed.data[2 * row] === remade.data[2 * row]).filter(Boolean);
  assert.is(changed.length, 30);
  assert.equal(mixRows(clean, remade, 0.3, 4), mixed);
  assert.is(mixRows(clean, remade, 1, 4), remade);
});

/** Rows of two classes, right as often as they are sure: sure by half or wholly by turns, moved by a share. */
function judged(seed: number, rows: number, sureShare = 0.5): JudgedRows {
  const random = new Random(seed);
  const confidence = Array.from({ length: rows }, () => (random.uniform() < sureShare ? 1 : 0.5));
  const predicted = confidence.map((_, row) => 'ab'[row % 2]!);
  const correct = confidence.map((sure) => random.uniform() < sure);
  return { predicted, confidence, correct, coordinates: gaussian(seed + 1, rows, 2) };
}

const evenly = (rows: JudgedRows): Remade => ({
  weights: new Float64Array(rows.correct.length).fill(1 / rows.correct.length),
  states: [{ share: 1, rows }],
});
const shareOf = ({ correct }: JudgedRows) => correct.filter(Boolean).length / correct.length;

test('without scores the accuracy is the baseline’s, with what sampling and fit may be wrong by', () => {
  const rows = judged(1, 2_500);
  const window = { rows: null, compared: 500, all: 500 };
  const { value, low, high } = readOff(evenly(rows), window, 0.5);
  assert.ok(Math.abs(value - shareOf(rows)) < 1e-12);
  const margin = 1.96 * Math.sqrt(value * (1 - value) * (1 / 2_500 + 1 / 500) + 0.005 ** 2);
  assert.ok(Math.abs(high - value - margin) < 1e-9 && Math.abs(value - low - margin) < 1e-9, `${low} ${value} ${high}`);
  const told = readOff(evenly(rows), window, 0.54);
  assert.ok(told.high - told.low > high - low);
  const ranges = [0.5, 0.7].map((value, i) => ({ value, low: [0.4, 0.65][i]!, high: [0.6, 0.75][i]! }));
  assert.equal(rangeOf(ranges), { value: 0.5, low: 0.4, high: 0.75 });
});

test('a share of the images is remade, and images count by their weights', () => {
  const [clean, remade] = [judged(1, 400), judged(2, 400)];
  const states = [
    { share: 0.3, rows: remade },
    { share: 0.7, rows: clean },
  ];
  const half = { weights: new Float64Array(400).fill(1 / 400), states };
  assert.ok(Math.abs(remadeAccuracy(half) - (0.3 * shareOf(remade) + 0.7 * shareOf(clean))) < 1e-12);
  const weights = Float64Array.from({ length: 400 }, (_, i) => (i < 100 ? 0.01 : 0));
  const first = { weights, states: [{ share: 1, rows: clean }] };
  assert.ok(Math.abs(remadeAccuracy(first) - clean.correct.slice(0, 100).filter(Boolean).length / 100) < 1e-12);
  const window = { rows: null, compared: 500, all: 500 };
  const [few, all] = [readOff(first, window, 0.5), readOff(evenly(clean), window, 0.5)];
  assert.ok(few.high - few.low > 1.2 * (all.high - all.low), 'a hundred images say less than four hundred');
});

test('a window of which the network is less sure is less often right', () => {
  const baseline = judged(1, 2_500);
  const harder = judged(3, 500, 0.3);
  const sample = { rows: harder, compared: 500, all: 500 };
  const { value, low, high } = readOff(evenly(baseline), sample, 0.5);
  // Rows that are sure are always right, others half of the time.
  const expected = totalOf(harder.confidence) / 500;
  assert.ok(Math.abs(value - expected) < 0.015, `${value}, by confidence ${expected}`);
  const blind = readOff(evenly(baseline), { ...sample, rows: null }, 0.5);
  assert.ok(blind.value - value > 0.07 && high - low < 0.9 * (blind.high - blind.low));
});

test('the range holds the accuracy of the window’s own rows in 95 of 100 windows', () => {
  const held = Array.from({ length: 200 }, (_, i) => {
    const [baseline, window] = [judged(1_000 + i, 600), judged(5_000 + i, 300)];
    const { low, high } = readOff(evenly(baseline), { rows: window, compared: 300, all: 300 }, 0.5);
    return shareOf(window) >= low && shareOf(window) <= high;
  });
  const count = held.filter(Boolean).length;
  assert.ok(count >= 182 && count <= 199, `${count} of 200`);
});

test('a window of more rows than are compared is known no better than these', () => {
  const rows = judged(1, 2_500);
  const width = (compared: number, all: number) => {
    const { low, high } = readOff(evenly(rows), { rows, compared, all }, 0.5);
    return high - low;
  };
  assert.ok(width(500, 5_000) < width(500, 500) && width(500, 5_000) > width(5_000, 5_000));
});

test('slopes of predictors that say the same, or nothing, do no harm', () => {
  const rows = judged(1, 300);
  const sure = {
    ...rows,
    confidence: rows.confidence.map(() => 0.8),
    coordinates: { rows: 300, columns: 2, data: new Float64Array(600) },
  };
  const { value } = readOff(evenly(sure), { rows: sure, compared: 300, all: 300 }, 0.5);
  assert.ok(Math.abs(value - shareOf(rows)) < 1e-9, String(value));
});

test('other shares of the classes are found, and rows drawn by them', () => {
  const classes = (seed: number, counts: readonly number[]) => {
    const random = new Random(seed);
    const names = counts.flatMap((count, i) => new Array<string>(count).fill(String.fromCharCode(97 + i)));
    const data = Float64Array.from({ length: 2 * names.length }, (_, i) => {
      const at = names[i >> 1]!.charCodeAt(0) - 97;
      return 1.5 * [Math.cos(2 * at), Math.sin(2 * at)][i % 2]! + 0.7 * random.normal();
    });
    return { names, rows: { rows: names.length, columns: 2, data } };
  };
  const baseline = classes(1, [600, 600, 600]);
  const window = classes(2, [1_000, 500, 300]);
  const mix = fitClassMix(baseline.rows, baseline.names, window.rows, Float64Array.of(1, 1), 0);
  for (const [i, wanted] of [1_000, 500, 300].entries()) {
    assert.ok(Math.abs(mix.shares[i]!.share - wanted / 1_800) < 0.04, JSON.stringify(mix.shares));
  }
  const drawn = Array.from(mix.rows, (row) => baseline.names[row]!);
  assert.ok(Math.abs(drawn.filter((name) => name === 'a').length / drawn.length - mix.shares[0]!.share) < 0.01);
  assert.ok(Math.abs(mix.strength - 400 / 1_800) < 0.04);
});

test('rows of the baseline in a window are counted', () => {
  const [baseline, window] = [gaussian(1, 800, 5), gaussian(2, 800, 5)];
  assert.ok(sharedRows(baseline, window).window < 0.02);
  window.data.set(baseline.data.subarray(0, 5 * 200));
  const found = sharedRows(baseline, window);
  assert.ok(found.window >= 0.25 && found.window < 0.27 && found.usual < 0.02, JSON.stringify(found));
});

test('rows that are nearly equal to each other are not told as rows of the baseline', () => {
  const random = new Random(6);
  const rowsAbout = (count: number, spread: number) =>
    Array.from({ length: 5 * count }, () => spread * random.normal());
  // As of a baseline in which a few images are dark, and a window in which all are nearly black.
  const baseline = { rows: 800, columns: 5, data: Float64Array.from([...rowsAbout(700, 1), ...rowsAbout(100, 0.01)]) };
  const window = { rows: 400, columns: 5, data: Float64Array.from(rowsAbout(400, 0.01)) };
  const found = sharedRows(baseline, window);
  assert.ok(found.window < 0.02, JSON.stringify(found));
  // Such rows hide none that are the baseline's.
  window.data.set(baseline.data.subarray(0, 5 * 100));
  assert.is(Math.round(100 * sharedRows(baseline, window).window), 25);
});

test('each row is matched with the nearest one that no row before it took', () => {
  const column = (...data: number[]): Matrix64 => ({ rows: data.length, columns: 1, data: Float64Array.from(data) });
  assert.equal(matchedRows(column(9, 1, 5), [1, 2, 0], column(1.2, 8, 1.1, 40)), [2, 1, 0]);
  assert.throws(() => matchedRows(column(1, 2), [0, 1], column(1)), /2 rows to be matched with 1/);
});

test('a network that is right more often than it is sure was perhaps trained on the images', () => {
  const random = new Random(4);
  const confidence = Array.from({ length: 2_500 }, () => 0.5 + 0.5 * random.uniform());
  const rightBy = (more: number) => confidence.map((sure) => random.uniform() < sure + more);
  assert.is(isRightMoreOftenThanSure(rightBy(0), confidence), false, 'calibrated');
  assert.is(isRightMoreOftenThanSure(rightBy(-0.1), confidence), false, 'too sure, as usual');
  assert.is(isRightMoreOftenThanSure(rightBy(0.06), confidence), true);
  assert.is(isRightMoreOftenThanSure(rightBy(0.06).slice(0, 100), confidence), false, 'few say nothing');
});
