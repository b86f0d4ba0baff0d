/** `explain` on the bundled model and images: windows made by other formulas than the library's, of other images. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { imagesOf, openEvents, openImages } from '../../data/index.js';
import type { Profile } from '../../drift/index.js';
import { Embedder } from '../../engine/index.js';
import { explainJson, reportExplanation } from '../../pipeline/explain/index.js';
import { askedWindows, windowRows } from '../../pipeline/explain/window-rows.js';
import {
  buildReport,
  DEMO_MODEL,
  type ExplainedWindow,
  type Explanation,
  embedImages,
  explainWindows,
  fitProfileFromEvents,
  measureWindows,
} from '../../pipeline/index.js';
import { weightsFolder } from '../../weights/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, longTest, packageRoot, refusal, temporaryFolder, test } from '../support/test.js';

const IMAGES = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
const ROWS = 700;
const SIDE = 32;
let embedder: Embedder;
let profile: Profile;
const folder = temporaryFolder();
const baseline = join(folder, 'baseline.npz');
/** Events of a window that is darker. */
let dark: string;

/** Images of the sample: the first `ROWS` are the baseline, the others windows. */
let all: { data: Uint8Array; labels: number[] };

test.before(async () => {
  process.env['IMAGE_DRIFT_CACHE'] = join(folder, 'cache');
  embedder = await Embedder.load(weightsFolder(DEMO_MODEL), { threads: 1 });
  const set = await openImages(IMAGES);
  const data: Uint8Array[] = [];
  const labels: number[] = [];
  for await (const batch of set.batches(500)) {
    data.push(...Array.from(imagesOf(batch), (image) => image.data.slice()));
    labels.push(...batch.labels.map(Number));
  }
  await set.close();
  all = { data: Buffer.concat(data), labels };
  write(baseline, 0, (value) => value);
  profile = await fitProfileFromEvents(await embedded(baseline, 'baseline'));
  dark = await windowOf('dark', (value) => Math.trunc(0.45 * value));
});

test.after(() => embedder.close());

/** `ROWS` images from `first` on, each value changed. */
function write(
  path: string,
  first: number,
  change: (value: number, at: number, image: Uint8Array) => number,
  labels = BigInt64Array.from(all.labels.slice(first, first + ROWS), BigInt),
): void {
  const size = SIDE * SIDE * 3;
  const values = new Uint8Array(ROWS * size);
  for (let row = 0; row < ROWS; row++) {
    const image = all.data.subarray((first + row) * size, (first + row + 1) * size);
    for (let i = 0; i < size; i++) values[row * size + i] = change(image[i]!, i, image);
  }
  writeNpz(path, {
    arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values },
    arr_1: { descr: '<i8', shape: [ROWS], values: labels },
  });
}

async function embedded(path: string, name: string, options = {}): Promise<string> {
  const out = join(folder, `${name}.parquet`);
  await embedImages(embedder, path, out, options);
  return out;
}

async function windowOf(name: string, change: Parameters<typeof write>[2]): Promise<string> {
  const path = join(folder, `${name}.npz`);
  write(path, ROWS, change);
  return embedded(path, name);
}

async function explainOne(events: string, options = {}): Promise<ExplainedWindow> {
  const asked = { candidates: 2, looks: 40, ...options };
  return (await explainWindows(embedder, baseline, profile, [events], asked)).windows[0]!;
}

