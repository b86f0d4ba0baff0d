import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import type { EventBatch, EventTableSchema } from '../../data/index.js';
import { exemplarCaption } from '../../report/format.js';
import type { ReportData } from '../../report/index.js';
import { digitsOf } from '../../report/numbers/index.js';
import { plainSchema, readEvents, writeEvents as writeTable } from '../data/support/event-tables.js';
import { assert, endedWith, longTest, readFixture, runCli, temporaryFolder, test } from '../support/test.js';

const DIMENSIONS = 8;
const DAY = 86_400_000;
const MONDAY = Date.UTC(2026, 10, 23);
const folder = temporaryFolder();

const schema: EventTableSchema = {
  ...plainSchema,
  ...{ dimensions: DIMENSIONS, classes: ['a', 'b'], weightsSha256: null },
  ...{ hasEventIds: false, statistics: ['brightness'] },
};

interface Rows {
  count: number;
  seed: number;
  /** Added to every value: the drift. */
  shift?: number;
  /** The row from which on all are of one kind. */
  alikeFrom?: number;
  time?: (row: number) => number | null;
  /** The label of one row. */
  label?: { row: number; target: string };
  /** Score of class `b` of one row. */
  logit?: { row: number; value: number };
}

async function writeEvents(
  name: string,
  { count, seed, shift = 0, alikeFrom = count, time = () => null, label, logit }: Rows,
): Promise<string> {
  const random = new Random(seed);
  const brightness = new Float32Array(count);
  const embeddings = new Float32Array(count * DIMENSIONS);
  const scores = new Float32Array(count * 2);
  const targets: string[] = [];
  for (let row = 0; row < count; row++) {
    const kind = random.below(4);
    const mode = row < alikeFrom ? kind : 0;
    for (let i = 0; i < DIMENSIONS; i++)
      embeddings[row * DIMENSIONS + i] = (i === mode ? 5 : 0) + random.normal() + shift;
    const score = 0.5 + 0.49 * random.uniform();
    scores.set([score, 1 - score], row * 2);
    targets.push(random.uniform() < score ? 'a' : 'b');
    brightness[row] = 0.5 + 0.05 * random.normal() - shift / 10;
  }
  if (label) targets[label.row] = label.target;
  if (logit) scores[logit.row * 2 + 1] = logit.value;
  const rows = Array.from({ length: count }, (_, row) => row);
  const batch: EventBatch = {
    rows: count,
    embeddings,
    scores,
    targets,
    imageUrls: rows.map((row) => `${name}/${row}.png`),
    timestamps: rows.map(time),
    eventIds: rows.map(() => null),
    statistics: new Map([['brightness', brightness]]),
    extraTaps: new Map(),
  };
  await writeTable(join(folder, name), schema, [batch]);
  return name;
}

