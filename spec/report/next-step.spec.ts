import type { SegmentReport } from '../../drift/index.js';
import { harmOf, type Judged, shownAccuracy } from '../../report/harm.js';
import type { RemadeCause } from '../../report/index.js';
import { areMostlyCopies } from '../../report/numbers/index.js';
import { nextStep } from '../../report/ranked-windows.js';
import { assert, readFixture, test } from '../support/test.js';
import { barely } from './sample-data.js';

type Window = Partial<Judged['window']>;
type Details = Partial<Judged['details']>;

function judged(window: Window, details: Details = {}, baseline: number | null = 0.93): Judged {
  const { drift, windows } = barely();
  return {
    window: { ...drift.windows[0]!, ...window },
    details: { ...windows[0]!, ...details },
    baseline,
    areCopies: false,
  };
}

function measured(accuracy: number, verdict: 'lower' | 'higher' | 'within chance'): Window {
  return {
    accuracy,
    accuracy_test: { baseline: 0.93, p: verdict === 'within chance' ? 0.4 : 0.001, p_adjusted: null, verdict },
  };
}

function evenly(classes: number) {
  const share = { baseline: 1 / classes, window: 1 / classes, frechet: null, accuracy: null };
  return Array.from({ length: classes }, (_, i) => ({ name: `class ${i}`, ...share }));
}

function remade(cause: RemadeCause, high: number): Details {
  const accuracy = { value: high - 0.03, low: high - 0.06, high };
  const baseline = { rows: 2_500, accuracy: 0.93 };
  const found = { classes: null, tried: [], warnings: [], pairs: [], auc: 0.5, cleanAuc: 0.9, accuracy, baseline };
  return { explained: { ...found, verdict: 'explained', causes: [cause] } };
}

interface Case {
  what: string;
  window: Window;
  /** Accuracy with labels, and what its test says. */
  measured?: [number, 'lower' | 'higher' | 'within chance'];
  details?: Details;
  /** A cause that was made again, and the upper end of the accuracy with it. */
  remade?: [RemadeCause, number];
  /** Classes that are predicted equally often. */
  classes?: number;
  areCopies?: boolean;
  harm: string;
  step: string;
  reason: string;
}

function given({ window, measured: ofLabels, details, remade: again, classes, areCopies = false }: Case): Judged {
  const all = judged(
    { ...window, ...(ofLabels && measured(...ofLabels)) },
    { ...details, ...(again && remade(...again)), ...(classes && { predicted: evenly(classes) }) },
  );
  return { ...all, areCopies };
}

for (const one of readFixture<Case[]>('report', 'next-step.json')) {
  test(one.what, () => {
    const judgedCase = given(one);
    const next = nextStep(judgedCase);
    assert.is(harmOf(judgedCase), one.harm);
    assert.is(next.step, one.step);
    assert.match(next.reason, new RegExp(one.reason));
    assert.is(next.isUrgent, !/^(Nothing|Wait|Make)/.test(one.step));
  });
}

test('copies are told by what the rows are worth, and only where the baseline has none', () => {
  const still = { rows: 500, effectiveRows: 1, effectiveBy: 'near-duplicates' };
  const whole = { rows: 2_000, effectiveRows: 1_900 };
  assert.ok(areMostlyCopies(still, whole));
  assert.ok(areMostlyCopies({ ...still, effectiveBy: 'repeats' }, whole));
  assert.not.ok(areMostlyCopies({ ...still, effectiveBy: 'clip' }, whole), 'frames of clips are no copies');
  assert.not.ok(areMostlyCopies({ ...still, effectiveRows: 100 }, whole));
  assert.not.ok(areMostlyCopies({ ...still, rows: 5 }, whole));
  assert.not.ok(areMostlyCopies(still, { rows: 2_000, effectiveRows: 40 }), 'the baseline repeats itself, too');
});

test('a camera that drifted alone is named, though all together show no drift', () => {
  const segment: SegmentReport = {
    by: 'camera',
    value: 'east',
    rows: 300,
    effective_rows: 300,
    baseline_rows: 750,
    verdict: 'drift',
    distance: 0.6,
    band: [0, 0.1],
    p: 0.001,
    alarmed_by: 'js',
    methods: {},
    accuracy: null,
    accuracy_interval: null,
    accuracy_test: null,
  };
  const next = nextStep(judged({ verdict: 'no drift', segments: [segment] }));
  assert.is(next.step, 'Look at camera east');
  assert.match(next.reason, /of camera east its images drifted/);
});

test('accuracy: measured before estimated, and a bound is called one', () => {
  const estimatedAccuracy = { value: 0.9, low: 0.88, high: 0.92 };
  const both = shownAccuracy(judged(measured(0.79, 'lower'), { labelled: 1500, estimatedAccuracy }));
  assert.equal(both, { now: '79.0\u00a0%', change: '−14.0\u00a0pts', source: 'baseline 93.0\u00a0%, 1,500 labels' });
  assert.match(shownAccuracy(judged({}, { estimatedAccuracy }))!.source, /estimated without labels, 88 to 92/);
  const bound = shownAccuracy(judged({}, { estimatedAccuracy: { ...estimatedAccuracy, low: null } }))!;
  assert.match(bound.now, /^at most about 92/);
  assert.is(bound.change, null);
  assert.match(bound.source, /not to be trusted/);
  assert.is(shownAccuracy(judged({}, {})), null);
  assert.is(shownAccuracy(judged({ accuracy: Number.NaN })), null);
});
