import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explain as explainCommand } from '../../cli/explain.js';
import { explainTable } from '../../cli/explain-table.js';
import { EQUIVALENCE } from '../../drift/index.js';
import {
  EXPLAIN_CANDIDATES,
  EXPLAIN_LOOKS,
  EXPLAIN_ROWS,
  type ExplainedCause,
  type ExplainedWindow,
} from '../../pipeline/index.js';
import { sampleImages, writeGray } from '../support/npz-file.js';
import { assert, endedWith, longTest, printedJson, runCli, temporaryFolder, test } from '../support/test.js';

const MODEL = 'fashion-mnist-resnet18';
const ROWS = 700;
const folder = temporaryFolder();

/** The first bundled test images as the baseline, the next ones, darker, as a window. */
async function writeImages(): Promise<void> {
  const [base, week] = [await sampleImages('production', 0, ROWS), await sampleImages('production', ROWS, 2 * ROWS)];
  writeGray(join(folder, 'base.npz'), base.pixels, base.labels);
  const darker = week.pixels.map((value) => Math.trunc(0.45 * value));
  writeGray(join(folder, 'week.npz'), darker, week.labels);
}

function ran(...args: string[]) {
  return runCli(args, { cwd: folder, env: { IMAGE_DRIFT_CACHE: join(folder, 'cache') } });
}

function explain(...args: string[]) {
  const baseline = ['--baseline', 'p.json', '--baseline-images', 'base.npz'];
  return ran('explain', 'week.parquet', '--weights', MODEL, ...baseline, ...args);
}

test.before(async () => {
  await writeImages();
  for (const args of [
    ['embed', 'base.npz', '--weights', MODEL, '--out', 'base.parquet'],
    ['embed', 'week.npz', '--weights', MODEL, '--out', 'week.parquet'],
    ['baseline', 'base.parquet', '--out', 'p.json'],
  ]) {
    endedWith(0, ran(...args));
  }
});

test('the help tells the defaults of the library', () => {
  const { candidates, rows, looks, equivalence } = explainCommand.options;
  assert.equal(
    [candidates?.default, rows?.default, looks?.default, equivalence?.default],
    [EXPLAIN_CANDIDATES, EXPLAIN_ROWS, EXPLAIN_LOOKS, EQUIVALENCE],
  );
});

test('a time that is none is wrong usage, and a baseline without labels is bad input', () => {
  endedWith(2, explain('--budget', '5'), '--budget 5: a time such as 60s, 5m or 1h is needed');
  const bare = endedWith(4, explain('--labels', 'none', '--json'));
  assert.is(JSON.parse(bare.stderr.trim().split('\n').at(-1)!).error.code, 'EXPLAIN_NO_LABELS');
});

test('drift --explain says which flag it needs', () => {
  const run = ran('drift', 'week.parquet', '--baseline', 'p.json', '--explain', '--weights', MODEL);
  endedWith(2, run, '--explain needs --baseline-images');
});

longTest('drift --explain explains what drifted, in JSON as explain does, and in the report', () => {
  const args = ['--explain', '--weights', MODEL, '--baseline-images', 'base.npz', '--candidates', '1'];
  const files = ['week.parquet', 'base.parquet'];
  const report = ['--report', 'why.html', '--no-umap', '--json'];
  const { windows, explanation } = printedJson(ran('drift', ...files, '--baseline', 'p.json', ...args, ...report)) as {
    windows: { name: string; verdict: string }[];
    explanation: { windows: { name: string; causes: { family: string; tested: boolean }[] }[]; skipped: unknown[] };
  };
  assert.equal(
    windows.map(({ name, verdict }) => [name, verdict]),
    [
      ['week', 'drift'],
      ['base', 'no drift'],
    ],
  );
  assert.equal(
    explanation.windows.map(({ name, causes }) => [name, causes[0]!.family, causes[0]!.tested]),
    [['week', 'brightness', true]],
  );
  assert.equal(explanation.skipped, []);
  const page = readFileSync(join(folder, 'why.html'), 'utf8');
  assert.match(page, /<strong>Darker<\/strong>/);
  assert.match(page, /data-remade="0"/);
});