function run(...args: string[]) {
  return runCli(args, { cwd: folder });
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

function freshDrift(...args: string[]) {
  const result = run('drift', ...args, '--baseline', 'profile.json');
  assert.ok(result.status === 0 || result.status === 3, result.stderr);
  return result;
}

const known = new Map<string, ReturnType<typeof freshDrift>>();

/** Runs each command once: the same arguments give the same output, as one of the tests shows. */
function drift(...args: string[]) {
  const key = args.join(' ');
  const result = known.get(key) ?? freshDrift(...args);
  known.set(key, result);
  return result;
}

const ALL_METHODS = ['same.parquet', 'shifted.parquet', '--methods', 'all', '--json', '--seed', '7'];

test.before(async () => {
  await writeEvents('reference.parquet', { count: 2000, seed: 1 });
  await writeEvents('same.parquet', { count: 500, seed: 2 });
  await writeEvents('shifted.parquet', { count: 500, seed: 3, shift: 1.5 });
  await writeEvents('few.parquet', { count: 12, seed: 6 });
  const perDay = (row: number) => (row % 10 === 9 ? null : MONDAY + DAY * (row % 3) + row);
  await writeEvents('days.parquet', { count: 600, seed: 5, time: perDay });
  endedWith(0, run('baseline', 'reference.parquet'));
});

test('verdicts: no drift, drift with its cause, too few rows with how many are enough', () => {
  const table = drift('same.parquet', 'shifted.parquet', 'few.parquet').stdout;
  assert.match(table, /same +500 .* no drift/);
  assert.match(table, /shifted +500 .* drift +darker/);
  assert.match(table, /few +12 .*too few rows/);
  assert.match(table, /few: a window of [\d,]+ rows would do/);
});

test('the row from which images are others is one of its file, which is named where a window has rows of several', async () => {
  // Both days are in both files, and the second day changes within the second file.
  const time = (row: number) => MONDAY + DAY * Math.floor(row / 300) + row;
  await writeEvents('east.parquet', { count: 600, seed: 21, time });
  await writeEvents('west.parquet', { count: 600, seed: 22, time, alikeFrom: 450 });
  const notesOf = (...args: string[]): string[][] =>
    JSON.parse(drift('same.parquet', 'east.parquet', 'west.parquet', '--json', ...args).stdout).windows.map(
      ({ notes }: { notes: string[] }) => notes,
    );
  const rowIn = (notes: string[] | undefined, pattern: RegExp) => Number(pattern.exec(notes?.join() ?? '')?.[1]);
  const ofFiles = notesOf();
  assert.equal(ofFiles.slice(0, 2), [[], []]);
  const row = rowIn(ofFiles[2], /^from about row (\d+) on, the images are unlike those before$/);
  assert.ok(Math.abs(row - 450) <= 30, ofFiles[2]!.join());
  const ofDays = notesOf('--window', '1d');
  assert.is(ofDays.length, 2);
  const rowOfDay = rowIn(ofDays[1], /^from about row (\d+) of west on, the images are unlike those before$/);
  assert.ok(Math.abs(rowOfDay - 450) <= 30, ofDays[1]!.join());
});

test('a small baseline is what Markdown, the row of the report and its next step speak of, not the window', async () => {
  await writeEvents('small.parquet', { count: 120, seed: 33 });
  endedWith(0, run('baseline', 'small.parquet', '--out', 'small.json'));
  const of = (...args: string[]) => run('drift', 'same.parquet', '--baseline', 'small.json', ...args);
  const small = /the baseline is too small, not the window: it has 120 rows and needs about [\d,]+ like these/;
  const markdown = of('--format', 'markdown', '--report', 'small.html', '--no-umap').stdout;
  assert.match(markdown, new RegExp(`^\\| same \\| 500 \\|.*\\| too few rows \\| ${small.source} \\|$`, 'm'));
  const page = read('small.html').replaceAll('\u00a0', ' ');
  assert.match(page, new RegExp(`<td[^>]*><small>${small.source}\\.</small>`), 'the row, which asks for nothing more');
  assert.match(
    page,
    new RegExp(`<strong>Make a larger baseline</strong></p>\n<p class="card-reason">${small.source}`, 'i'),
  );
  const wholly = run('drift', 'few.parquet', '--baseline', 'profile.json', '--format', 'markdown').stdout;
  assert.match(wholly, /\| few \|.*\| too few rows \| {1,2}\|$/m, 'the window is what is small');
});

test('--json is what programs were promised', () => {
  const report = JSON.parse(drift('same.parquet', 'shifted.parquet', '--json', '--base', '2').stdout);
  assert.equal(Object.keys(report), ['baseline', 'settings', 'windows', 'fiddler', 'explanation']);
  const [same, shifted] = report.windows;
  for (const key of ['name', 'from', 'to', 'rows', 'skipped', 'accuracy', 'verdict', 'methods', 'causes']) {
    assert.ok(key in same, key);
  }
  const { js } = shifted.methods;
  for (const key of ['value', 'base', 'low', 'high', 'band', 'p', 'p_adjusted', 'verdict']) assert.ok(key in js, key);
  assert.is(js.base, 2);
  assert.ok(js.low <= js.value && js.value <= js.high);
  assert.ok(js.band[1] < js.value);
  assert.ok(js.p <= 0.05 && js.p_adjusted === null);
  assert.equal([shifted.alarmed_by, shifted.p, same.alarmed_by], ['js', js.p, null]);
  assert.ok(['lower', 'within chance', 'higher'].includes(same.accuracy_test.verdict));
  assert.is(shifted.verdict, 'drift');
  assert.is(same.verdict, 'no drift');
  assert.match(JSON.stringify(shifted.causes), 'darker');
});

longTest('all methods, each with a p-value, and none says drift where there is none', () => {
  const report = JSON.parse(drift(...ALL_METHODS).stdout);
  assert.equal(report.settings.methods, [
    ...['js', 'psi', 'mmd', 'classifier', 'frechet', 'labels', 'confidence', 'entropy', 'accuracy', 'images'],
    ...['repeats'],
  ]);
  const [same, shifted] = report.windows;
  for (const name of report.settings.methods) assert.not.equal(same.methods[name]?.verdict, 'drift', name);
  for (const name of ['js', 'psi', 'mmd', 'classifier', 'frechet'])
    assert.is(shifted.methods[name].verdict, 'drift', name);
  assert.ok(Math.abs(same.estimated_accuracy.value - same.accuracy) < 0.1);
});

longTest('the same seed gives the same output, to the last digit', () => {
  assert.is(freshDrift(...ALL_METHODS).stdout, drift(...ALL_METHODS).stdout);
});

test('windows by time, in the order of the clock; rows without a timestamp are told', () => {
  const { stdout, stderr } = drift('days.parquet', '--window', '1d');
  assert.match(stdout, /2026-11-23 +\d+ [\s\S]*2026-11-24 +\d+ [\s\S]*2026-11-25 +\d+ /);
  assert.match(stderr, '60 rows have no timestamp');
  const weeks = JSON.parse(drift('days.parquet', '--window', '1w', '--json').stdout);
  assert.equal(
    weeks.windows.map((window: { name: string; rows: number }) => [window.name, window.rows]),
    [['2026-W48', 540]],
  );
  endedWith(4, run('drift', 'same.parquet', '--baseline', 'profile.json', '--window', '1d'), 'WINDOW_NO_TIMES');
});

test('--fail-on-drift exits with 3, and only when a window drifted; the output is the same', () => {
  assert.is(drift('same.parquet', '--fail-on-drift').status, 0);
  const run = endedWith(3, drift('shifted.parquet', '--fail-on-drift'));
  assert.is(run.stdout, drift('shifted.parquet').stdout);
  assert.is(run.stderr, '');
  assert.is(drift('shifted.parquet', '--fail-on-drift', '--threshold', '0.8').status, 0);
  assert.is(drift('shifted.parquet', '--fail-on-drift', '--threshold', 'js=0.01').status, 3);
});

test('--ranked: a name that a spreadsheet would run begins with an apostrophe, and ends no run', () => {
  copyFileSync(join(folder, 'same.parquet'), join(folder, '@same.parquet'));
  assert.is(drift('@same.parquet', '--ranked', 'odd.csv').status, 0);
  assert.match(read('odd.csv'), /^1,'@same,'@same\.parquet,/m);
});

test('--ranked writes the rows of all windows, most unlike the baseline first', () => {
  const { stderr } = drift('same.parquet', 'shifted.parquet', '--ranked', 'rows.csv');
  assert.match(stderr, /Ranked rows: rows.csv$/m);
  const [header, ...lines] = read('rows.csv').trimEnd().split('\n');
  const columns = header!.split(',');
  const rows = lines.map((line) => Object.fromEntries(line.split(',').map((field, i) => [columns[i]!, field])));
  assert.is(rows.length, 1000);
  assert.equal(
    rows.map(({ rank }) => rank),
    rows.map((_, i) => String(i + 1)),
  );
  const distances = rows.map(({ distance }) => Number(distance));
  assert.equal(
    distances,
    [...distances].sort((a, b) => b - a),
  );
  const first = rows[0]!;
  assert.equal([first['window'], first['events'], first['event_id']], ['shifted', 'shifted.parquet', '']);
  assert.is(first['image_url'], `shifted.parquet/${first['row']}.png`);
  assert.ok(Number(first['baseline_share']) < 0.01 && Number(first['nearest_baseline_row']) < 2000);
  const shifted = rows.slice(0, 200).filter((row) => row['window'] === 'shifted').length;
  assert.ok(shifted > 150, `${shifted} of the first 200`);
});

test('--redact-paths: windows of the same file name are numbered, and no folder is in anything that is made', () => {
  for (const secret of ['secret-a', 'secret-b']) {
    mkdirSync(join(folder, secret));
    copyFileSync(join(folder, 'same.parquet'), join(folder, secret, 'week.parquet'));
  }
  const weeks = ['secret-a/week.parquet', 'secret-b/week.parquet', '--ranked', 'bare.csv', '--redact-paths'];
  const { stdout } = drift(...weeks, '--json', '--report', 'bare.html', '--no-umap');
  const names = JSON.parse(stdout).windows.map(({ name }: { name: string }) => name);
  assert.equal(names, ['week (1)', 'week (2)']);
  const made = [stdout, drift(...weeks).stdout, ...['bare.csv', 'bare.html'].map((name) => read(name))];
  for (const text of made) assert.not.match(text, /secret-|same\.parquet/);
  assert.match(drift('secret-a/week.parquet', 'secret-b/week.parquet').stdout, /secret-b\/week/, 'with paths');
});

test('options out of range are refused', () => {
  const { drift: refused } = readFixture<{ drift: [args: string, says: string][] }>('cli', 'mistakes.json');
  for (const [args, says] of refused) {
    const { status, stderr } = run('drift', 'same.parquet', '--baseline', 'profile.json', ...args.split(' '));
    assert.ok(status === 2 || status === 4, `${args}: ${status} ${stderr}`);
    assert.match(stderr, says);
  }
});

test('a label that is no class is told with its file and row', async () => {
  await writeEvents('other_label.parquet', { count: 30, seed: 5, label: { row: 17, target: 'c' } });
  for (const args of [
    ['drift', 'same.parquet', 'other_label.parquet', '--baseline', 'profile.json'],
    ['baseline', 'other_label.parquet', '--out', 'other_label.json', '--clusters', '2'],
  ]) {
    const says = /TARGET_NOT_A_CLASS: other_label\.parquet row 17: target "c" is none of the 2 classes/;
    const { stderr } = endedWith(4, run(...args), says);
    assert.match(stderr, 'Did you mean "a"?');
  }
});

test('a score that is no probability is told with its file, row and class', async () => {
  await writeEvents('logits.parquet', { count: 30, seed: 5, logit: { row: 17, value: 5.25 } });
  for (const args of [
    ['drift', 'same.parquet', 'logits.parquet', '--baseline', 'profile.json'],
    ['baseline', 'logits.parquet', '--out', 'logits.json', '--clusters', '2'],
  ]) {
    const says = 'SCORES_OUT_OF_RANGE: logits.parquet row 17: the score of b is 5.25; probabilities lie from 0 to 1';
    const { stderr } = endedWith(4, run(...args), says);
    assert.match(stderr, 'Are these logits, or percent? Give probabilities');
  }
});

test('shards counted apart merge to the very profile of one run, in any order', async () => {
  const shardFiles = ['shard_0.parquet', 'shard_1.parquet'];
  // Two shards that together are the baseline, cut where the second begins.
  const { events } = await readEvents(join(folder, 'reference.parquet'));
  const cut = 700;
  for (const [i, [from, to]] of [[0, cut] as const, [cut, events.rows] as const].entries()) {
    const shard: EventBatch = {
      rows: to - from,
      embeddings: events.embeddings.slice(from * DIMENSIONS, to * DIMENSIONS),
      scores: events.scores.slice(from * 2, to * 2),
      targets: events.targets.slice(from, to),
      imageUrls: events.imageUrls.slice(from, to),
      timestamps: events.timestamps.slice(from, to),
      eventIds: events.eventIds.slice(from, to),
      statistics: new Map([...events.statistics].map(([name, values]) => [name, values.slice(from, to)])),
      extraTaps: new Map(),
    };
    await writeTable(join(folder, shardFiles[i]!), schema, [shard]);
    const like = ['--like', 'profile.json', '--first-row', String(from)];
    endedWith(0, run('baseline', shardFiles[i]!, ...like, '--out', `${i}.json`));
  }
  const text = read;
  assert.is(run('merge', '0.json', '1.json', '--out', 'ab.json').status, 0);
  assert.is(run('merge', '1.json', '0.json', '--out', 'ba.json').status, 0);
  assert.is(text('ab.json'), text('profile.json'));
  assert.is(text('ba.json'), text('profile.json'));
  run('baseline', 'same.parquet', '--out', 'other.json');
  endedWith(4, run('merge', '0.json', 'other.json', '--out', 'x.json'), 'PROFILES_DIFFER');
  assert.not.ok(existsSync(join(folder, 'x.json')));
});

test('--report makes one page that tells the answer', () => {
  const report = ['--report', 'r.html', '--baseline-events', 'reference.parquet', '--no-umap'];
  const { stderr } = drift('same.parquet', 'shifted.parquet', ...report);
  assert.match(stderr, 'Report: r.html');
  const page = read('r.html');
  assert.match(page, '1 of 2 windows drifted');
  assert.match(page, 'darker');
  assert.ok(page.length < 5_000_000);
});

/** The data that the page's script draws from. */
function pageData(name: string): ReportData {
  const page = read(name);
  return JSON.parse(/<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(page)![1]!);
}

test('images of a cluster that shrank are called the baseline’s only where they are', () => {
  drift('shifted.parquet', '--report', 'without.html', '--no-umap');
  drift('shifted.parquet', '--report', 'with.html', '--no-umap', '--baseline-events', 'reference.parquet');
  for (const [name, source] of [
    ['without.html', 'window'],
    ['with.html', 'baseline'],
  ] as const) {
    const clusters = pageData(name).windows[0]!.exemplars;
    const shrank = clusters.filter(({ change }) => change < 0);
    assert.ok(shrank.length > 0, 'a cluster shrank');
    for (const cluster of shrank) assert.is(cluster.source, source, name);
    for (const { source, change } of clusters) if (change > 0) assert.is(source, 'window', name);
  }
  assert.is(exemplarCaption('window'), 'Images of this window.');
  assert.is(exemplarCaption('baseline'), 'Images of the baseline.');
});

test('terminal and report show the same digits, and name the methods that found drift', () => {
  const args = ['same.parquet', 'shifted.parquet', '--methods', 'js,mmd,labels,entropy'];
  const table = drift(...args).stdout;
  drift(...args, '--report', 'methods.html', '--no-umap');
  const page = read('methods.html').replaceAll(/<[^>]*>/g, '');
  const { drift: report } = pageData('methods.html');
  for (const { methods } of report.windows) {
    for (const method of Object.values(methods)) {
      for (const digits of [digitsOf(method!.value), digitsOf(method!.band![1])]) {
        assert.ok(table.includes(digits), `${digits} in the terminal`);
        assert.ok(page.includes(digits), `${digits} on the page`);
      }
    }
  }
  assert.match(table, /adjusted for 4 methods/);
  const { js, mmd, labels } = report.windows[1]!.methods;
  assert.equal(
    [js, mmd, labels].map((method) => method!.verdict),
    ['drift', 'drift', 'no drift'],
  );
  assert.match(table, /^shifted: drift by JS distance \(p [^)]+\), Maximum mean discrepancy \(p [^)]+\)\.$/m);
  const first = /JS distance: p . [\d.]+Maximum mean discrepancy: p . [\d.]+/.exec(page);
  assert.ok(first, 'the first screen names them');
  assert.not.match(page, /predicted classes: p/);
});