test('a darker window is explained, the accuracy is read off, and another week is not changed', async () => {
  const clean = await windowOf('clean', (value) => value);
  const steps: string[] = [];
  const options = { candidates: 2, looks: 40, pairs: 4, onStep: (step: string) => void steps.push(step) };
  const explanation = await explainWindows(embedder, baseline, profile, [dark, clean], options);
  const [first, second] = explanation.windows;
  assert.is(explanation.baseline.rows, ROWS);
  assert.is(first!.verdict, 'explained', JSON.stringify(first));
  const [cause] = first!.causes;
  assert.equal([cause!.family, cause!.make], ['brightness', 'factor']);
  assert.ok(Math.abs(cause!.strength - 0.45) < 0.03, String(cause!.strength));
  assert.is(cause!.share, 1);
  assert.ok(first!.auc < 0.55 && first!.clean > 0.7, `${first!.auc}, clean ${first!.clean}`);
  const { low, high } = first!.accuracy!;
  assert.ok(low <= first!.measured! && first!.measured! <= high, JSON.stringify(first));
  assert.is(first!.classes!.length, 10);
  assert.is(second!.verdict, 'unchanged', JSON.stringify(second));
  assert.equal(second!.causes, []);
  const order = steps.filter((step, i) => steps.indexOf(step) === i);
  assert.equal(order.slice(0, 4), ['read', 'baseline', 'measure', 'look'], 'each step has a name');
  assert.ok(steps.includes('remake'));

  const json = explainJson(explanation);
  assert.equal(Object.keys(json), ['baseline', 'windows', 'skipped']);
  assert.not.match(JSON.stringify(json), /pairs|windowRow/, 'no pixels in JSON');
  const [window] = json.windows;
  for (const [object, names] of [
    [window!, 'name verdict causes auc accuracy candidates'],
    [window!.causes[0]!, 'family strength share'],
    [window!.candidates[0]!, 'family strength share auc suffices accuracy'],
    [window!.accuracy!, 'value low high'],
  ] as const) {
    assert.is(Object.keys(object).slice(0, names.split(' ').length).join(' '), names);
  }
  assert.is(Object.keys(window!.accuracy!).length, 3);
  assert.is(json.windows[1]!.verdict, 'unchanged');

  assert.equal(second!.pairs, []);
  assert.is(new Set(first!.pairs.map(({ clean }) => clean.target)).size, 4, 'four different classes');
  assert.is(new Set(first!.pairs.map(({ windowRow }) => windowRow)).size, 4);
  for (const { clean, remade } of first!.pairs) {
    const [light, darker] = [clean, remade].map(({ image }) => image.data.reduce((sum, value) => sum + value, 0));
    assert.ok(Math.abs(darker! / light! - cause!.strength) < 0.02, `${darker} of ${light}`);
  }
  await showsPairs(explanation);
});

