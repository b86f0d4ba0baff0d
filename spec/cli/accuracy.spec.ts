import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AccuracyReport } from '../../pipeline/labels/index.js';
import { writeLabelledEvents, writeLabels } from '../support/labelled-events.js';
import { assert, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const run = (...args: string[]) => runCli(args, { cwd: folder });
const baselineRows = writeLabelledEvents(folder, 'baseline.csv', 2_000, 1);
const week = writeLabelledEvents(folder, 'week.csv', 1_000, 2);
const labelsOf = (rows: readonly number[]) => rows.map((row) => `${week.ids[row]},${week.labels[row]}`);
const first = (count: number) => Array.from({ length: count }, (_, row) => row);
const truth = week.right.filter(Boolean).length / week.right.length;

test('accuracy, recall and segments of labels drawn at random, in JSON and as a table', () => {
  assert.is(baselineRows.ids.length, 2_000);
  const made = run('baseline', 'baseline.csv', '--scores', 'cat,dog', '--clusters', '2', '--out', 'profile.json');
  assert.is(made.status, 0, made.stderr);
  writeLabels(folder, 'labels.csv', 'event_id,label', labelsOf(first(150)));
  const asked = ['accuracy', 'week.csv', '--labels', 'labels.csv', '--scores', 'cat,dog'];
  const report = JSON.parse(
    run(...asked, '--profile', 'profile.json', '--by', 'camera', '--json').stdout,
  ) as AccuracyReport;
  assert.equal([report.accuracy!.by, report.accuracy!.labels, report.rows], ['ppi', 150, 1_000]);
  assert.ok(report.accuracy!.low < truth && truth < report.accuracy!.high);
  const alone = JSON.parse(run(...asked, '--json').stdout) as AccuracyReport;
  assert.is(alone.accuracy!.by, 'exact');
  assert.is(alone.estimate, null);
  const width = ({ accuracy }: AccuracyReport) => accuracy!.high - accuracy!.low;
  assert.ok(width(report) < width(alone));
  const right = first(150).filter((row) => week.right[row]).length;
  assert.is(alone.accuracy!.value, right / 150);
  assert.equal(
    report.segments.map(({ by, value, rows, accuracy }) => [by, value, rows, accuracy!.labels]),
    [
      ['camera', 'east', 334, 50],
      ['camera', 'north', 333, 50],
      ['camera', 'west', 333, 50],
    ],
  );
  const cats = first(150).filter((row) => week.labels[row] === 'cat');
  const recall = report.classes['cat']!.recall!;
  assert.is(recall.labels, cats.length);
  assert.is(recall.value, cats.filter((row) => week.right[row]).length / cats.length);
  const { stdout } = run(...asked, '--profile', 'profile.json');
  assert.match(stdout, /^accuracy +1,000 +150 +\d\d\.\d % +\d\d\.\d-\d\d\.\d$/m);
  assert.match(stdout, /^recall of dog +\d+ /m);
  assert.match(stdout, 'The interval is from labels and confidence (PPI++).');
});

test('where confidence misleads, a sentence says so', () => {
  const worse = writeLabelledEvents(folder, 'worse.csv', 1_000, 3, 0.3);
  writeLabels(
    folder,
    'worse_labels.csv',
    'image,label',
    first(200).map((row) => `i${row}.png,${worse.labels[row]}`),
  );
  const { stdout } = run(
    'accuracy',
    'worse.csv',
    '--labels',
    'worse_labels.csv',
    '--scores',
    'cat,dog',
    '--profile',
    'profile.json',
  );
  assert.match(
    stdout,
    /^Without labels, confidence says 7\d\.\d %: the model is surer than it is right on these images\.$/m,
  );
});

test('labels that cannot be used are refused, each with its line', () => {
  const [id, label] = [week.ids[0]!, week.labels[0]!];
  for (const [code, header, lines, message] of [
    [
      'LABELS_UNKNOWN',
      'event_id,label',
      [`${id},${label}`, 'e9999,cat'],
      /bad\.csv line 3: "e9999" is no event of week\.csv/,
    ],
    [
      'LABELS_TWICE',
      'event_id,label',
      [`${id},cat`, 'e1,cat', `${id},dog`],
      /bad\.csv line 4: "e0": .*bad\.csv line 2, too/,
    ],
    ['LABELS_CLASS_UNKNOWN', 'event_id,label', [`${id},cta`], /bad\.csv line 2: label "cta" is none of the 2 classes/],
    ['LABELS_CHOSEN', 'event_id,label,chosen_by', [`${id},cat,unlikeness`], /chosen by unlikeness/],
    ['LABELS_CHOSEN', 'event_id,stratum,probability,label', [`${id},a,0.1,cat`], /chosen by a plan/],
    ['LABELS_COLUMN_MISSING', 'event_id,class', [`${id},cat`], /no column label/],
    ['LABELS_TOO_FEW', 'event_id,label', [`${id},`], /no line has a label/],
  ] as const) {
    writeLabels(folder, 'bad.csv', header, lines);
    const { status: exit, stderr } = run(
      'accuracy',
      'week.csv',
      '--labels',
      'bad.csv',
      '--scores',
      'cat,dog',
      '--json',
    );
    assert.is(exit, 4, code);
    const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
    assert.is(error.code, code);
    assert.match(error.message, message);
  }
});

test('the list of drift --ranked is no random draw', () => {
  run(
    'drift',
    'week.csv',
    '--baseline',
    'profile.json',
    '--scores',
    'cat,dog',
    '--ranked',
    'rows.csv',
    '--methods',
    'js',
  );
  const [header, line] = readFileSync(join(folder, 'rows.csv'), 'utf8').split('\n');
  assert.match(header!, /,event_id,flags,chosen_by$/);
  assert.match(line!, /,unlikeness$/);
  writeLabels(folder, 'ranked.csv', `${header},label`, [`${line},cat`]);
  const { status, stderr } = run('accuracy', 'week.csv', '--labels', 'ranked.csv', '--scores', 'cat,dog');
  assert.is(status, 4);
  assert.match(stderr, 'LABELS_CHOSEN');
});