test('one method is not adjusted for anything; --adjust bh adjusts for the windows', () => {
  assert.match(
    drift('same.parquet', 'shifted.parquet', '--methods', 'js', '--adjust', 'bh').stdout,
    /^p: chance of such a value without drift, adjusted for 2 windows; drift is p <= 0\.05\.$/m,
  );
  assert.match(
    drift('same.parquet', '--methods', 'js').stdout,
    /^p: chance of such a value without drift; drift is p <= 0\.05\.$/m,
  );
});

longTest('a report that cannot be written leaves nothing', () => {
  const before = readdirSync(folder).length;
  endedWith(4, run('drift', 'same.parquet', '--baseline', 'profile.json', '--report', join('no', 'where.html')));
  assert.is(readdirSync(folder).length, before);
});

test('broken and foreign profiles are refused', () => {
  const refused = (text: string) => {
    writeFileSync(join(folder, 'broken.json'), text);
    return run('drift', 'same.parquet', '--baseline', 'broken.json');
  };
  const good = read('profile.json');
  assert.is(refused('').status, 4);
  assert.is(refused('{}').status, 4);
  assert.is(refused(good.slice(0, good.length / 2)).status, 4);
  endedWith(4, refused(good.replace(/"version": *\d+/, '"version": 99')), '99');
});
