import { driftTable } from '../../cli/drift-table.js';
import { terminalWidth } from '../../cli/output.js';
import { carriedLines } from '../../cli/same-words.js';
import { displayWidth, formatTable, wrapped } from '../../cli/table.js';
import { type DriftReport, METHODS, type MethodReport, type WindowReport } from '../../drift/index.js';
import { driftFields } from '../../drift/options/index.js';
import { assert, readFixture, test } from '../support/test.js';

const stored = readFixture<{
  method: MethodReport;
  window: WindowReport;
  baseline: DriftReport['baseline'];
  settings: DriftReport['settings'];
}>('cli', 'drift-table.json');
const { method } = stored;
const window = { ...stored.window, methods: Object.fromEntries(METHODS.map(({ name }) => [name, method])) };

function report(methods: readonly string[]): DriftReport {
  const windows = [window, { ...window, name: 'week_4', verdict: 'no drift' as const }];
  return { baseline: stored.baseline, settings: { ...stored.settings, methods: [...methods] }, windows };
}

const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));

test('columns stand below each other, whatever the script of a name', () => {
  assert.equal(
    ['abc', 'é', 'ウィンドウ', '週次', '😀', '👩‍👩‍👧', '❤️', '−'].map(displayWidth),
    [3, 1, 10, 4, 2, 2, 2, 1],
  );
  const lines = formatTable(
    ['window', '>rows'],
    [
      ['週次😀', '1'],
      ['week_3', '1,500'],
    ],
  );
  assert.equal(lines.split('\n'), ['window   rows', '週次😀      1', 'week_3  1,500']);
});

test('a terminal that does not know its width says 0, and its lines are not broken', () => {
  const width = (isTTY: boolean, columns: number) => terminalWidth({ isTTY, columns });
  assert.is(width(true, 40), 40);
  assert.is(width(true, 0), Number.POSITIVE_INFINITY);
  assert.is(width(false, 80), Number.POSITIVE_INFINITY);
});

test('a method that votes and cannot alarm at this level is named', () => {
  const vote = report(['js', 'mmd', 'confidence', 'images']);
  assert.not.match(driftTable(vote), 'vote alone');
  const strict = { ...vote, settings: { ...vote.settings, alpha: 0.001 } };
  assert.match(driftTable(strict), 'At p <= 0.001 the others vote alone: the p-value of mmd is at least 0.0027.');
});

test('a method that cannot call a single one of many adjusted windows is named', () => {
  const adjusted = (count: number, methods: readonly string[]) => {
    const windows = Array.from({ length: count }, (_, i) => ({ ...window, name: `w${i}` }));
    const one = report(methods);
    return driftTable({ ...one, settings: { ...one.settings, adjust: 'bh' }, windows });
  };
  // 1 / 1,501 is the smallest p-value of mmd.
  assert.not.match(adjusted(75, ['mmd']), 'can only call');
  assert.match(
    adjusted(76, ['mmd']),
    'Adjusted for 76 windows, mmd can only call drift where 2 or more of them drift.',
  );
  assert.match(adjusted(400, ['js', 'mmd']), 'Adjusted for 400 windows, mmd can only call drift where 11 or more');
  assert.not.match(adjusted(400, ['js']), 'can only call');
});

test('an accuracy of few labels is told as such', () => {
  const text = (labelled: number, rows = labelled) =>
    driftTable({ ...report(['js']), windows: [{ ...window, labelled, rows }] });
  assert.match(text(1), /^week_3: the accuracy is of 1 label alone\.$/m);
  assert.match(text(99), /^week_3: the accuracy is of 99 labels alone\.$/m);
  assert.not.match(text(100), 'the accuracy is of');
  const some =
    /^week_3: the accuracy is of 450 labels; 150 rows have none, and may be right less often, as those of a new class are\.$/m;
  assert.match(text(450, 600), some);
  assert.match(text(599, 600), '; 1 row has none');
});

