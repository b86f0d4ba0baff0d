import { join } from 'node:path';
import { Random } from '../../base/index.js';
import {
  checkComparable,
  type DriftBatch,
  type DriftOptions,
  type DriftReport,
  driftReport,
  emptyProfile,
  fitProfile,
  type Profile,
  parseProfile,
  profileToJson,
  WindowCounter,
  type WindowReport,
  type WindowSummary,
} from '../../drift/index.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { readNpzMatrix } from '../support/npz-file.js';
import { assert, longTest, test, withSharedData } from '../support/test.js';
import { fixture, judged, matrixOf, mixture, refused, reportOf, summaryOf } from './support.js';

const sha = '01'.repeat(32);
const profile = fitProfile(
  { embeddings: matrixOf([[0], [0.5], [10], [11]]) },
  { classes: ['cat', 'dog'], tap: 'fc.0', weightsSha256: sha },
  { clusters: 2 },
);

function counted(batch: DriftBatch, against: Profile = profile): WindowSummary {
  return summaryOf(against, batch);
}

function only(report: DriftReport): WindowReport {
  assert.is(report.windows.length, 1);
  return report.windows[0]!;
}

/** No NaN, no infinity, nothing absent: the printed report reads back the same. */
function isClean(report: DriftReport): void {
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'number') assert.ok(Number.isFinite(value), `${path}: ${value}`);
    else if (value !== null && typeof value === 'object') {
      for (const [name, member] of Object.entries(value)) visit(member, `${path}.${name}`);
    } else assert.ok(value !== undefined, `${path} is absent`);
  };
  visit(report, 'report');
  assert.equal(JSON.parse(JSON.stringify(report)), report);
}

test('a profile without calibration: known values, and null for what is not known', () => {
  const labelled = counted({
    embeddings: matrixOf([[0], [1]]),
    scores: matrixOf('1 0; 1 0'),
    targets: ['cat', 'dog'],
    timestamps: [1_700_000_000_000, 1_700_000_001_000],
  });
  const bare = counted({ embeddings: matrixOf([[0], [10]]) });
  const report = driftReport(
    profile,
    [
      { name: 'week 1', summary: labelled, causes: ['darker'] },
      { name: 'week 2', summary: bare },
    ],
    { base: 2, methods: ['all'] },
  );
  const expected = fixture<{ baseline: object; window: { methods: Record<'js' | 'psi', object> } }>(
    'uncalibrated_report.json',
  );
  assert.equal(report.baseline, expected.baseline);
  const { js, psi } = report.windows[0]!.methods;
  assert.ok(Math.abs(js!.value - 0.557923) < 5e-7, `${js!.value} for [½, ½] against [1, 0]`);
  Object.assign(expected.window.methods.js, { value: js!.value });
  Object.assign(expected.window.methods.psi, { value: psi!.value });
  assert.equal(report.windows[0], expected.window);
  const { from, accuracy, methods, causes } = report.windows[1]!;
  assert.equal(
    { from, accuracy, causes, js: methods['js']!.value },
    { from: null, accuracy: null, causes: null, js: 0 },
  );
  isClean(report);
});

test('the default base is e, the default method js', () => {
  const far = { embeddings: matrixOf([[0], [0]]) };
  const value = (base?: 2) => judged(profile, far, { base }).methods['js']!;
  assert.is(value().base, 'e');
  assert.ok(Math.abs(value().value / value(2).value - Math.sqrt(Math.LN2)) < 1e-15);
  assert.equal(Object.keys(judged(profile, far).methods), ['js']);
});

test('a window without rows, or with too many broken ones, is named; so is a profile without rows', () => {
  const none = counted({ embeddings: { rows: 0, columns: 1, data: new Float32Array(0) } });
  refused(() => driftReport(profile, [{ name: 'w7', summary: none }]), 'WINDOW_EMPTY', /w7: 0 rows/);
  const broken = counted({ embeddings: matrixOf([[Number.NaN], [1]]) });
  refused(() => driftReport(profile, [{ name: 'w8', summary: broken }]), 'TOO_MANY_SKIPPED', /w8: 1 of 2 rows/);
  const some = counted({ embeddings: matrixOf([[1]]) });
  refused(() => driftReport(emptyProfile(profile), [{ name: 'w', summary: some }]), 'PROFILE_EMPTY', /0 baseline/);
});