longTest('explain --report makes the same report, without pictures where none are wanted', () => {
  endedWith(0, explain('--candidates', '1', '--report', 'bare.html', '--no-pictures'));
  const page = readFileSync(join(folder, 'bare.html'), 'utf8');
  assert.match(page, /<strong>Darker<\/strong>/);
  assert.not.match(page, /data-remade="|data:image\//);
});

longTest('a darker week is found, in JSON and in words', () => {
  const { windows } = printedJson(explain('--json', '--candidates', '1', '--budget', '5m', '--looks', '30')) as {
    windows: { name: string; verdict: string; causes: { family: string }[] }[];
  };
  assert.equal(
    windows.map(({ name, verdict, causes }) => [name, verdict, causes.map(({ family }) => family)]),
    [['week', 'explained', ['brightness']]],
  );
  const told = explain('--candidates', '1', '--looks', '30');
  assert.match(
    told.stdout,
    /^Baseline: 700 labelled images, \d+\.\d % of them predicted\.\n\nweek: explained: brightness \(factor\), factor 0\.4\d*\n {2}accuracy, read off: /,
  );
});

const CAUSE = { family: 'gaussian_blur', make: 'repeat', strength: 1.1, unit: 'sigma in pixels', share: 0.4 } as const;
const WINDOW: ExplainedWindow = {
  ...{ name: 'week_2', rows: 500, drift: 'drift', verdict: 'unexplained', causes: [], auc: 0.9, clean: 0.9 },
  ...{ accuracy: null, classes: null, candidates: [], measured: null, warnings: [], pairs: [] },
};

test('nothing is claimed where nothing suffices, and what was tried is told', () => {
  const accuracy = { value: 0.5, low: 0.45, high: 0.55 };
  const candidates = [{ causes: [CAUSE], auc: 0.7, upper: 0.72, suffices: false, accuracy, remade: 0.5 }];
  const window = { ...WINDOW, candidates, warnings: ['about 9 % of the images are images of the baseline'] };
  assert.is(
    explainTable({
      baseline: { rows: 2_500, accuracy: 0.8 },
      windows: [window],
      skipped: [{ name: 'week_3', reason: 'week_3.parquet: 80 rows, at least 200 are needed' }],
    }),
    [
      ...['Baseline: 2,500 labelled images, 80.0 % of them predicted.', '', 'week_2: unexplained'],
      ...['  told from the baseline: AUC 0.900', '  no accuracy is claimed: nothing that was tried suffices'],
      ...['  tried: gaussian blur (repeat), sigma in pixels 1.1 in 40.0 % of the images: AUC 0.700, does not suffice'],
      ...['  Note: about 9 % of the images are images of the baseline.', '', 'week_3: not looked at'],
      ...['  week_3.parquet: 80 rows, at least 200 are needed'],
    ].join('\n'),
  );
});

test('of other shares of the classes those are named that changed most', () => {
  const cause: ExplainedCause = { family: 'class_mix', make: null, strength: 0.2, unit: 'share', share: 1 };
  const shares = [0.3, 0.1, 0.15, 0.45];
  const classes = shares.map((share, i) => ({ name: 'abcd'[i]!, rows: 100, accuracy: 0.9, share }));
  const accuracy = { value: 0.9, low: 0.85, high: 0.95 };
  const mixed: ExplainedWindow = { ...WINDOW, verdict: 'explained', causes: [cause], accuracy, classes };
  const table = (window: ExplainedWindow) =>
    explainTable({ baseline: { rows: 400, accuracy: 0.9 }, windows: [window], skipped: [] });
  const line =
    'shares that changed most: d 45.0 % (baseline 25.0 %), b 10.0 % (baseline 25.0 %), c 15.0 % (baseline 25.0 %)';
  assert.ok(table(mixed).includes(`\n  ${line}\n`), table(mixed));
  const other = { ...mixed, causes: [CAUSE], classes: classes.map((one) => ({ ...one, share: null })) };
  assert.not.match(table(other), /changed most/);
});