test('on images as before, fewer right labels than guessing gives are told as a question to the labels', () => {
  const predicted = { baseline: [0.2, 0.2, 0.2, 0.2, 0.2], window: [0.2, 0.2, 0.2, 0.2, 0.2] };
  const text = (accuracy: number, verdict: WindowReport['verdict']) =>
    driftTable({ ...report(['js']), windows: [{ ...window, predicted, accuracy, verdict, labelled: 1_500 }] });
  assert.match(
    text(0.03, 'no drift'),
    /^week_3: guessing would be right in 20\.00 %: are the classes in another order/m,
  );
  assert.not.match(text(0.19, 'no drift'), 'guessing');
  assert.not.match(text(0.03, 'drift'), 'guessing');
});

test('what is said of many windows in the same words is said once', () => {
  const few = { ...window, verdict: 'too few rows', rows_needed: 242 } as WindowReport;
  const windows = Array.from({ length: 400 }, (_, i) => ({ ...few, name: `w${i}` }));
  const other = { ...few, name: 'other', rows_needed: 300 };
  const text = driftTable({ ...report(['js']), windows: [...windows, other] });
  assert.match(
    text,
    /^w0, w1, w2 and 397 more: a window of 242 rows would do to see a JS distance of 0\.0833 four times in five\.$/m,
  );
  assert.match(text, /^other: a window of 300 rows would do /m);
  assert.is(text.match(/would do to see/g)?.length, 2);
});

test('a window that drifted without a cause says so, in whatever shape the table has', () => {
  const text = (causes: string[] | null, width?: number) =>
    driftTable({ ...report(['js']), windows: [{ ...window, verdict: 'drift', causes } as WindowReport] }, width);
  for (const width of [undefined, 60]) {
    assert.match(text([], width), 'none found among those with a name');
    assert.match(text(null, width), 'not looked for');
  }
});

test('of a window of copies no number of rows is asked for', () => {
  const still = { effective_rows: 1, effective_by: 'near-duplicates', verdict: 'too few rows', rows_needed: 242 };
  const text = driftTable({ ...report(['js']), windows: [{ ...window, ...still } as WindowReport] });
  assert.match(text, /^week_3: 1,500 rows, worth about 1 independent one, as many are near-duplicates\.$/m);
  assert.match(text, /^week_3: many rows are copies of few: a camera that stands still/m);
  assert.not.match(text, 'would do');
});

test('columns that are not compared are named once for all files that have the same', () => {
  const carried = (name: string) =>
    [{ name, type: 'text' }] as unknown as Parameters<typeof carriedLines>[0][number]['carried'];
  const files = Array.from({ length: 5 }, (_, i) => ({ path: `w${i}.csv`, carried: carried('camera') }));
  const lines = carriedLines([...files, { path: 'x.csv', carried: carried('site') }]);
  assert.is(lines.length, 2);
  assert.match(lines[0]!, /^w0\.csv, w1\.csv, w2\.csv and 2 more: not compared, only carried along: camera\./);
  assert.match(lines[1]!, /^x\.csv: .* site\./);
});

test('nine methods at 80 columns: a line for each method, no line longer than the terminal', () => {
  const names = METHODS.map(({ name }) => name);
  const text = driftTable(report(names), 80);
  assert.ok(widest(text) <= 80, text);
  assert.match(text, /^week_3: drift \(1,500 rows, accuracy 79\.3 %\)$/m);
  assert.match(text, /^ {2}cause: darker: mean brightness 0\.22 → 0\.08, /m);
  assert.match(text, /^week_4: no drift /m);
  for (const { title } of METHODS)
    assert.match(text, new RegExp(`^  ${title} +0\\.1007  0\\.0000-0\\.0367  0\\.016$`, 'm'));
  const blocks = driftTable(report(names)).split('\n\n')[1]!;
  assert.ok(widest(blocks) <= 100, 'a file or a pipe gets no line of 400 characters');
});

test('the help names each method', () => {
  const { describe = '' } = driftFields.methods.words;
  for (const { name } of METHODS) assert.match(describe, new RegExp(`\\b${name}\\b`));
});

