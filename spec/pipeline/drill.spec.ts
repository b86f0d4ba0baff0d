/** The drill on the bundled model and images. A stub judges the windows unless calibration matters. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Of } from '#platform';
import type { PixelBatch } from '../../data/index.js';
import { type DriftBatch, fitProfile, type Profile, profileToJson } from '../../drift/index.js';
import { Embedder } from '../../engine/index.js';
import { runDrillWith, seenFrom } from '../../pipeline/drill/drill.js';
import { embedRows, sampleImages } from '../../pipeline/drill/images.js';
import { alarmShares, type DrillLook, type Judge } from '../../pipeline/drill/judge.js';
import { DEMO_MODEL, type DrillOptions, drillCsv, runDrill } from '../../pipeline/index.js';
import type { DrillTable } from '../../report/index.js';
import { weightsFolder } from '../../weights/index.js';
import { pixels, writeNpz } from '../support/npz-file.js';
import { assert, packageRoot, refusal, temporaryFolder, test } from '../support/test.js';

const IMAGES = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
const LIMIT = 120;
let embedder: Embedder;
let profile: Profile;
let clean: DriftBatch;

test.before(async () => {
  embedder = await Embedder.load(weightsFolder(DEMO_MODEL), { threads: 1 });
  const images = await sampleImages(embedder, [IMAGES], { limit: LIMIT, seed: 1 });
  const unchanged = (batch: PixelBatch) => batch;
  clean = await embedRows(embedder, images, unchanged, () => undefined);
  const { config, taps, weightsSha256 } = embedder;
  profile = fitProfile(clean, { classes: config.classes, tap: taps[0]!.name, weightsSha256 }, { clusters: 3 });
});

test.after(() => embedder.close());

/** Raises an alarm if the mean embedding of a window has moved: sensitive, but not a statistical test. */
function meanJudge(threshold: number): Judge {
  const middle = mean(clean);
  return (window) => {
    const value = Math.hypot(...mean(window).map((x, i) => x - middle[i]!)) / Math.hypot(...middle);
    return new Map([['mean', value > threshold]]);
  };
}

function judgedBy(judge: Judge) {
  return async ({ rows, plan }: DrillLook) => alarmShares(rows, judge, plan);
}

function mean({ embeddings: { rows, columns, data } }: DriftBatch): number[] {
  const sums = new Array<number>(columns).fill(0);
  for (let i = 0; i < data.length; i++) sums[i % columns]! += data[i]! / rows;
  return sums;
}

function run(options: Omit<DrillOptions, 'methods'>, judge = meanJudge(0.7)): Promise<DrillTable> {
  return runDrillWith(judgedBy(judge), embedder, IMAGES, profile, { limit: LIMIT, seed: 1, repeats: 10, ...options });
}

test('the worse the images the more is seen and the less is right; the unchanged ones are not', async () => {
  const told: [number, number][] = [];
  const table = await run({
    corruptions: ['contrast', 'rotation'],
    levels: [5, 1],
    windowSizes: [120, 40, 500],
    onProgress: (done, total) => told.push([done, total]),
  });
  const { clean: control, rows, profileSha256, weightsSha256, ...rest } = table;
  assert.equal([profileSha256, weightsSha256], [sha256Of(profileToJson(profile)), embedder.weightsSha256]);
  const plan = { levels: [1, 5], windowSizes: [40, 120, 500], windows: [10, 1, 0] };
  assert.equal(rest, { images: 120, alpha: 0.05, seed: 1, ...plan });
  assert.equal(control.alarms, [{ method: 'mean', shares: [0, 0, null] }]);
  assert.ok(control.accuracy! > 0.85, String(control.accuracy));
  const strengths = Object.fromEntries(rows.map((row) => [row.corruption, row.strengths]));
  assert.equal(strengths, { contrast: [0.75, 0.15], rotation: [5, 30] });
  for (const { accuracy, alarms, seenFrom: seen } of rows) {
    assert.ok(accuracy[0]! > accuracy[1]!, accuracy.join());
    assert.ok(accuracy[0]! <= control.accuracy! + 0.05);
    const [mild, harsh] = alarms[0]!.shares;
    assert.ok(mild![0]! < 0.8 && harsh![0]! === 1, `${mild} ${harsh}`);
    assert.equal(seen, [{ method: 'mean', levels: [5, 5, null] }]);
  }
  assert.equal(told.at(-1), [600, 600]);
  assert.ok(told.every(([done], i) => i === 0 || done > told[i - 1]![0]));
});

