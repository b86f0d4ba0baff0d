/** Labels of which several may hold: what is counted of them, and what votes. */
import { Random } from '../../base/index.js';
import {
  BaselineCounter,
  checkComparable,
  type DriftBatch,
  driftReport,
  fitProfile,
  labelColumns,
  mergeProfiles,
  type Profile,
  parseProfile,
  profileToJson,
  takeRows,
  WindowCounter,
  type WindowSummary,
} from '../../drift/index.js';
import { FeatureModel } from '../../drift/monitor/index.js';
import { exactShift } from '../../drift/tests/column-shifts.js';
import { assert, test } from '../support/test.js';
import { refused } from './support.js';

const LABELS = ['common', 'rare', 'never', 'say "x": y'];
const THRESHOLDS = [0.5, 0.3, 0.5, 0.7];
const COLUMNS = 8;
const SOURCE = { classes: LABELS, thresholds: THRESHOLDS };

/** @param more how much oftener the rare label holds */
function batchOf(rows: number, seed: number, more = 0): DriftBatch {
  const random = Random.stream(39, seed);
  const data = Float32Array.from({ length: rows * COLUMNS }, () => random.normal());
  const scores = new Float32Array(rows * LABELS.length);
  for (let row = 0; row < rows; row++) {
    const shared = random.normal();
    const holds = [shared > 0, random.uniform() < 0.02 + more, false, shared > 0.5];
    for (const [k, threshold] of THRESHOLDS.entries()) {
      const within = random.uniform();
      scores[row * LABELS.length + k] = holds[k] ? threshold + within * (1 - threshold) : within * threshold * 0.99;
    }
  }
  const statistics = labelColumns({ rows, columns: LABELS.length, data: scores }, LABELS, THRESHOLDS);
  return { embeddings: { rows, columns: COLUMNS, data }, scores: null, statistics };
}

const baseline = batchOf(2_000, 0);
const profile = fitProfile(baseline, SOURCE, { clusters: 2, restarts: 1 });

function summaryOf(window: DriftBatch, of: Profile): WindowSummary {
  const counter = new WindowCounter(of);
  counter.add(window);
  return counter.summary();
}

function reportOf(window: DriftBatch, of: Profile = profile) {
  return driftReport(of, [{ name: 'week', summary: summaryOf(window, of), causes: [] }], { draws: 999 });
}

test('a score holds from its threshold on, as float32; one that is not known says nothing', () => {
  const data = Float32Array.of(0.5, 0.3, 0, 0.7, 0.499_999_97, 0.299_999_98, 1, Number.NaN);
  const columns = labelColumns({ rows: 2, columns: 4, data }, LABELS, THRESHOLDS);
  assert.equal(
    LABELS.map((label) => [...columns[`holds:${label}`]!]),
    [
      [1, 0],
      [1, 0],
      [0, 1],
      [1, Number.NaN],
    ],
  );
});

test('all rows of the baseline say how often a label holds; scores are no softmax', () => {
  const { statistics, confidence, entropy, classed } = profile.reference!;
  assert.equal([confidence, entropy, classed, profile.labels.predicted], [null, null, null, null]);
  assert.equal(statistics['holds:never']!.counts, [2_000, 0]);
  const found = baseline.statistics!['holds:rare'] as Float32Array;
  const rare = found.reduce((sum, value) => sum + value, 0);
  assert.equal(statistics['holds:rare']!.counts, [2_000 - rare, rare]);
  assert.is(statistics['score:rare']!.rows, profile.reference!.rows, 'bins of scores are fitted, so half is counted');
});

