import { Random } from '../../base/index.js';
import { type DriftBatch, driftReport, fitProfile, parseProfile, profileToJson } from '../../drift/index.js';
import { defaultVotes } from '../../drift/methods/registry.js';
import { largestOfNormals } from '../../drift/null/baseline-luck.js';
import { totalOf } from '../../drift/statistics/counts.js';
import { correlationsOf, rankCorrelations } from '../../drift/statistics/ranks.js';
import { rankShift } from '../../drift/tests/column-shifts.js';
import { assert, longTest, test } from '../support/test.js';
import { judged, summaryOf } from './support.js';

const CLASSES = ['a', 'b'];
const COLUMNS = 4;

interface Kind {
  scores?: boolean;
  /** How many deviations the brightness is off. */
  darker?: number | null;
  /** Share of the rows that are predicted as the first class. */
  first?: number;
}

function rowsOf(rows: number, seed: number, { scores = true, darker = 0, first = 1 }: Kind = {}): DriftBatch {
  const random = new Random(seed);
  const data = Float32Array.from({ length: rows * COLUMNS }, () => random.normal());
  const sure = Float32Array.from({ length: rows }, () => 0.5 + 0.5 * random.uniform());
  const softmax = Float32Array.from({ length: 2 * rows }, (_, i) => {
    const isFirst = (i >> 1) % 100 < 100 * first;
    return isFirst === (i % 2 === 0) ? sure[i >> 1]! : 1 - sure[i >> 1]!;
  });
  const brightness = Float64Array.from({ length: rows }, () => random.normal() - (darker ?? 0));
  return {
    embeddings: { rows, columns: COLUMNS, data },
    scores: scores ? { rows, columns: 2, data: softmax } : null,
    statistics:
      darker === null
        ? null
        : {
            brightness,
            contrast: brightness.map((value) => value + 0.1 * random.normal()),
            empty: new Float64Array(rows),
          },
  };
}

const profile = fitProfile(rowsOf(2_000, 1), { classes: CLASSES });

function counted(rows: number, seed: number, kind?: Kind, against = profile) {
  return summaryOf(against, rowsOf(rows, seed, kind));
}

const only = (seed: number, kind?: Kind, options = {}) => judged(profile, counted(600, seed, kind), options);

test('by ranks: what SciPy says of the same counts, and exact where nearly all values are equal', () => {
  const sides = (baseline: number[], window: number[]) => {
    const rows = (counts: number[]) => totalOf(counts);
    return { baseline, window, baselineRows: rows(baseline), windowRows: rows(window) };
  };
  const [baseline, window] = [
    [5, 9, 0, 6, 20],
    [0, 3, 4, 10, 13],
  ];
  // scipy.stats.mannwhitneyu, without continuity correction: p 0.5729881559408553
  assert.ok(Math.abs(rankShift(sides(baseline!, window!)) - 0.5636561638546327) < 1e-12);
  assert.ok(Math.abs(rankShift(sides(window!, baseline!)) + 0.5636561638546327) < 1e-12);
  // scipy.stats.fisher_exact of 4 of 30 and 1 of 200: p 0.0010953576537367556
  assert.ok(Math.abs(rankShift(sides([199, 1], [26, 4])) - 3.26481455359974) < 1e-6);
  assert.ok(Math.abs(rankShift(sides([1, 199], [4, 26])) + 3.26481455359974) < 1e-6);
  assert.is(rankShift(sides([200], [30])), 0, 'equal values');
  assert.ok(rankShift(sides([200, 0], [0, 30])) > 7, 'all others');
  // Rows that are worth less are less sure.
  assert.ok(rankShift({ ...sides([100, 100], [10, 90]), windowRows: 10 }) < 3);
});

test('correlations of ranks; columns that nobody knows are unrelated', () => {
  const values = Float64Array.from({ length: 100 }, (_, i) => i);
  const edges = Array.from({ length: 9 }, (_, i) => 10 * (i + 1));
  const known = rankCorrelations(
    new Map([
      ['up', { values, edges }],
      ['down', { values: values.map((value) => 99 - value), edges }],
      ['same', { values: new Float64Array(100), edges: [] }],
      ['unknown', { values: new Float64Array(100).fill(Number.NaN), edges: [] }],
    ]),
  );
  assert.equal(known.names, ['down', 'same', 'unknown', 'up']);
  assert.equal([...known.values.slice(0, 4)], [1, 0, 0, -1]);
  const drawn = correlationsOf(known, ['up', 'same', 'down'], 97);
  assert.equal([...drawn], [1, 0, -0.97, 0, 1, 0, -0.97, 0, 1]);
});

