import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AccuracyReport,
  type LabelPlanReport,
  labelStudioTasks,
  type PlannedImage,
} from '../../pipeline/labels/index.js';
import { writeLabelledEvents } from '../support/labelled-events.js';
import { assert, refusal, runCli, runCliTo, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const run = (...args: string[]) => runCliTo(0, args, undefined, { cwd: folder });
const COLUMNS = ['--scores', 'cat,dog'];
writeLabelledEvents(folder, 'baseline.csv', 2_000, 1);
const week = writeLabelledEvents(folder, 'week.csv', 3_000, 2);
run('baseline', 'baseline.csv', ...COLUMNS, '--clusters', '2', '--by', 'camera', '--out', 'profile.json');
const labelOf = new Map(week.ids.map((id, row) => [id, week.labels[row]!]));

function fill(plan: string, out: string, count = Number.POSITIVE_INFINITY): string[] {
  const [header, ...lines] = readFileSync(join(folder, plan), 'utf8').trimEnd().split('\n');
  const filled = lines.map((line, i) => (i < count ? `${line}${labelOf.get(line.split(',')[0]!)}` : line));
  writeFileSync(join(folder, out), [header, ...filled, ''].join('\n'));
  return lines;
}

test('a plan, filled in, gives the accuracy of all rows and of each camera', () => {
  const asked = [
    'label-plan',
    'week.csv',
    '--budget',
    '150',
    '--profile',
    'profile.json',
    '--by',
    'camera',
    ...COLUMNS,
  ];
  const report = JSON.parse(
    run(...asked, '--out', 'plan.csv', '--tasks', 'tasks.json', '--json').stdout,
  ) as LabelPlanReport;
  assert.equal([report.budget, report.planned, report.seed], [150, 150, 0]);
  assert.is(
    report.strata.reduce((sum, { labels }) => sum + labels, 0),
    150,
  );
  const lines = fill('plan.csv', 'filled.csv');
  assert.is(lines.length, 150);
  const tasks = JSON.parse(readFileSync(join(folder, 'tasks.json'), 'utf8'));
  assert.is(tasks.length, 150);
  assert.match(tasks[0].data.image, /^i\d+\.png$/);
  assert.equal(tasks[0].predictions[0].result[0].type, 'choices');
  run(...asked, '--out', 'plan.csv', '--tasks', 'local.json', '--tasks-root', folder);
  const local = JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8'));
  assert.equal(
    local.map(({ data }: (typeof tasks)[number]) => data.image),
    tasks.map(({ data }: (typeof tasks)[number]) => `/data/local-files/?d=${data.image}`),
  );
  const of = (labels: string) =>
    JSON.parse(
      run(
        'accuracy',
        'week.csv',
        '--labels',
        labels,
        '--label-plan',
        'plan.csv',
        '--profile',
        'profile.json',
        '--by',
        'camera',
        ...COLUMNS,
        '--json',
      ).stdout,
    ) as AccuracyReport;
  const { accuracy, segments } = of('filled.csv');
  const truth = week.right.filter(Boolean).length / 3_000;
  const { by, low, high } = accuracy!;
  assert.is(by, 'plan');
  assert.ok(low < truth && truth < high, `${low} to ${high}: ${truth}`);
  assert.is(segments.length, 3);
  for (const { value, accuracy: own } of segments) {
    const rows = week.ids.map((_, row) => row).filter((row) => week.cameras[row] === value);
    const share = rows.filter((row) => week.right[row]).length / rows.length;
    assert.ok(own!.low < share && share < own!.high, value);
  }
  fill('plan.csv', 'half.csv', 75);
  assert.is(of('half.csv').accuracy!.labels, 75);
});

test('tasks name files as Label Studio serves them from its root; others are refused, URLs stay', async () => {
  const imageAt = (location: string | null, image = 'a.png'): PlannedImage => {
    return {
      id: 'e',
      image,
      location,
      stratum: 's',
      probability: 1,
      predicted: 'cat',
      confidence: 0.5,
      table: 0,
      row: 0,
    };
  };
  const named = (planned: PlannedImage, root?: string) =>
    JSON.parse(labelStudioTasks({ images: [planned] }, root))[0].data.image;
  assert.is(named(imageAt('/srv/images/north/a b.png'), '/srv/images'), '/data/local-files/?d=north/a%20b.png');
  assert.is(named(imageAt('/srv/images/..a.png'), '/'), '/data/local-files/?d=srv/images/..a.png');
  assert.is(named(imageAt('s3://bucket/a.png', 's3://bucket/a.png'), '/srv'), 's3://bucket/a.png');
  assert.is(named(imageAt('/srv/images/a.png')), 'a.png');
  await refusal(
    'TASKS_OUTSIDE_ROOT',
    async () => named(imageAt('/srv/other/a.png'), '/srv/images'),
    '/srv/other/a.png',
  );
});

test('several tables are planned as one; rows without a name are refused', () => {
  const half = (file: string, from: number, to: number, cells: (line: string) => string = (line) => line) => {
    const [header, ...lines] = readFileSync(join(folder, 'week.csv'), 'utf8').trimEnd().split('\n');
    writeFileSync(join(folder, file), [header, ...lines.slice(from, to)].map((line) => cells(line!)).join('\n'));
  };
  half('first.csv', 0, 1_500);
  half('second.csv', 1_500, 3_000);
  const asked = ['--budget', '60', '--profile', 'profile.json', ...COLUMNS];
  run('label-plan', 'week.csv', ...asked, '--out', 'one.csv');
  run('label-plan', 'first.csv', 'second.csv', ...asked, '--out', 'two-tables.csv');
  assert.is(readFileSync(join(folder, 'two-tables.csv'), 'utf8'), readFileSync(join(folder, 'one.csv'), 'utf8'));
  half('unnamed.csv', 0, 100, (line) => line.replace(/^[^,]*,/, '').replace(/,[^,]*(,[^,]*)$/, '$1'));
  const { stderr } = runCliTo(4, ['label-plan', 'unnamed.csv', ...asked], undefined, { cwd: folder });
  assert.match(stderr, /unnamed\.csv row 0: neither event_id nor image_url/);
});

test('labels beside the plan, and a stratum without any, are refused', () => {
  const refused = (labels: string, code: string, message: RegExp) => {
    const { status, stderr } = runCli(
      ['accuracy', 'week.csv', '--labels', labels, '--label-plan', 'plan.csv', ...COLUMNS],
      { cwd: folder },
    );
    assert.is(status, 4);
    assert.match(stderr, code);
    assert.match(stderr, message);
  };
  const planned = new Set(fill('plan.csv', 'filled.csv').map((line) => line.split(',')[0]!));
  const other = week.ids.find((id) => !planned.has(id))!;
  writeFileSync(join(folder, 'other.csv'), `event_id,label\n${other},cat\n`);
  refused('other.csv', 'LABELS_NOT_PLANNED', /other\.csv line 2: no line of plan\.csv/);
  fill('plan.csv', 'two.csv', 2);
  refused('two.csv', 'LABELS_TOO_FEW', /plan\.csv: of stratum .*, 0 of \d+ images have a label/);
});