test('options out of range', () => {
  const windows = [{ name: 'w', summary: counted({ embeddings: matrixOf([[1]]) }) }];
  const cases = fixture<[DriftOptions, string, string][]>('refused_options.json');
  for (const [options, code, message] of [...cases, [{ alpha: Number.NaN }, cases[0]![1], 'alpha NaN'] as const]) {
    refused(() => driftReport(profile, windows, options), code, new RegExp(message));
  }
});

const classes = ['a', 'b', 'c'];

/** Rows of a mixture with scores that follow the columns, moved by `shift` in every column. */
function rowsAt(rows: number, seed: number, shift = 0): DriftBatch {
  const columns = 6;
  const fixed = mixture(1, columns * 4, 1, 71).data;
  const random = new Random(seed);
  const data = new Float32Array(rows * columns);
  const scores = new Float32Array(rows * 3);
  const targets: string[] = [];
  for (let row = 0; row < rows; row++) {
    const mode = random.below(4);
    for (let c = 0; c < columns; c++)
      data[row * columns + c] = 2 * fixed[mode * columns + c]! + random.normal() + (c % 2) * shift;
    const powers = [0, 1, 2].map((c) => Math.exp(data[row * columns + c]! / 2));
    const sum = totalOf(powers);
    for (const [c, power] of powers.entries()) scores[row * 3 + c] = power / sum;
    // The scores are honest: the label is drawn from them.
    const drawn = random.uniform() * sum;
    targets.push(drawn < powers[0]! ? 'a' : drawn < powers[0]! + powers[1]! ? 'b' : 'c');
  }
  const embeddings = { rows, columns, data };
  return { embeddings, scores: { rows, columns: 3, data: scores }, targets };
}

const calibrated = fitProfile(rowsAt(4000, 72), { classes }, { restarts: 2 });

longTest('without drift no method says drift, far away every one does', () => {
  const near = judged(calibrated, rowsAt(1500, 73), { methods: ['all'] });
  const far = reportOf(calibrated, rowsAt(1500, 74, 2), { methods: ['all'] });
  isClean(far);
  assert.is(near.verdict, 'no drift');
  assert.is(only(far).verdict, 'drift');
  // These rows have no statistics of images.
  assert.is(near.methods['images'], null);
  for (const [name, method] of Object.entries(near.methods)) {
    if (method === null) continue;
    assert.is(method.verdict, 'no drift', `${name}: ${JSON.stringify(method)}`);
    assert.ok(method.p! > 0.01 && method.p_adjusted === null);
  }
  for (const name of ['js', 'psi', 'mmd', 'classifier', 'frechet', 'labels', 'confidence']) {
    const method = only(far).methods[name]!;
    assert.is(method.verdict, 'drift', `${name}: ${JSON.stringify(method)}`);
    assert.ok(method.value > method.band![1], `${name}: ${method.value} in ${method.band}`);
  }
  const { value, low, high } = only(far).methods['js']!;
  assert.ok(low! > 0 && low! < value && value < high!);
});

test('too few rows: the verdict says how many would do, and that many do', () => {
  const report = (rows: number) => judged(calibrated, rowsAt(rows, 75), { methods: ['js'] });
  const few = report(50);
  assert.is(few.verdict, 'too few rows');
  assert.ok(few.rows_needed! > 50 && few.rows_needed! < 1500, `${few.rows_needed}`);
  assert.is(report(few.rows_needed!).verdict, 'no drift');
  // Each row forty times is no more than it was, but the baseline has no such rows.
  const batch = rowsAt(50, 75);
  const counter = new WindowCounter(calibrated);
  for (let i = 0; i < 40; i++) counter.add(batch);
  const repeated = judged(calibrated, counter.summary());
  assert.is(repeated.rows, 2000);
  assert.ok(Math.abs(repeated.effective_rows - 50) < 1e-9);
  assert.equal([repeated.verdict, repeated.alarmed_by], ['drift', 'repeats']);
});