test('the methods of drift are the judges: they are silent about the unchanged images, and see a lost contrast', async () => {
  const what = { corruptions: ['contrast'], levels: [5], windowSizes: [60] } as const;
  const table = await runDrill(embedder, IMAGES, profile, {
    ...what,
    methods: ['js', 'labels'],
    limit: LIMIT,
    seed: 1,
  });
  const judges = table.clean.alarms.map(({ method }) => method);
  assert.equal(judges, ['js', 'labels']);
  for (const [m, { shares }] of table.clean.alarms.entries()) {
    assert.ok(shares[0]! <= 0.1, `${shares}`);
    assert.equal(table.rows[0]!.alarms[m]!.shares, [[1]]);
  }
});

test('without methods, they vote as in drift: one that sees a change suffices, and the vote is one more line', async () => {
  const seenBy = async (methods?: string[]) => {
    const what = { corruptions: ['darken'], levels: [1], windowSizes: [60], limit: LIMIT, seed: 1 } as const;
    const { clean: control, rows } = await runDrill(embedder, IMAGES, profile, { ...what, methods });
    return [control.alarms, rows[0]!.alarms];
  };
  assert.equal(await seenBy(['js']), [[{ method: 'js', shares: [0] }], [{ method: 'js', shares: [[0]] }]]);
  assert.equal(await seenBy(), [[{ method: 'default', shares: [0] }], [{ method: 'default', shares: [[1]] }]]);
});

test('images that the model resizes have no statistics to compare, which is told where they would have voted', async () => {
  const large = join(temporaryFolder(), 'large.npz');
  writeNpz(large, { arr_0: { descr: '|u1', shape: [20, 40, 40, 3], values: pixels(20, 40) } });
  const resizing = await Embedder.load(resizingModel(), { threads: 1 });
  const told = async (methods?: string[]) => {
    const notices: string[] = [];
    const onNotice = (text: string) => notices.push(text);
    const options = { corruptions: [], windowSizes: [10], repeats: 1, methods, onNotice };
    await runDrill(resizing, large, { ...profile, weightsSha256: null }, options);
    return notices.join();
  };
  assert.match(await told(), 'resized for the model');
  assert.is(await told(['js']), '');
  await resizing.close();
});

/** The demo's model, which takes images of any size. */
function resizingModel(): string {
  const [from, folder] = [weightsFolder(DEMO_MODEL), temporaryFolder()];
  for (const name of readdirSync(from)) {
    if (name !== 'model.json') copyFileSync(join(from, name), join(folder, name));
  }
  const text = readFileSync(join(from, 'model.json'), 'utf8');
  writeFileSync(join(folder, 'model.json'), text.replace(/"resize":\s*null/, '"resize": [32, 32]'));
  return folder;
}

test('a profile without held-out rows, and a method that is none, are refused', async () => {
  const options = { limit: 20, windowSizes: [10] };
  await refusal('PROFILE_NOT_CALIBRATED', () => runDrill(embedder, IMAGES, { ...profile, reference: null }, options));
  await refusal('METHOD_UNKNOWN', () => runDrill(embedder, IMAGES, profile, { ...options, methods: ['ks'] }));
});

test('the same seed gives the same table, another draws other windows and images', async () => {
  const options = { corruptions: ['gaussian_noise'], levels: [5], windowSizes: [30] } as const;
  const first = await run(options, meanJudge(0.42));
  assert.equal(await run(options, meanJudge(0.42)), first);
  const other = await run({ ...options, seed: 2 }, meanJudge(0.42));
  assert.not.equal(other, { ...first, seed: 2 });
});