test('a label that holds more often is drift, and is named with both shares', () => {
  const quiet = reportOf(batchOf(600, 1)).windows[0]!;
  assert.is.not(quiet.verdict, 'drift');
  assert.equal(Object.keys(quiet.methods).sort(), ['confidence', 'js', 'labels', 'mmd']);
  const window = batchOf(600, 2, 0.08);
  const moved = reportOf(window).windows[0]!;
  assert.equal([moved.verdict, moved.alarmed_by], ['drift', 'labels']);
  const share = (of: DriftBatch) => {
    const values = [...(of.statistics!['holds:rare'] as Float32Array)];
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const { label, baseline: before, window: now, labels } = moved.methods['labels']!.details!;
  assert.equal([label, before, now, labels], ['rare', share(baseline), share(window), 4]);
  const percent = (of: number) => (100 * of).toFixed(1);
  assert.is(
    moved.causes![0],
    `label rare: ${percent(share(window))} % of images, ${percent(share(baseline))} % in the baseline`,
  );
  assert.equal(moved.predicted!.window[1], share(window));
  assert.is(moved.estimated_accuracy, null);
});

test('a threshold of the label that moved most is a number of standard errors', () => {
  const windows = [{ name: 'week', summary: summaryOf(batchOf(600, 2, 0.08), profile), causes: [] }];
  const shift = driftReport(profile, windows).windows[0]!.methods['labels']!.value;
  const verdictAt = (labels: number) =>
    driftReport(profile, windows, { methods: ['labels'], threshold: { labels } }).windows[0]!.verdict;
  assert.ok(shift > 2);
  assert.equal([verdictAt(shift - 1), verdictAt(shift + 1)], ['drift', 'no drift']);
  const { thresholds: _, ...softmax } = profile;
  const distance = () => driftReport(softmax, windows, { threshold: { labels: 2 } });
  refused(distance, 'OPTION_OUT_OF_RANGE', /threshold of labels 2: 0 to 0.8326 is possible/);
});

test('a label that never held is seen, and scores that moved below the threshold are', () => {
  const window = batchOf(600, 3);
  const never = new Float32Array(600).map((_, row) => Number(row % 30 === 0));
  const seen = reportOf({ ...window, statistics: { ...window.statistics, 'holds:never': never } }).windows[0]!;
  assert.equal([seen.alarmed_by, seen.methods['labels']!.details!['label']], ['labels', 'never']);
  const scores = (window.statistics!['score:common'] as Float32Array).map((score) => (score < 0.5 ? score / 3 : score));
  const lower = reportOf({ ...window, statistics: { ...window.statistics, 'score:common': scores } }).windows[0]!;
  assert.equal([lower.alarmed_by, lower.methods['confidence']!.details!['direction']], ['confidence', 'lower']);
  assert.is(lower.causes![0], 'label common: lower scores than in the baseline');
});

test('the profile as JSON is the same; its shards add up; a wrong number of thresholds is refused', () => {
  const json = profileToJson(profile);
  assert.equal(parseProfile(json, 'p'), profile);
  const parts = [0, 1].map((part) => {
    const rows = Array.from({ length: 1_000 }, (_, i) => 1_000 * part + i);
    const counter = new BaselineCounter(profile, { firstRow: 1_000 * part });
    counter.add({ ...takeRows(baseline, rows), rowNumbers: null });
    return counter.profile();
  });
  const merged = mergeProfiles(parts[0]!, parts[1]!);
  assert.equal(merged.reference!.statistics, profile.reference!.statistics);
  const broken = json.replace(JSON.stringify(THRESHOLDS), '[0.5]');
  refused(() => parseProfile(broken, 'p'), 'PROFILE_COUNTS_INVALID', /thresholds has 1 numbers, classes 4 names/);
});

test('classes of which one holds, and other thresholds, are not compared', () => {
  const source = { dimensions: COLUMNS, classes: LABELS };
  checkComparable(profile, { ...source, thresholds: THRESHOLDS });
  checkComparable(profile, source);
  const other = { ...source, thresholds: [0.5, 0.4, 0.5, 0.7] };
  refused(
    () => checkComparable(profile, other, 'week'),
    'PROFILE_OTHER_THRESHOLDS',
    /week: "rare" holds from a score of 0.4 on, in the profile from 0.3/,
  );
  const { thresholds: _, ...softmax } = profile;
  refused(() => checkComparable(softmax, other, 'week'), 'PROFILE_OTHER_CLASSES', /several of its 4 labels may hold/);
});

test('shares of a rare label are compared exactly, at any number of rows', () => {
  const sides = { baseline: [20_000 - 20, 20], window: [2_000 - 14, 14], baselineRows: 20_000, windowRows: 2_000 };
  // SciPy's fisher_exact([[14, 1986], [20, 19980]]) has p 6.083e-7.
  assert.ok(Math.abs(exactShift(sides) - 4.988564435) < 1e-6);
});

test('a monitor has a block of their scores, and none of confidence', () => {
  assert.equal(
    new FeatureModel(profile).blocks.map(({ name }) => name),
    ['clusters', 'embedding', 'labels'],
  );
});
