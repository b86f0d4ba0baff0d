import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import type { ModelComparison } from '../../pipeline/labels/index.js';
import { assert, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const COLUMNS = ['--scores', 'cat,dog'];

interface Made {
  file: string;
  /** How often the prediction is right, by camera. */
  right: readonly [east: number, west: number];
  seed: number;
  rows?: number;
  labels?: boolean;
}

/** Images of two cameras, the same in each file. */
function write({ file, right, seed, rows = 2_000, labels = true }: Made): void {
  const truths = Random.stream(9, 0);
  const random = Random.stream(seed, 1);
  const lines = Array.from({ length: rows }, (_, row) => {
    const label = truths.uniform() < 0.5 ? 'cat' : 'dog';
    const camera = row % 4 === 0 ? 'west' : 'east';
    const isRight = random.uniform() < right[camera === 'east' ? 0 : 1];
    const isCat = (label === 'cat') === isRight;
    const embedding = `"[${random.normal().toFixed(6)}, ${random.normal().toFixed(6)}]"`;
    return [
      `${file}${row}`,
      embedding,
      isCat ? 0.9 : 0.1,
      isCat ? 0.1 : 0.9,
      labels ? label : '',
      `i${row}.png`,
      camera,
    ].join(',');
  });
  writeFileSync(join(folder, file), ['event_id,embeddings,cat,dog,target,image_url,camera', ...lines, ''].join('\n'));
}

write({ file: 'old.csv', right: [0.8, 0.8], seed: 1 });
write({ file: 'better.csv', right: [0.93, 0.65], seed: 2 });
write({ file: 'same.csv', right: [0.8, 0.8], seed: 3 });
write({ file: 'unlabelled.csv', right: [0.9, 0.9], seed: 2, labels: false });

const compare = (...args: string[]) =>
  JSON.parse(
    runCliTo(0, ['compare', ...args, ...COLUMNS, '--json'], undefined, { cwd: folder }).stdout,
  ) as ModelComparison;

test('a better model, worse on one camera: what changed, ranges, verdicts', () => {
  const report = compare('old.csv', 'better.csv', '--by', 'camera');
  assert.equal(
    [report.rows, report.joined_by, report.only_old, report.only_new, report.labels],
    [2_000, 'image_url', 0, 0, 2_000],
  );
  const { right_to_wrong: lost, wrong_to_right: won, difference } = report;
  assert.is(report.changed, lost!.labels + won!.labels, 'of two classes, every change is right once');
  assert.ok(Math.abs(difference!.value - (won!.labels - lost!.labels) / 2_000) < 1e-12);
  assert.ok(lost!.low < lost!.value && lost!.value < lost!.high);
  assert.equal(
    report.segments.map(({ value, verdict }) => [value, verdict]),
    [
      ['east', 'better'],
      ['west', 'worse'],
    ],
  );
  assert.is(report.classes['cat']!.rows + report.classes['dog']!.rows, 2_000);
  const { stdout } = runCliTo(0, ['compare', 'old.csv', 'better.csv', '--by', 'camera', ...COLUMNS], undefined, {
    cwd: folder,
  });
  assert.match(stdout, /^The new model is better by \d\.\d to \d\.\d points; worse on camera west\.\n/);
  assert.match(stdout, /^camera=west +500 /m);
});

test('a model that is as good is told so, and without labels nothing is', () => {
  const same = compare('old.csv', 'same.csv');
  assert.is(same.verdict, 'no difference seen');
  assert.ok(same.difference!.p > 0.05 && same.difference!.low < 0 && same.difference!.high > 0);
  write({ file: 'old_unlabelled.csv', right: [0.8, 0.8], seed: 1, labels: false });
  const none = compare('old_unlabelled.csv', 'unlabelled.csv');
  assert.equal([none.difference, none.verdict, none.labels], [null, 'no difference seen', 0]);
  assert.ok(none.changed > 0);
});

test('labels of a file are of the old events, and a page shows what changed', () => {
  const rows = readFileSync(join(folder, 'old.csv'), 'utf8').trimEnd().split('\n').slice(1, 601);
  const labels = rows.map((row) => row.split(',')).map((cells) => `${cells[6]},${cells[5]}`);
  writeFileSync(join(folder, 'labels.csv'), ['image,label', ...labels, ''].join('\n'));
  const args = ['old_unlabelled.csv', 'unlabelled.csv', '--labels', 'labels.csv', '--report', 'flips.html'];
  const report = compare(...args);
  assert.equal([report.labels, report.verdict], [600, 'better']);
  const page = readFileSync(join(folder, 'flips.html'), 'utf8');
  assert.match(page, /<h1>The new model is better by /);
  assert.match(page, `60 of ${report.changed.toLocaleString('en')} images with another prediction`);
  assert.match(page, /<p>(cat|dog) → (cat|dog)<\/p><p class="note">it is (cat|dog): (wrong|right) now<\/p>/);
  assert.match(page, 'Old model: old_unlabelled.csv. New model: unlabelled.csv.');
  assert.match(page, `600 labels, of which the ${report.decided} on images that changed decide`);
});

test('with a plan, the difference goes by its chances and by the confidence of all that changed', () => {
  const cells = readFileSync(join(folder, 'old.csv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));
  // East more often than west, where the new model is worse.
  const planned = cells.filter((_, row) => (row % 4 === 0 ? row % 8 === 0 : row % 4 === 1));
  const lines = planned.map((line) => {
    const [camera, label] = [line.at(-1)!, line.at(-3)!];
    return `${line[0]},${camera},${camera === 'west' ? 1 / 2 : 1 / 3},${label}`;
  });
  writeFileSync(join(folder, 'plan.csv'), ['event_id,stratum,probability,label', ...lines, ''].join('\n'));
  const args = ['old.csv', 'better.csv', '--labels', 'plan.csv', '--label-plan', 'plan.csv'];
  const { difference, right_to_wrong: lost, wrong_to_right: won, labels } = compare(...args);
  const all = compare('old.csv', 'better.csv').difference!;
  assert.equal([difference!.by, all.by, labels], ['ppi', 'exact', 750]);
  assert.ok(difference!.low <= all.value && all.value <= difference!.high, JSON.stringify(difference));
  // Both models are as sure everywhere, so that the weights alone count.
  assert.ok(Math.abs(difference!.value - (won!.value - lost!.value)) < 1e-9);
  const { stdout } = runCliTo(0, ['compare', ...args, ...COLUMNS], undefined, { cwd: folder });
  assert.match(stdout, 'p: by the chances of the plan and confidence (PPI++)');
});

test('tables that cannot be compared are refused', () => {
  const refused = (other: string, code: string) => {
    const { status, stderr } = runCli(['compare', 'old.csv', other, ...COLUMNS], { cwd: folder });
    assert.is(status, 4, stderr);
    assert.match(stderr, code);
  };
  const text = readFileSync(join(folder, 'same.csv'), 'utf8');
  writeFileSync(join(folder, 'elsewhere.csv'), text.replaceAll(/,i(\d+)\.png/g, ',other$1.png'));
  refused('elsewhere.csv', 'COMPARE_NOTHING_JOINED');
  writeFileSync(join(folder, 'unnamed.csv'), text.replaceAll(/,i(\d+)\.png/g, ','));
  refused('unnamed.csv', 'COMPARE_NO_IMAGES');
});
