import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkComparable,
  compareWindow,
  type DriftBatch,
  driftReport,
  fitProfile,
  WindowCounter,
  type WindowCounts,
} from '../../drift/index.js';
import { readNpzMatrix } from '../support/npz-arrays.js';
import { withSharedData } from '../support/paths.js';
import { matrixOf, mixture, throwsCoded } from './support.js';

const sha = '01'.repeat(32);
const profile = fitProfile(
  { embeddings: matrixOf([[0], [0.5], [10], [11]]) },
  { classes: ['cat', 'dog'], tap: 'fc.0', weightsSha256: sha },
  { clusters: 2 },
);

function counted(batch: DriftBatch): WindowCounts {
  const counter = new WindowCounter(profile);
  counter.add(batch);
  return counter.counts();
}

test('the report: known values, and null for what is not known', () => {
  const labelled = counted({
    embeddings: matrixOf([[0], [1]]),
    scores: matrixOf([
      [1, 0],
      [1, 0],
    ]),
    targets: ['cat', 'dog'],
    timestamps: [1_700_000_000_000, 1_700_000_001_000],
  });
  const bare = counted({ embeddings: matrixOf([[0], [10]]) });
  const report = driftReport(
    profile,
    [
      { name: 'week 1', counts: labelled },
      { name: 'week 2', counts: bare },
    ],
    { base: 2 },
  );
  const unknown = { low: null, high: null, band: null, p: null, p_adjusted: null, verdict: null };
  assert.equal(report.baseline, { rows: 4, clusters: 2, weights_sha256: sha });
  const { value } = report.windows[0]!.methods.js;
  assert.ok(Math.abs(value - 0.557923) < 5e-7, `${value} for [½, ½] against [1, 0]`);
  assert.equal(report.windows, [
    {
      name: 'week 1',
      from: '2023-11-14T22:13:20.000Z',
      to: '2023-11-14T22:13:21.000Z',
      rows: 2,
      skipped: 0,
      accuracy: 0.5,
      verdict: null,
      methods: { js: { value, base: 2, ...unknown } },
      causes: null,
    },
    {
      name: 'week 2',
      from: null,
      to: null,
      rows: 2,
      skipped: 0,
      accuracy: null,
      verdict: null,
      methods: { js: { value: 0, base: 2, ...unknown } },
      causes: null,
    },
  ]);
  assert.equal(JSON.parse(JSON.stringify(report)), report);
});

test('the default base is e', () => {
  const far = counted({ embeddings: matrixOf([[0], [0]]) });
  const { js } = compareWindow(profile, far);
  assert.is(js.base, 'e');
  assert.ok(Math.abs(js.value / compareWindow(profile, far, { base: 2 }).js.value - Math.sqrt(Math.LN2)) < 1e-15);
});

test('a window without rows, or with too many broken ones, is named', () => {
  const none = counted({ embeddings: { rows: 0, columns: 1, data: new Float32Array(0) } });
  throwsCoded(() => driftReport(profile, [{ name: 'w7', counts: none }]), 'WINDOW_EMPTY', /w7: 0 rows/);
  const broken = counted({ embeddings: matrixOf([[Number.NaN], [1]]) });
  throwsCoded(() => driftReport(profile, [{ name: 'w8', counts: broken }]), 'TOO_MANY_SKIPPED', /w8: 1 of 2 rows/);
  const allBroken = counted({ embeddings: matrixOf([[Number.NaN]]) });
  throwsCoded(() => compareWindow(profile, allBroken), 'TOO_MANY_SKIPPED', /1 of 1/);
});

test('all rows in one cluster: a distance, no NaN', () => {
  const one = counted({ embeddings: matrixOf([[10], [10], [10]]) });
  const { value } = compareWindow(profile, one, { base: 2 }).js;
  assert.ok(Math.abs(value - 0.557923) < 5e-7);
});

test('rows of another model are refused with both values; what is not known is not compared', () => {
  checkComparable(profile, { dimensions: 1 });
  checkComparable(profile, { dimensions: 1, weightsSha256: sha, tap: 'fc.0', classes: ['cat', 'dog'] });
  checkComparable(profile, { dimensions: 1, weightsSha256: null, tap: null, classes: [] });
  const other = 'ff'.repeat(32);
  throwsCoded(
    () => checkComparable(profile, { dimensions: 128 }, 'w.npz'),
    'PROFILE_OTHER_DIMENSIONS',
    /w\.npz: .*128 .* 1$/,
  );
  throwsCoded(
    () => checkComparable(profile, { dimensions: 1, weightsSha256: other }),
    'PROFILE_OTHER_WEIGHTS',
    new RegExp(`${other}.*${sha}`),
  );
  throwsCoded(() => checkComparable(profile, { dimensions: 1, tap: 'avgpool' }), 'PROFILE_OTHER_TAP', /avgpool.*fc\.0/);
  throwsCoded(() => checkComparable(profile, { dimensions: 1, classes: ['cat'] }), 'PROFILE_OTHER_CLASSES', /1 .* 2/);
  throwsCoded(
    () => checkComparable(profile, { dimensions: 1, classes: ['cat', 'cow'] }),
    'PROFILE_OTHER_CLASSES',
    /class 1 is "cow", .*"dog"/,
  );
});

test('a window that the baseline is cut from is near, a shifted one far', () => {
  const baseline = fitProfile({ embeddings: mixture(2000, 10, 5, 41) });
  const distance = (shift: number) => {
    const embeddings = mixture(2000, 10, 5, 41);
    embeddings.data = embeddings.data.subarray(0, 1000 * 10).map((value) => value + shift) as Float32Array;
    const counter = new WindowCounter(baseline);
    counter.add({ embeddings: { ...embeddings, rows: 1000 } });
    return compareWindow(baseline, counter.counts(), { base: 2 }).js.value;
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
      const counter = new WindowCounter(baseline);
      counter.add(tranche(name));
      return { name, counts: counter.counts() };
    });
    for (const [base, scale] of [
      [2, 1],
      ['e', Math.sqrt(Math.LN2)],
    ] as const) {
      const values = driftReport(baseline, windows, { base }).windows.map((window) => window.methods.js.value / scale);
      for (const [i, expected] of [0.0178, 0.2524, 0.3133].entries()) {
        assert.ok(Math.abs(values[i]! - expected) <= 0.002, `${windows[i]!.name}: ${values[i]}, not ${expected}`);
      }
    }
  });
});

test.run();