test('where the baseline is what is small, the note says so and how many rows it needs, and with those it is enough', () => {
  const baselineOf = (rows: number) => fitProfile(rowsAt(rows, 72), { classes }, { restarts: 2 });
  const report = (rows: number) => judged(baselineOf(rows), rowsAt(1_000, 73), { methods: ['js'], detect: 0.07 });
  const { verdict, notes } = report(300);
  assert.is(verdict, 'too few rows');
  const [, needed] = /^the baseline is too small, not the window: it has 300 rows and needs about ([\d,]+) like/.exec(
    notes[0]!,
  )!;
  const enough = Number(needed!.replace(',', ''));
  assert.ok(enough > 300 && enough < 20_000, needed);
  const larger = report(Math.ceil(1.2 * enough));
  assert.equal([larger.verdict, larger.notes], ['no drift', []]);
  assert.equal(judged(calibrated, rowsAt(50, 75), { methods: ['js'] }).notes, [], 'a small window');
});

test('a threshold keeps small changes from being called drift', () => {
  const summary = counted(rowsAt(4000, 76, 0.5), calibrated);
  const { methods, verdict } = judged(calibrated, summary, { base: 2 });
  assert.is(verdict, 'drift');
  const { value } = methods['js']!;
  const at = (threshold: number) => judged(calibrated, summary, { base: 2, threshold }).verdict;
  assert.is(at(value), 'drift');
  assert.is(at(value + 1e-9), 'no drift');
});

test('many windows: no verdict depends on the others, unless that is asked for', () => {
  const clean = Array.from({ length: 200 }, (_, i) => counted(rowsAt(40, 5000 + i), calibrated));
  const windows = [counted(rowsAt(800, 77, 1), calibrated), ...clean].map((summary, i) => ({ name: `${i}`, summary }));
  const report = driftReport(calibrated, windows, { draws: 199, methods: ['js'] });
  const drifted = (of: DriftReport) => of.windows.filter(({ verdict }) => verdict === 'drift').length;
  // Accuracy alone is adjusted for their number.
  const withoutAccuracy = ({ accuracy_test: _, ...one }: WindowReport) => one;
  for (const [i, window] of windows.slice(0, 20).entries()) {
    const alone = only(driftReport(calibrated, [window], { draws: 199, methods: ['js'] }));
    assert.equal(withoutAccuracy(alone), withoutAccuracy(report.windows[i]!));
  }
  assert.ok(drifted(report) > 2, 'chance alone gives some of 200');
  const lookBack = driftReport(calibrated, windows, { draws: 199, methods: ['js'], adjust: 'bh' });
  const [first] = lookBack.windows;
  assert.is(first!.verdict, 'drift', JSON.stringify(first!.methods['js']));
  assert.ok(first!.methods['js']!.p! < 0.05 / 201 && first!.methods['js']!.p_adjusted! <= 0.05);
  assert.ok(drifted(lookBack) <= 2);
});

test('several methods: p is corrected for their number, and the window names the one that alarmed', () => {
  const summary = counted(rowsAt(800, 77, 1), calibrated);
  const alone = judged(calibrated, summary, { methods: ['labels'] });
  const three = judged(calibrated, summary, { methods: ['js', 'labels', 'entropy'] });
  assert.is(three.methods['labels']!.p, Math.min(1, 3 * alone.methods['labels']!.p!));
  const smallest = Math.min(...Object.values(three.methods).map((method) => method!.p!));
  assert.is(three.p, smallest);
  assert.is(three.methods[three.alarmed_by!]!.p, smallest);
  assert.is(judged(calibrated, rowsAt(60, 75)).alarmed_by, null);
});