test('the method that alarmed heads its window; what a threshold keeps from being drift is said', () => {
  const names = METHODS.map(({ name }) => name);
  assert.match(driftTable(report(names), 80), /^ {2}method .*\n {2}predicted classes /m);
  const { settings, ...rest } = report(['js']);
  const kept = rest.windows.map((one) => ({ ...one, methods: { js: { ...method, verdict: 'no drift' as const } } }));
  const text = driftTable({ ...rest, windows: kept, settings: { ...settings, threshold: { js: 0.2 } } });
  assert.match(text, 'week_3: JS distance is outside of its range, but not beyond the threshold 0.2.');
  assert.not.match(driftTable(report(['js'])), 'threshold');
});

test('a baseline that is too small says how many rows would do', () => {
  const { baseline, ...rest } = report(['js']);
  const text = driftTable({ ...rest, baseline: { ...baseline, rows_needed: 300 } });
  assert.match(text, 'The baseline is too small for 5 clusters: 300 different images would do.');
});

test('what rows are worth is said of the baseline and of windows', () => {
  const { baseline, windows, ...rest } = report(['js']);
  const text = driftTable({
    ...rest,
    baseline: { ...baseline, rows: 1_400, effective_rows: 163.2, effective_by: 'camera,clip', rows_needed: 300 },
    windows: windows.map((one) => ({ ...one, effective_rows: 201, effective_by: 'row order' })),
  });
  assert.match(text, 'Baseline: 1,400 rows, worth about 160 independent ones, by camera and clip.');
  assert.match(text, 'week_3: 1,500 rows, worth about 200 independent ones, as rows that follow each other are alike.');
  assert.match(text, 'about 2,600 images like these would do.');
  const repeating = { ...windows[0]!, effective_rows: 900, effective_by: 'repeats' };
  const many = Array.from({ length: 9 }, (_, i) => ({ ...repeating, name: `w${i}` }));
  assert.match(driftTable({ ...rest, baseline, windows: many }), 'So it is with 5 more windows.');
});

test('below the table is what the values are of the methods in it, and of no others', () => {
  const said = (methods: readonly string[], width?: number) =>
    driftTable({ ...report(methods), windows: [{ ...window, alarmed_by: 'images' }] }, width)
      .split('\n')
      .flatMap((line) => /^(JS distance|Image statistics|Predicted classes): .*/.exec(line)?.[0] ?? []);
  const [js, labels, images] = [
    'JS distance: Jensen-Shannon, over 5 clusters of 2,000 baseline rows, from 0 to 0.8326 (natural logarithm).',
    'Predicted classes: Jensen-Shannon distance of the predicted classes, from 0 to 0.8326 (natural logarithm).',
    'Image statistics: standard errors of the image statistic that moved most, from 0, about 3 without drift.',
  ];
  assert.equal(said(['js', 'labels', 'images']), [images]);
  assert.equal(said(['js', 'labels', 'images'], 149), [js, labels, images], 'in blocks, all are shown');
  assert.equal(said(['psi', 'js']), [js]);
});

test('what an accuracy lacks is said once, and of nothing else', () => {
  const said = (no_estimate: string | null, notes: string[] = []) =>
    driftTable({
      ...report(['js']),
      windows: [{ ...window, accuracy: null, estimated_accuracy: null, no_estimate, notes }],
    });
  assert.match(
    said('the baseline has no labels'),
    /^week_3: accuracy is not known: the window has no labels; not estimated: the baseline has no labels\.$/m,
  );
  assert.match(
    said('the window has no class scores'),
    /^week_3: accuracy is not known: the window has no class scores\.$/m,
  );
  assert.not.match(said('9 % of the images are black', ['9 % of the images are black']), 'is not known');
});

test('one method that fits stays one line for each window', () => {
  assert.match(driftTable(report(['js']), 200), /^window +rows +accuracy +JS distance /m);
});

test('without labels, accuracy is an estimate, or a bound where the window drifted', () => {
  const unlabelled = { ...window, accuracy: null, accuracy_test: null };
  const windows = [
    { ...unlabelled, verdict: 'no drift', estimated_accuracy: { value: 0.928, low: 0.91, high: 0.946 } },
    { ...unlabelled, estimated_accuracy: { value: 0.883, low: null, high: 0.902 } },
    { ...unlabelled, estimated_accuracy: null },
  ] as const;
  const [, first, second, third] = driftTable({ ...report(['js']), windows: [...windows] }).split('\n');
  assert.match(first, / ~93 % .* no drift/);
  assert.match(second, / ≤90 % .* drift/);
  assert.match(third, / - .* drift/);
  const text = driftTable({ ...report(['js']), windows: [...windows] });
  assert.match(text, 'Accuracy with ~ is estimated from confidence');
  assert.not.match(driftTable(report(['js'])), 'estimated from confidence');
});