test('the largest of normal numbers: less where they move together', () => {
  const above = (r: number) => {
    const draw = largestOfNormals(Float64Array.from([1, r, r, 1]), 2, new Random(3));
    return Array.from({ length: 20_000 }, draw).filter((value) => value > 1.959964).length / 20_000;
  };
  assert.ok(Math.abs(above(0) - (1 - 0.95 ** 2)) < 0.006, `${above(0)}`);
  assert.ok(Math.abs(above(0.999) - 0.05) < 0.006, `${above(0.999)}`);
});

test('a method without data has no vote, and is not there where no window has any', () => {
  assert.is(defaultVotes(profile, counted(600, 2)), 5);
  assert.is(defaultVotes(profile, counted(600, 2, { scores: false })), 3);
  assert.is(defaultVotes(profile, counted(600, 2, { scores: false, darker: null })), 2);
  const { settings, windows } = driftReport(profile, [
    { name: 'bare', summary: counted(600, 2, { scores: false, darker: null }) },
    { name: 'scored', summary: counted(600, 2, { darker: null }) },
  ]);
  assert.equal(settings.methods, ['js', 'mmd', 'labels', 'confidence']);
  assert.equal(
    windows.map(({ methods }) => [Object.keys(methods), methods['confidence'] === null]),
    [
      [['js', 'mmd', 'labels', 'confidence'], true],
      [['js', 'mmd', 'labels', 'confidence'], false],
    ],
  );
});

test('p is times the number of votes; the statistics of images alarm with their own numbers', () => {
  const window = only(4, { darker: 0.3 });
  const { images, js } = window.methods;
  assert.equal([window.verdict, window.alarmed_by, window.p], ['drift', 'images', images!.p]);
  assert.equal([images!.details!['direction'], images!.details!['statistics']], ['lower', 3]);
  assert.ok(['brightness', 'contrast'].includes(images!.details!['statistic'] as string));
  assert.ok(images!.value > images!.band![1] && images!.p! <= 0.05);
  assert.ok(js!.value <= js!.band![1] && js!.verdict === 'no drift');
  const alone = only(4, { darker: 0.3 }, { methods: ['js'] });
  assert.ok(Math.abs(js!.p! - Math.min(1, 5 * alone.methods['js']!.p!)) < 1e-12, 'the same draws, corrected');
  assert.is(alone.verdict, 'no drift');
  assert.equal(Object.keys(only(4, {}, { threshold: 0.2 }).methods), ['js'], 'a threshold without a name');
});

test('another mix of predicted classes alarms, though clusters and confidence are as before', () => {
  const baseline = fitProfile(rowsOf(2_000, 1, { first: 0.5 }), { classes: CLASSES });
  const verdictOf = (first: number) => judged(baseline, counted(600, 5, { first }, baseline));
  const window = verdictOf(0.7);
  assert.equal([window.verdict, window.alarmed_by], ['drift', 'labels']);
  assert.is(window.methods['js']!.verdict, 'no drift');
  assert.is(verdictOf(0.5).verdict, 'no drift');
});

test('too few rows is what the voting methods together cannot see', () => {
  const rows = 240;
  const summary = counted(rows, 41);
  const report = (methods?: string[]) => judged(profile, summary, { methods });
  const [vote, alone] = [report(), report(['js'])];
  const corrected = judged(profile, summary, { methods: ['js'], alpha: 0.01 });
  assert.equal([vote.verdict, corrected.verdict], ['no drift', 'too few rows']);
  assert.ok(
    vote.rows_needed! <= rows && corrected.rows_needed! > rows,
    `${vote.rows_needed}, ${corrected.rows_needed}`,
  );
  assert.ok(alone.rows_needed! > vote.rows_needed!, `${alone.rows_needed} by one at its full level`);
  assert.is(judged(profile, counted(100, 42)).verdict, 'too few rows');
});

longTest('quiet windows alarm in one of twenty', () => {
  const alarms = Array.from({ length: 60 }, (_, i) => only(100 + i, {}, { draws: 399 })).filter(
    ({ verdict }) => verdict === 'drift',
  );
  assert.ok(alarms.length <= 9, `${alarms.length} of 60`);
});

test('statistics that move together make a narrower band than unrelated ones', () => {
  const text = profileToJson(profile);
  assert.is(profileToJson(parseProfile(text, 'p.json')), text);
  const { correlations } = profile.reference!;
  const { length } = correlations.names;
  const values = Float64Array.from(correlations.values, (_, at) => (at % (length + 1) === 0 ? 1 : 0));
  const unrelated = { ...profile, reference: { ...profile.reference!, correlations: { ...correlations, values } } };
  const [before, now] = [unrelated, profile].map((one) => judged(one, counted(600, 4)).methods['images']!);
  assert.is(before!.value, now!.value);
  assert.ok(before!.band![1] > now!.band![1], `${before!.band![1]} and ${now!.band![1]}`);
});