test('windows are drawn without replacement, rows keep their own scores and labels', () => {
  const rows: DriftBatch = {
    embeddings: { rows: 50, columns: 1, data: Float32Array.from({ length: 50 }, (_, i) => i) },
    scores: { rows: 50, columns: 2, data: Float32Array.from({ length: 100 }, (_, i) => i) },
    targets: Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? `class${i}` : null)),
  };
  const seen: string[] = [];
  const judge: Judge = ({ embeddings, scores, targets }) => {
    const numbers = [...embeddings.data];
    assert.is(new Set(numbers).size, embeddings.rows);
    for (const [i, row] of numbers.entries()) {
      assert.is(scores!.data[2 * i + 1], 2 * row + 1);
      assert.is(targets![i], row % 2 === 0 ? `class${row}` : null);
    }
    seen.push(numbers.join());
    return new Map([
      ['half', seen.length % 2 === 0],
      ['blind', null],
    ]);
  };
  const shares = alarmShares(rows, judge, { sizes: [10, 50, 51], repeats: 8, alpha: 0.05, seed: 3 });
  assert.equal(shares, [
    { method: 'half', shares: [0.5, 0, null] },
    { method: 'blind', shares: [null, null, null] },
  ]);
  assert.is(new Set(seen).size, 9, 'no window twice');
});

test('a corruption is seen from the lowest level at which four in five windows alarm', () => {
  assert.is(seenFrom([0, 0.79, 0.8, 1], [1, 2, 4, 5]), 4);
  assert.is(seenFrom([1, 0.2], [1, 2]), 1);
  assert.is(seenFrom([0.7, null], [1, 2]), null);
});

test('the csv has a line for every cell, the unchanged images first', async () => {
  const table = await run({ corruptions: ['occlusion'], levels: [2, 3], windowSizes: [20, 500] });
  const lines = drillCsv(table).split('\n');
  assert.is(lines[0], 'corruption,level,strength,unit,accuracy,method,window_size,windows,alarm_share');
  assert.is(lines.length, 1 + 2 + 4 + 1);
  assert.match(lines[1]!, /^none,0,,,0\.\d+,mean,20,10,[\d.]+$/);
  assert.match(lines[2]!, /^none,0,,,0\.\d+,mean,500,0,$/);
  assert.match(lines[5]!, /^occlusion,3,0\.0625,share of the area,0\.\d+,mean,20,10,[\d.]+$/);
  assert.is(lines.at(-1), '');
});

test('images without labels have no accuracy, and that is all they lack', async () => {
  const table = await run({ corruptions: ['blur'], levels: [1], windowSizes: [20], labels: null });
  assert.is(table.clean.accuracy, null);
  assert.equal(table.rows[0]!.accuracy, [null]);
  assert.type(table.rows[0]!.alarms[0]!.shares[0]![0], 'number');
});

test('what cannot be drilled is said before anything is embedded', async () => {
  const never: Judge = () => {
    throw new Error('judged');
  };
  const few = join(temporaryFolder(), 'few.npz');
  writeNpz(few, { arr_0: { descr: '|u1', shape: [3, 32, 32, 3], values: pixels(3, 32) } });
  const attempt = (path: string, options: DrillOptions) => () =>
    runDrillWith(judgedBy(never), embedder, path, profile, options);
  const { message } = await refusal('DRILL_TOO_FEW_IMAGES', attempt(few, { windowSizes: [50, 4] }));
  assert.match(message, '3 images, the smallest window has 4 rows');
  for (const options of [
    { windowSizes: [] },
    { windowSizes: [2.5] },
    { repeats: 1e9 },
    { alpha: 1 },
    { alpha: 1e-300 },
  ]) {
    await refusal('DRILL_OPTION', attempt(IMAGES, options));
  }
  await refusal('BAD_OPTION', attempt(IMAGES, { repeats: 0 }));
  await refusal('FILE_NOT_FOUND', attempt(`${few}.not`, {}));
});

test('a profile of another model is refused', async () => {
  const other = { ...profile, weightsSha256: 'f'.repeat(64) };
  await refusal('PROFILE_OTHER_WEIGHTS', () =>
    runDrillWith(judgedBy(meanJudge(1)), embedder, IMAGES, other, { limit: 20, windowSizes: [10] }),
  );
});