test('a measured accuracy has its interval, and the estimate beside it while labels are few', () => {
  const estimated_accuracy = { value: 0.771, low: 0.74, high: 0.8 };
  const text = (labels: number) => {
    const accuracy_interval = { low: 0.5549, high: 0.9975, labels, by: 'exact' as const };
    return driftTable({
      ...report(['js']),
      windows: [{ ...window, accuracy: 0.9, accuracy_interval, estimated_accuracy }],
    });
  };
  assert.match(text(29), / 90\.0 % \(55\.5-99\.8\), ~77 % /);
  assert.match(text(29), 'Accuracy with ~ is estimated from confidence');
  assert.match(text(30), / 90\.0 % \(55\.5-99\.8\) {2}/);
  assert.not.match(text(30), '~77 %');
});

test('accuracy that fell is the first thing said; how many false alarms to expect is said', () => {
  const text = driftTable(report(['js']));
  assert.match(text, /^Accuracy fell: week_3 \(93\.6 → 79\.3 %, p < 0\.001\), week_4 \(.*\)\.\n\nwindow /);
  assert.match(text, 'If none of the 2 windows had drifted, 0.1 windows would be called drift by chance.');
  const { settings, ...rest } = report(['js']);
  const adjusted = driftTable({ ...rest, settings: { ...settings, adjust: 'bh' } });
  assert.match(adjusted, 'Of the windows called drift, at most 5 % are expected to be false alarms.');
  assert.match(adjusted, /^p: chance of such a value without drift, adjusted for 2 windows; /m);
});

test('the farthest fall of accuracy comes first', () => {
  const fallen = (name: string, accuracy: number) => ({ ...window, name, accuracy });
  const windows = [fallen('noisy', 0.883), fallen('bgr', 0.742), fallen('jpeg', 0.808), fallen('dark', 0.347)];
  const [first] = driftTable({ ...report(['js']), windows }).split('\n');
  assert.match(first, /^Accuracy fell: dark \(93\.6 → 34\.7 %, p < 0\.001\), bgr \(.*\), jpeg \(.*\) and 1 more\.$/);
});

test('many windows are summed up before any of them', () => {
  const quiet = { ...window, verdict: 'no drift', accuracy_test: null, accuracy: 0.9 } as WindowReport;
  const windows = Array.from({ length: 365 }, (_, i) =>
    i % 40 === 0 ? { ...quiet, verdict: 'drift' as const } : quiet,
  );
  const [answer, trend, empty] = driftTable({ ...report(['js']), windows }).split('\n');
  assert.is(answer, '10 of 365 windows drifted, and about 18 would by chance if nothing had changed.');
  assert.match(trend, /^Of the earlier half 5 drifted, of the later half 5; accuracy is 90\.0 % in the earlier half/);
  assert.is(empty, '');
});

test('a cause that was made again is the cause, and what the statistics say is what is seen', () => {
  const text = driftTable(report(['js']), 200, new Map([['week_3', 'rotation, degrees 5.05']]));
  assert.match(text, /drift +rotation, degrees 5\.05; seen: darker: mean brightness/);
});

test('a method that was asked for and says nothing of any window says what it takes', () => {
  const found = report(['js', 'accuracy']);
  const without = { ...window.methods, accuracy: null };
  const some = { ...found, windows: [{ ...window, methods: without }, window] };
  assert.not.match(driftTable(some), 'not computed');
  const none = { ...found, windows: [{ ...window, methods: without }] };
  assert.match(
    driftTable(none),
    /^Estimated accuracy is not computed: it takes scores, and labels of the baseline\.$/m,
  );
});

test('lines break between words', () => {
  assert.is(wrapped('one two three', 7), 'one two\nthree');
  assert.is(wrapped('one two three', 7, '  '), 'one two\n  three');
  assert.is(wrapped('extraordinarily long', 5), 'extraordinarily\nlong');
});