test('accuracy with labels is compared with the baseline’s', () => {
  const { labelled, correct } = calibrated.labels;
  const summary = counted(rowsAt(1500, 73), calibrated);
  const at = (share: number, rows = 1500, adjust?: 'bh') => {
    const window = { ...summary, labelled: rows, correct: Math.round(rows * share) };
    return judged(calibrated, window, { draws: 19, adjust, methods: ['js'] }).accuracy_test!;
  };
  const before = correct / labelled;
  assert.is(at(before).baseline, before);
  assert.is(at(before).verdict, 'within chance');
  assert.is(at(before - 0.06).verdict, 'lower');
  assert.is(at(before + 0.06).verdict, 'higher');
  assert.is(at(before - 0.06, 20).verdict, 'within chance', 'few labels tell little');
  assert.is(at(before).p_adjusted, null);
  assert.is(at(before - 0.06, 1500, 'bh').p_adjusted, at(before - 0.06).p);
  assert.is(judged(calibrated, { ...summary, labelled: 0, correct: 0 }).accuracy_test, null);
  // R: fisher.test(matrix(c(3860, 1140, 4165, 835), 2)): 83.3 and 77.2 % of 5,000 labels.
  const large = { ...calibrated, rows: 5000, labels: { ...calibrated.labels, labelled: 5000, correct: 4165 } };
  const week = { ...summary, rows: 5000, effectiveRows: 5000, labelled: 5000, correct: 3860 };
  assert.ok(judged(large, week).accuracy_test!.p < 1e-13);
});

test('estimated accuracy beside the true one, and its error bar', () => {
  let covered = 0;
  for (let i = 0; i < 60; i++) {
    const options = { draws: 19, methods: ['js'] };
    const { accuracy, estimated_accuracy: estimate } = judged(calibrated, rowsAt(300, 300 + i), options);
    if (accuracy! >= (estimate!.low ?? 0) && accuracy! <= estimate!.high) covered++;
  }
  assert.ok(covered >= 52, `${covered} of 60`);
});

test('of a window that drifted, only the upper end of estimated accuracy is told', () => {
  const batch = rowsAt(300, 300);
  const moved = { ...batch.embeddings, data: batch.embeddings.data.map((value) => value + 3) };
  const same = judged(calibrated, batch, { draws: 199 });
  const drifted = judged(calibrated, { ...batch, embeddings: moved }, { draws: 199 });
  assert.is(same.verdict, 'no drift');
  assert.is(drifted.verdict, 'drift');
  const { low, ...upper } = same.estimated_accuracy!;
  assert.ok(low! < upper.value && upper.value < upper.high);
  assert.equal(drifted.estimated_accuracy, { ...upper, low: null });
});

test('degenerate windows: too few rows, drift where one row comes often, and never NaN', () => {
  const constant = (rows: number, value: number): DriftBatch => ({
    embeddings: { rows, columns: 6, data: new Float32Array(rows * 6).fill(value) },
    scores: { rows, columns: 3, data: Float32Array.from({ length: rows * 3 }, (_, i) => (i % 3 === 0 ? 1 : 0)) },
    targets: new Array(rows).fill('a'),
  });
  const cases: [string, DriftBatch][] = [
    ['one row', rowsAt(1, 80)],
    ['fewer rows than clusters', rowsAt(3, 81)],
    ['the same row, often', constant(500, 0)],
    ['the same row, far away', constant(500, 1e6)],
  ];
  for (const [name, batch] of cases) {
    const report = reportOf(calibrated, batch, { methods: ['all'], draws: 199 });
    isClean(report);
    const expected = batch.embeddings.rows === 500 ? 'drift' : 'too few rows';
    assert.is(only(report).verdict, expected, `${name}: ${JSON.stringify(only(report).methods)}`);
  }
});

