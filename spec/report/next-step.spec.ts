import { OTHER_CLASSES, type SegmentReport, UNNAMED } from '../../drift/index.js';
import { harmOf, type Judged, shownAccuracy } from '../../report/harm.js';
import type { RemadeCause } from '../../report/index.js';
import { areMostlyCopies } from '../../report/numbers/index.js';
import { nextStep } from '../../report/ranked-windows.js';
import { assert, test } from '../support/test.js';
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

const DARK = ['darker: mean brightness 0.22 → 0.08', 'cluster 1: 61 % → 74 % of rows'];

function measured(accuracy: number, verdict: 'lower' | 'higher' | 'within chance'): Window {
  return {
    accuracy,
    accuracy_test: { baseline: 0.93, p: verdict === 'within chance' ? 0.4 : 0.001, p_adjusted: null, verdict },
  };
}

const TEN_CLASSES = Array.from({ length: 10 }, (_, i) => ({
  name: `class ${i}`,
  baseline: 0.1,
  window: 0.1,
  frechet: null,
  accuracy: null,
}));

const REMADE: RemadeCause = { name: 'darker', making: 'brightness, factor 0.4', share: 1, isOfImages: true };
const CLASS_MIX: RemadeCause = { name: 'other shares', making: 'class mix', share: 1, isOfImages: false };

function remade(cause: RemadeCause, high: number): Details {
  const accuracy = { value: high - 0.03, low: high - 0.06, high };
  const baseline = { rows: 2_500, accuracy: 0.93 };
  const found = { classes: null, tried: [], warnings: [], pairs: [], auc: 0.5, cleanAuc: 0.9, accuracy, baseline };
  return { explained: { ...found, verdict: 'explained', causes: [cause] } };
}

