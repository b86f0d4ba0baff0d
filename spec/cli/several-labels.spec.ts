/** A tagger's events from elsewhere on the command line: what is asked, compared, measured and refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import type { AccuracyReport, ModelComparison } from '../../pipeline/labels/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, runCli, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const run = (...args: string[]) => runCli(args, { cwd: folder });
const json = <T>(...args: string[]) => {
  const { status, stdout, stderr } = run(...args, '--json');
  assert.ok(status === 0, stderr);
  return JSON.parse(stdout) as T;
};
const refused = (code: string, says: string, ...args: string[]) => {
  const { status, stderr } = run(...args, '--json');
  assert.not.equal(status, 0);
  const { error } = JSON.parse(stderr) as { error: { code: string; message: string } };
  assert.is(error.code, code);
  assert.match(error.message, says);
};

const SCORES = ['--scores', 'mass,nodule'];
const TAGGER = [...SCORES, '--multi-label'];

/** @param nodules share of images with a nodule @returns whether each label holds */
function writeEvents(name: string, rows: number, seed: number, nodules: number, mistaken = 0): boolean[][] {
  const random = Random.stream(seed, rows);
  const truth: boolean[][] = [];
  const lines = Array.from({ length: rows }, (_, row) => {
    const holds = [random.uniform() < 0.4, random.uniform() < nodules];
    truth.push(holds);
    const scores = holds.map((own) => {
      const seen = random.uniform() < mistaken ? !own : own;
      return (seen ? 0.6 + 0.4 * random.uniform() : 0.4 * random.uniform()).toFixed(4);
    });
    const embedding = [random.normal(), random.normal(), random.normal()].map((value) => value.toFixed(5));
    return `e${row},"[${embedding.join(', ')}]",${scores.join()},i${row}.png,${row % 2}`;
  });
  writeFileSync(join(folder, name), `event_id,embeddings,mass,nodule,image_url,camera\n${lines.join('\n')}\n`);
  return truth;
}

writeEvents('baseline.csv', 1_000, 1, 0.05);
const week = writeEvents('week.csv', 400, 2, 0.2, 0.1);

test('scores that cannot be a softmax are asked about; as labels they vote, and the one that moved is named', () => {
  const made = ['baseline', 'baseline.csv', '--clusters', '2', '--out', 'profile.json'];
  refused('SCORES_NOT_SOFTMAX', 'baseline.csv row', ...made, ...SCORES);
  assert.is(run(...made, ...TAGGER).status, 0);
  // The profile says that they are labels.
  const asked = ['drift', 'week.csv', '--baseline', 'profile.json', ...SCORES];
  const { windows } = json<{ windows: { verdict: string; alarmed_by: string; causes: string[] }[] }>(...asked);
  assert.equal([windows[0]!.verdict, windows[0]!.alarmed_by], ['drift', 'labels']);
  assert.match(windows[0]!.causes.join(), 'label nodule: ');
  assert.match(run(...asked).stdout, /label nodule: \d\d\.\d % of images, \d\.\d % in the baseline/);
  refused('EVENTS_COLUMN_MISSING', 'by class', ...made, ...TAGGER, '--by', 'class');
  refused(
    'LABELS_SEVERAL',
    'confidence',
    'label-plan',
    'week.csv',
    ...SCORES,
    '--profile',
    'profile.json',
    '--budget',
    '9',
    '--out',
    'p.csv',
  );
});

function writeLabels(name: string, header: string, line: (row: number) => string, rows = 200): string {
  writeFileSync(join(folder, name), `${[header, ...Array.from({ length: rows }, (_, row) => line(row))].join('\n')}\n`);
  return name;
}

const mark = (row: number, label: number) => Number(week[row]![label]);

test('precision and recall of each label from columns of 0 and 1, of which some are empty', () => {
  const labels = writeLabels(
    'labels.csv',
    'event_id,nodule,mass',
    (row) => `e${row},${mark(row, 1)},${row < 100 ? mark(row, 0) : ''}`,
  );
  const report = json<AccuracyReport>('accuracy', 'week.csv', ...TAGGER, '--labels', labels);
  assert.equal([report.accuracy, report.rows, report.segments], [null, 400, []]);
  const { precision, recall } = report.classes['mass']!;
  assert.is(recall!.labels, week.slice(0, 100).filter(([mass]) => mass).length);
  for (const share of [precision!, recall!]) assert.ok(share.low < share.value && share.value < share.high);
  assert.ok(report.classes['nodule']!.recall!.labels > recall!.labels / 2);
  const { stdout } = run('accuracy', 'week.csv', ...TAGGER, '--labels', labels);
  assert.match(stdout, /^label +found +precision +95 % interval +labelled +recall +95 % interval$/m);
  assert.match(stdout, /^200 of 400 images are labelled\.$/m);
  assert.equal(report.notes, ['200 of 400 images are labelled']);
  const one = writeLabels('one.csv', 'event_id,mass', (row) => `e${row},${mark(row, 0)}`);
  const { notes } = json<AccuracyReport>('accuracy', 'week.csv', ...TAGGER, '--labels', one);
  assert.is(notes[1], 'no line of the labels says whether these hold: "nodule"');
});