/** The report of the dark window has its cause, and three pictures a pair; none without pictures. */
async function showsPairs(explanation: Explanation): Promise<void> {
  const measurement = await measureWindows(profile, [dark], { exemplars: 5 });
  const options = { explanation: reportExplanation(explanation), umap: false };
  const report = await buildReport(profile, measurement, options);
  const { explained } = report.windows[0]!;
  assert.is(explained!.causes[0]!.name, 'darker');
  assert.match(explained!.causes[0]!.making, /^brightness \(factor\), factor 0\.4/);
  assert.is(explained!.pairs.length, 4);
  for (const { clean, remade, window } of explained!.pairs) {
    assert.is(new Set([clean, remade, window].map(({ thumbnail }) => thumbnail)).size, 3);
    assert.ok(window.thumbnail !== null && window.predicted !== null);
  }
  assert.match(report.remade!.uri, /^data:image\//);
  const bare = await buildReport(profile, measurement, { ...options, images: false });
  assert.is(bare.remade, null);
  assert.equal(bare.windows[0]!.explained!.pairs, []);
}

/** Rows of `dark`, as days of these lengths; the rest has no timestamp. */
async function asDays(...lengths: number[]): Promise<string> {
  const jsonl = join(folder, 'dark-by-day.jsonl');
  await embedImages(embedder, join(folder, 'dark.npz'), jsonl);
  const days = lengths.flatMap((length, day) => new Array<number>(length).fill(Date.UTC(2026, 10, 23 + day)));
  const lines = readFileSync(jsonl, 'utf8').trimEnd().split('\n');
  const rows = lines.map((line, i) => JSON.stringify({ ...JSON.parse(line), timestamp: days[i] ?? null }));
  writeFileSync(jsonl, `${rows.join('\n')}\n`);
  return jsonl;
}

test('windows by time take the rows of their time alone; those with too few rows are told of', async () => {
  const path = await asDays(300, 250, 60);
  const measurement = await measureWindows(profile, [dark, path], { window: '1d', methods: ['js'] });
  assert.is(measurement.withoutTime, ROWS + 90);
  const { enough, few } = askedWindows(measurement, { window: '1d' });
  const enoughNames = enough.map(({ place: { name } }) => name);
  assert.equal(enoughNames, ['2026-11-23', '2026-11-24']);
  const fewNames = few.map(({ name, error }) => [name, error.message]);
  assert.equal(fewNames, [['2026-11-25', '2026-11-25: 60 rows, at least 200 are needed']]);
  const rows = await windowRows(profile, enough[1]!.place, { columns: {}, group: undefined });
  assert.equal([rows.rows, rows.rowNumbers[0], rows.rowNumbers.at(-1)], [250, ROWS + 300, ROWS + 549]);
  const only = { ...measurement, report: { ...measurement.report, windows: measurement.report.windows.slice(2) } };
  await refusal('EXPLAIN_TOO_FEW_ROWS', async () => askedWindows(only, { window: '1d' }));
});

longTest('days are explained, and a day with too few rows is skipped', async () => {
  const { windows, skipped } = await explainWindows(embedder, baseline, profile, [await asDays(400, 60)], {
    ...{ candidates: 1, looks: 40, window: '1d', onlyDrifted: true },
  });
  const found = windows.map(({ name, rows, causes }) => [name, rows, causes[0]?.family]);
  assert.equal(found, [['2026-11-23', 400, 'brightness']]);
  assert.equal(skipped, [{ name: '2026-11-24', reason: '2026-11-24: 60 rows, at least 200 are needed' }]);
});

longTest('what was found about the baseline is kept: the next window neither looks nor embeds it again', async () => {
  const first = await explainOne(dark);
  const steps = new Set<string>();
  const again = await explainOne(dark, { onStep: (step: string) => steps.add(step) });
  const told = 'the baseline is neither embedded nor looked at again, and what is done has a name';
  assert.equal([...steps].sort(), ['compare', 'fit', 'measure', 'read'], told);
  assert.equal(again, first);
  const kept = join(folder, 'cache', 'explain');
  const files = readdirSync(kept).map((name) => join(kept, name));
  assert.ok(files.length >= 3, files.join());
  for (const file of files) writeFileSync(file, readFileSync(file).fill(1, 100, 110));
  const anew = await explainOne(dark, { onStep: (step: string) => steps.add(step) });
  assert.ok(steps.has('baseline') && steps.has('look') && steps.has('remake'), 'damaged files are made again');
  assert.equal(anew, again);
});

longTest('a change that the library does not have is not explained, and no accuracy is claimed', async () => {
  // Each pixel becomes the largest of it and its neighbours to the right and below: strokes get thicker.
  const thick = await windowOf('thick', (value, at, image) =>
    Math.max(value, image[at + 3] ?? 0, image[at + 3 * SIDE] ?? 0, image[at + 3 * SIDE + 3] ?? 0, image[at + 6] ?? 0),
  );
  const window = await explainOne(thick);
  assert.ok(window.verdict === 'unexplained' || window.verdict === 'partly', JSON.stringify(window));
  assert.is(window.accuracy, null);
  assert.is(window.classes, null);
  assert.ok(window.candidates.every(({ suffices }) => !suffices));
  assert.not.match(window.warnings.join(), 'budget');
});

longTest('images of the baseline in a window are told', async () => {
  const path = join(folder, 'same.npz');
  write(path, 0, (value) => Math.round(0.45 * value));
  const { warnings } = await explainOne(await embedded(path, 'same'));
  assert.match(warnings.join(), 'are images of the baseline');
});

longTest(
  'a network that is right more often than it is sure was perhaps trained on the baseline: without labels, too',
  async () => {
    const unlabelled = await embedded(join(folder, 'dark.npz'), 'unlabelled', { labels: null });
    const first = await explainOne(unlabelled);
    assert.equal(first.warnings, []);
    // Labels that are the predictions: as right as a network can be.
    const { classes } = embedder.config;
    const events = await openEvents(join(folder, 'baseline.parquet'));
    const labels: bigint[] = [];
    for await (const { rows, scores } of events.batches({ columns: ['scores'] })) {
      for (let row = 0; row < rows; row++) {
        const own = scores!.subarray(row * classes.length, (row + 1) * classes.length);
        labels.push(BigInt(own.indexOf(Math.max(...own))));
      }
    }
    await events.close();
    const learnt = join(folder, 'learnt.npz');
    write(learnt, 0, (value) => value, BigInt64Array.from(labels));
    const { windows } = await explainWindows(embedder, learnt, profile, [unlabelled], { candidates: 1, looks: 40 });
    assert.match(
      windows[0]!.warnings.join(),
      /predicts 100\.0 % of the baseline's images, and is only 9\d\.\d % sure of them/,
    );
  },
);

longTest('of each group one row is compared, and few groups are too few', async () => {
  const path = join(folder, 'dark.jsonl');
  await embedImages(embedder, join(folder, 'dark.npz'), path);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const grouped = (size: number) => {
    const rows = lines.map((line, i) => JSON.stringify({ ...JSON.parse(line), clip: `c${Math.floor(i / size)}` }));
    const events = join(folder, `clips-${size}.jsonl`);
    writeFileSync(events, `${rows.join('\n')}\n`);
    return events;
  };
  const rowsOf = (path: string) => {
    const files = [{ path, firstRow: 0, rows: ROWS, images: null, carried: [] }];
    return windowRows(profile, { name: 'clips', files, length: undefined }, { columns: {}, group: 'clip' });
  };
  const window = await rowsOf(grouped(3));
  const expected = Math.ceil(ROWS / 3);
  assert.equal([window.rows, window.independent, window.embeddings.rows], [ROWS, expected, expected]);
  assert.is(window.labelled, ROWS);
  await refusal('EXPLAIN_TOO_FEW_ROWS', () => rowsOf(grouped(7)), '100 groups of 700 rows, at least 200 are needed');
});

test('what cannot be explained is refused', async () => {
  const refused = (code: string, options: object) => refusal(code, () => explainOne(dark, options));
  const { message, hint } = await refused('EXPLAIN_NO_LABELS', { labels: null });
  assert.match(message, `${ROWS} images and no label of any`);
  assert.match(hint!, 'folders named like their classes');
  for (const options of [{ rows: 100 }, { looks: 0 }, { candidates: 0 }, { budget: 0 }, { budget: '5 minutes' }]) {
    await refused('BAD_OPTION', options);
  }
  for (const options of [{ pairs: -1 }, { equivalence: 0.6 }]) await refused('EXPLAIN_OPTION', options);
  // It bounds all, also the first cause: an answer late is none.
  await refused('EXPLAIN_BUDGET', { budget: 1 });
  const other = join(folder, 'other.npz');
  write(other, 0, (value) => 255 - value);
  await refusal('EXPLAIN_OTHER_IMAGES', () => explainWindows(embedder, other, profile, [dark]));
  const bare = await embedded(join(folder, 'dark.npz'), 'bare', { statistics: false });
  const { message: none } = await refusal('EXPLAIN_NO_STATISTICS', () => explainOne(bare));
  assert.match(none, 'bare.parquet');
  const few = join(folder, 'few.npz');
  writeNpz(few, { arr_0: { descr: '|u1', shape: [60, 32, 32, 3], values: pixels(60, 32) } });
  const { message: short } = await refusal('EXPLAIN_TOO_FEW_ROWS', async () => explainOne(await embedded(few, 'few')));
  assert.match(short, '60 rows, at least 200 are needed');
  const strange = { ...profile, weightsSha256: '0'.repeat(64) };
  await refusal('NO_WINDOWS', () => explainWindows(embedder, baseline, profile, []));
  await refusal('PROFILE_OTHER_WEIGHTS', () => explainWindows(embedder, baseline, strange, [dark]));
  await refusal('PROFILE_OTHER_TAP', () => explainWindows(embedder, baseline, { ...profile, tap: 'layer4' }, [dark]));
});
