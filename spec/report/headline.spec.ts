import { UNNAMED, type Verdict } from '../../drift/index.js';
import { type HeadlineData, headline as headlineOf, headlineText as textOf } from '../../report/headline.js';
import type { Explained, ReportedDrift } from '../../report/index.js';
import { assert, test } from '../support/test.js';
import { barely } from './sample-data.js';

type Told = [verdict: Verdict | null, ...causes: string[]];

function driftOf(...told: Told[]): ReportedDrift {
  const known = { from: null, to: null, rows: 1000, skipped: 0, methods: {}, segments: null, images: null };
  const accuracy = { accuracy: null, accuracy_test: null, alarmed_by: null };
  return {
    baseline: {
      rows: 5000,
      effective_rows: 5000,
      effective_by: null,
      groups: null,
      clusters: 5,
      weights_sha256: null,
      weights_note: null,
      rows_needed: null,
    },
    windows: told.map(([verdict, ...causes], i) => ({ ...known, ...accuracy, name: `w${i + 1}`, verdict, causes })),
  };
}

function dataOf(drift: ReportedDrift): HeadlineData {
  const [details] = barely().windows;
  return { drift, windows: drift.windows.map(() => details!), baselineAccuracy: null, alpha: 0.05, adjust: null };
}

const headline = (drift: ReportedDrift) => headlineOf(dataOf(drift));
const headlineText = (drift: ReportedDrift) => textOf(dataOf(drift));

const STEADY: Told = ['no drift'];
const FEW: Told = ['too few rows'];
const DRIFT: Told = ['drift', 'darker: mean brightness 0.47 → 0.17'];

test('the answer says how many drifted, which, and why', () => {
  const blurred: Told = ['drift', 'blurred: sharpness down 84 %', 'flatter: contrast down', 'noisier: more noise'];
  assert.is(
    headlineText(driftOf(STEADY, blurred, DRIFT)),
    '2 of 3 windows drifted: w3 (darker), w2 (blurred, flatter)',
    'of two that are as bad, the latest first, as the cards have them',
  );
  assert.is(headlineText(driftOf(DRIFT)), 'Drift: w1 (darker)');
  assert.is(headlineText(driftOf(DRIFT, ['drift'])), 'All 2 windows drifted: w2, w1 (darker)');
  assert.is(
    headlineText(driftOf(DRIFT, FEW)),
    '1 of 2 windows drifted: w1 (darker); 1 window with too few rows to tell',
  );
});

test('accuracy that fell comes before drift', () => {
  const fallen = (drift: ReportedDrift): ReportedDrift => ({
    ...drift,
    windows: drift.windows.map((window, i) => {
      const verdict = i === 0 ? ('lower' as const) : ('within chance' as const);
      return { ...window, accuracy: 0.772, accuracy_test: { baseline: 0.833, p: 1e-9, p_adjusted: null, verdict } };
    }),
  });
  assert.is(headlineText(fallen(driftOf(STEADY))), 'Accuracy fell: w1 (83.3\u00a0→\u00a077.2\u00a0%). No drift');
  assert.is(
    headlineText(fallen(driftOf(STEADY, DRIFT))),
    'Accuracy fell in 1 of 2 windows: w1 (83.3\u00a0→\u00a077.2\u00a0%). 1 of 2 windows drifted: w2 (darker)',
  );
});

test('many drifted windows are counted, not listed', () => {
  const { answer, details } = headline(driftOf(...Array.from({ length: 18 }, () => DRIFT), STEADY));
  assert.is(answer, '18 of 19 windows drifted');
  assert.is(details, 'w18 (darker), w17 (darker), w16 (darker) and 15 more');
});

test('no drift is never claimed for windows with too few rows or without a verdict', () => {
  assert.is(headlineText(driftOf(STEADY)), 'No drift');
  assert.is(headlineText(driftOf(STEADY, STEADY)), 'None of 2 windows drifted');
  assert.is(headlineText(driftOf(STEADY, FEW)), 'None of 2 windows drifted: 1 window with too few rows to tell');
  assert.is(headlineText(driftOf(FEW)), 'Too few rows to tell');
  assert.is(headlineText(driftOf([null], [null])), '2 windows measured, without a verdict');
  assert.is(headlineText(driftOf([null], STEADY)), 'None of 2 windows drifted: 1 window without a verdict');
  assert.is(
    headlineText(driftOf([null], FEW)),
    'No verdict of drift: 1 window with too few rows to tell; 1 window without a verdict',
  );
  assert.is(headlineText(driftOf()), 'No windows were compared');
});

const LABELLED = { baseline: 0.955, p: 1e-9, p_adjusted: null };

test('windows are named worst first', () => {
  const fell: [string, number][] = [
    ['blur', 0.797],
    ['dark', 0.347],
    ['bgr', 0.742],
    ['noisy', 0.883],
    ['jpeg', 0.808],
  ];
  const drift = driftOf(...fell.map((): Told => DRIFT));
  const windows = drift.windows.map((window, i) => {
    const [name, accuracy] = fell[i]!;
    return { ...window, name, accuracy, accuracy_test: { ...LABELLED, verdict: 'lower' as const } };
  });
  const { details } = headline({ ...drift, windows });
  assert.match(
    details!.replaceAll('\u00a0', ' '),
    /^dark \(95\.5 → 34\.7 %\), bgr .*, blur .* and 2 more\. All 5 .*: dark \(darker\), bgr/,
  );
});

test('a change without a name is not cut, and a cause that was made again comes before what is seen', () => {
  const drift = driftOf(['drift', `${UNNAMED}: most in brightness (mean 0.49 → 0.17)`]);
  assert.is(headlineText(drift), 'Drift: w1 (a change without a name)');
  const data = dataOf(driftOf(['drift', 'blurred: sharpness down 20 %']));
  const explained = {
    verdict: 'explained',
    causes: [{ name: 'turned', making: 'rotation, 5 degrees' }],
    accuracy: null,
  };
  const windows = data.windows.map((details) => ({ ...details, explained: explained as unknown as Explained }));
  assert.is(textOf({ ...data, windows }), 'Drift: w1 (turned)');
});

test('many windows are summed up before any of them', () => {
  const { answer, details } = headline(
    driftOf(...Array.from({ length: 365 }, (_, i) => (i % 20 === 0 ? DRIFT : STEADY))),
  );
  assert.is(answer, '19 of 365 windows drifted, and about 18 would by chance if nothing had changed');
  assert.match(details!, /^Of the earlier half 10 drifted, of the later half 9\. w361 \(darker\)/);
});