test('degenerate baselines: one cluster, one class, a constant half', () => {
  const one = fitProfile(rowsAt(200, 82), { classes }, { clusters: 1 });
  const report = reportOf(one, rowsAt(100, 83), { methods: ['all'], draws: 199 });
  isClean(report);
  assert.is(only(report).methods['js']!.value, 0);
  assert.is(only(report).methods['js']!.p, 1);
  assert.is(only(report).methods['js']!.verdict, 'too few rows');

  const nearlyConstant = { rows: 100, columns: 6, data: new Float32Array(600) };
  nearlyConstant.data[0] = 1;
  const oneClass = { rows: 100, columns: 1, data: new Float32Array(100).fill(1) };
  const dull = fitProfile({ embeddings: nearlyConstant, scores: oneClass }, { classes: ['all'] }, { clusters: 2 });
  const summary = counted({ embeddings: nearlyConstant, scores: oneClass }, dull);
  isClean(reportOf(dull, summary, { methods: ['all'], draws: 199 }));
  assert.is(judged(dull, summary).verdict, 'too few rows');
  const nothing = { rows: 100, columns: 6, data: new Float32Array(600) };
  const fit = () => fitProfile({ embeddings: nothing }, {}, { clusters: 2 });
  refused(fit, 'TOO_FEW_DISTINCT_ROWS', /2 clusters .* 1 diff/);
});

test('rows of another model are refused with both values; what is not known is not compared', () => {
  checkComparable(profile, { dimensions: 1 });
  checkComparable(profile, { dimensions: 1, weightsSha256: sha, tap: 'fc.0', classes: ['cat', 'dog'] });
  checkComparable(profile, { dimensions: 1, weightsSha256: null, tap: null, classes: [] });
  const settled = parseProfile(profileToJson({ ...profile, pixelsSha256: sha }), 'p.json');
  const other = 'ff'.repeat(32);
  checkComparable(settled, { dimensions: 1, pixelsSha256: sha });
  checkComparable(settled, { dimensions: 1 });
  checkComparable(profile, { dimensions: 1, pixelsSha256: other });
  const both = new RegExp(`${other}.*${sha}`);
  for (const [what, rows, message] of [
    ['DIMENSIONS', { dimensions: 128 }, /w\.npz: .*128 .* 1$/],
    ['WEIGHTS', { weightsSha256: other }, both],
    ['PIXELS', { pixelsSha256: other }, both],
    ['TAP', { tap: 'avgpool' }, /avgpool.*fc\.0/],
    ['CLASSES', { classes: ['cat'] }, /1 .* 2/],
    ['CLASSES', { classes: ['cat', 'cow'] }, /class 1 is "cow", .*"dog"/],
  ] as const) {
    refused(() => checkComparable(settled, { dimensions: 1, ...rows }, 'w.npz'), `PROFILE_OTHER_${what}`, message);
  }
});

test('a window that the baseline is cut from is near, a shifted one far', () => {
  const baseline = fitProfile({ embeddings: mixture(2000, 10, 5, 41) });
  const distance = (shift: number) => {
    const embeddings = mixture(2000, 10, 5, 41);
    embeddings.data = embeddings.data.subarray(0, 1000 * 10).map((value) => value + shift) as Float32Array;
    const options = { base: 2, methods: ['js'] } as const;
    return judged(baseline, { embeddings: { ...embeddings, rows: 1000 } }, options).methods['js']!.value;
  };
  assert.ok(distance(0) < 0.06);
  assert.ok(distance(4) > 0.3);
});

withSharedData('the whole path on the golden embeddings', (folder) => {
  test('three weeks against the reference, base 2 and e', () => {
    const tranche = (name: string) => ({
      embeddings: readNpzMatrix(join(folder, 'golden', `${name}.npz`), 'embeddings'),
    });
    const baseline = fitProfile(tranche('reference'));
    const windows = ['production_1', 'production_2', 'production_3'].map((name) => {
      return { name, summary: summaryOf(baseline, tranche(name)) };
    });
    const scales = { 2: 1, e: Math.sqrt(Math.LN2) };
    for (const base of [2, 'e'] as const) {
      const { windows: found } = driftReport(baseline, windows, { base });
      const values = found.map((window) => window.methods['js']!.value / scales[base]);
      for (const [i, expected] of [0.0178, 0.2524, 0.3133].entries()) {
        assert.ok(Math.abs(values[i]! - expected) <= 0.002, `${windows[i]!.name}: ${values[i]}, not ${expected}`);
      }
    }
  });
});