test('other files of labels are refused by name', () => {
  const wrong = (code: string, says: string, header: string, line: (row: number) => string) => {
    const file = writeLabels('wrong.csv', header, line, 2);
    refused(code, says, 'accuracy', 'week.csv', ...TAGGER, '--labels', file);
  };
  wrong(
    'LABELS_ONE_COLUMN',
    'wrong.csv: a column label says one label for each image',
    'event_id,label',
    (row) => `e${row},mass`,
  );
  wrong('LABELS_CLASS_UNKNOWN', 'wrong.csv: column "masss" is none of the 2', 'event_id,masss', (row) => `e${row},1`);
  wrong('LABELS_VALUE', 'wrong.csv line 2 column mass: "maybe", 0 or 1', 'event_id,mass', (row) => `e${row},maybe`);
  wrong('LABELS_COLUMN_MISSING', 'no column mass', 'event_id,image', (row) => `e${row},i${row}.png`);
  wrong('LABELS_CHOSEN', 'unlikeness', 'event_id,mass,chosen_by', (row) => `e${row},1,unlikeness`);
  refused('LABELS_SEVERAL', '--by', 'accuracy', 'week.csv', ...TAGGER, '--labels', 'labels.csv', '--by', 'camera');
});

test('two models: flips of each label, and which label became better', () => {
  writeEvents('better.csv', 400, 2, 0.2);
  const labels = writeLabels(
    'all.csv',
    'event_id,mass,nodule',
    (row) => `e${row},${mark(row, 0)},${mark(row, 1)}`,
    400,
  );
  const report = json<ModelComparison>('compare', 'week.csv', 'better.csv', ...TAGGER, '--labels', labels);
  assert.equal([report.per_label, report.rows, report.labels, report.verdict], [true, 800, 800, 'better']);
  assert.equal(
    report.segments.map(({ by, value, verdict }) => [by, value, verdict]),
    [
      ['label', 'mass', 'better'],
      ['label', 'nodule', 'better'],
    ],
  );
  const { stdout } = run('compare', 'week.csv', 'better.csv', ...TAGGER, '--labels', labels);
  assert.match(stdout, /^label=nodule +400 /m);
  assert.match(stdout, '800 decisions by image_url');
});

test('from a state dict to events, which say that several labels may hold', () => {
  writeSafetensors(
    join(folder, 't.safetensors'),
    pseudoWeights({ backbone: 'resnet18', head: [], classes: 2 }).tensors,
  );
  writeFileSync(join(folder, 'thresholds.csv'), 'label,threshold\nnodule,0.25\nmass,0.5\n');
  const values = pixels(12, 32);
  writeNpz(join(folder, 'images.npz'), { arr_0: { descr: '|u1', shape: [12, 32, 32, 3], values } });
  const made = ['--classes', 'mass,nodule', '--multi-label', '--thresholds', 'thresholds.csv', '--size', '32'];
  const converted = run('convert', 't.safetensors', '--out', 'w', ...made);
  assert.match(converted.stdout, '2 labels, of which several may hold: each from a score of 0.25 to 0.5 on');
  const embedded = run('embed', 'images.npz', '--weights', 'w', '--out', 'tagged.parquet');
  assert.is(embedded.status, 0, embedded.stderr);
  assert.equal(json<{ thresholds: number[] }>('inspect', 'tagged.parquet').thresholds, [0.5, 0.25]);
  assert.match(
    run('inspect', 'tagged.parquet').stdout,
    'scores, of which several may hold: mass from 0.5, nodule from 0.25',
  );
  const labelled = ['embed', 'images.npz', '--weights', 'w', '--out', 'x.parquet', '--labels', 'arr_1'];
  refused('LABELS_SEVERAL', 'labels arr_1: one for each image', ...labelled);
});