const CASES: [what: string, judged: Judged, harm: string, step: string, reason: RegExp][] = [
  [
    'dark, accuracy fell far',
    judged({ verdict: 'drift', causes: DARK, ...measured(0.79, 'lower') }, { labelled: 900 }),
    'severe',
    'Look at the camera',
    /darker \(mean brightness 0\.22.→.0\.08\)\. Accuracy fell by 14\.0 points\./,
  ],
  [
    'dark, accuracy held',
    judged({ verdict: 'drift', causes: DARK, ...measured(0.92, 'within chance') }, { labelled: 900 }),
    'none',
    'Nothing to do',
    /darker.*accuracy held at 92\.0/,
  ],
  [
    'dark, too few labels to say that accuracy held',
    judged({ verdict: 'drift', causes: DARK, ...measured(0.92, 'within chance') }, { labelled: 20 }),
    'unknown',
    'Look at the camera',
    /Without labels/,
  ],
  [
    'dark, made again, without labels: accuracy is read off',
    judged({ verdict: 'drift', causes: DARK }, remade(REMADE, 0.6)),
    'severe',
    'Look at the camera',
    /^Cause: darker \(brightness, factor 0\.4\)\. With it, accuracy on the baseline is about 57.%\.$/,
  ],
  [
    'made again, and a little worse',
    judged({ verdict: 'drift', causes: [] }, remade(REMADE, 0.91)),
    'some',
    'Look at the camera',
    /^Cause: darker/,
  ],
  [
    'other shares of the classes are nothing of the camera',
    judged({ verdict: 'drift', causes: [] }, remade(CLASS_MIX, 0.95)),
    'unknown',
    'Label 100 images',
    /no cause has a name/,
  ],
  [
    'other classes, and a fall: nothing happened to the camera',
    judged(
      { verdict: 'drift', causes: [`${OTHER_CLASSES}: predicted "dog": 33 % → 65 %`], ...measured(0.85, 'lower') },
      { labelled: 900 },
    ),
    'severe',
    'Look at the classes',
    /^Other mix of classes: predicted "dog": 33 % → 65 %\. Nothing else about the images changed\. Accuracy fell by 8\.0 points\.$/,
  ],
  [
    'other classes, no labels',
    judged({ verdict: 'drift', causes: [`${OTHER_CLASSES}: predicted "dog": 33 % → 65 %`] }),
    'unknown',
    'Label 100 images',
    /^Other mix of classes/,
  ],
  [
    'drift and a fall without a cause',
    judged({ verdict: 'drift', causes: DARK.slice(1), ...measured(0.9, 'lower') }, { labelled: 5000 }),
    'some',
    'Consider rolling back',
    /3\.0 points, and no cause was found/,
  ],
  [
    'a fall of less than two points asks for nothing',
    judged({ verdict: 'no drift', causes: [], ...measured(0.923, 'lower') }, { labelled: 50_000 }),
    'some',
    'Nothing to do',
    /^Accuracy fell by 0\.7 points, and the images did not change\. That is less than 2 points\.$/,
  ],
  [
    'a fall without drift',
    judged({ verdict: 'no drift', causes: [], ...measured(0.85, 'lower') }, { labelled: 500 }),
    'severe',
    'Consider rolling back',
    /images did not change/,
  ],
  [
    'a fall, and a change of the pictures without a name',
    judged({ verdict: 'drift', causes: [`${UNNAMED}: most in hue`], ...measured(0.6, 'lower') }, { labelled: 500 }),
    'severe',
    'Look at the camera',
    /^The pictures changed in a way that has no name here\. Accuracy fell by 33\.0 points\.$/,
  ],
  [
    'fewer right labels than guessing gives, on images as before',
    judged({ verdict: 'no drift', causes: [], ...measured(0.03, 'lower') }, { labelled: 500, predicted: TEN_CLASSES }),
    'severe',
    'Look at the labels',
    /^Accuracy is 3\.0.%, and guessing would give 10\.0.%: are the classes in another order/,
  ],
  [
    'about as many right labels as guessing gives',
    judged({ verdict: 'no drift', causes: [], ...measured(0.09, 'lower') }, { labelled: 500, predicted: TEN_CLASSES }),
    'severe',
    'Consider rolling back',
    /images did not change/,
  ],
  [
    'half of the images black, with a label each: the labels of copies count once',
    judged(
      { verdict: 'too few rows', rows: 600, ...measured(0.5, 'within chance') },
      { labelled: 600, rowsNeeded: 400, effectiveRows: 4, effectiveBy: 'repeats' },
    ),
    'unknown',
    'Wait for more images',
    /600 images are too few/,
  ],
  [
    'a change without a name, no labels',
    judged({ verdict: 'drift', causes: [`${UNNAMED}: most in levels`] }),
    'unknown',
    'Label 100 images',
    /no cause has a name/,
  ],
  [
    'a bound far below the baseline',
    judged({ verdict: 'drift', causes: null }, { estimatedAccuracy: { value: 0.6, low: null, high: 0.8 } }),
    'severe',
    'Label 100 images',
    /10 points/,
  ],
  [
    'a bound at the baseline says nothing',
    judged({ verdict: 'drift', causes: null }, { estimatedAccuracy: { value: 0.9, low: null, high: 0.92 } }),
    'unknown',
    'Label 100 images',
    /10 points/,
  ],
  [
    'no drift, but an estimate far below the baseline',
    judged({ verdict: 'no drift' }, { estimatedAccuracy: { value: 0.8, low: 0.77, high: 0.83 } }),
    'severe',
    'Label 100 images',
    /^By the confidence of its predictions, the model is worse/,
  ],
  ['quiet', judged({ verdict: 'no drift' }), 'none', 'Nothing to do', /no more than by chance\.$/],
  [
    'too few',
    judged({ verdict: 'too few rows', rows: 40 }, { rowsNeeded: 420, effectiveRows: 40, effectiveBy: null }),
    'unknown',
    'Wait for more images',
    /40 images are too few to tell; 420 images would be enough/,
  ],
  [
    'a camera that stands still',
    { ...judged({ verdict: 'too few rows', rows: 500 }, { rowsNeeded: 420, effectiveRows: 1 }), areCopies: true },
    'unknown',
    'Look at the camera',
    /^Of the 500 images many are copies of few/,
  ],
  ['nothing calibrated', judged({ verdict: null }), 'unknown', 'Make a larger baseline', /no verdict/],
];

for (const [what, given, harm, step, reason] of CASES) {
  test(what, () => {
    const next = nextStep(given);
    assert.is(harmOf(given), harm);
    assert.is(next.step, step);
    assert.match(next.reason, reason);
    assert.is(next.isUrgent, !/^(Nothing|Wait|Make)/.test(step));
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
