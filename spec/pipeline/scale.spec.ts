/** A run in shards: whatever happens to its tasks, it gives the bytes of one run of `embedImages`. Damage is named. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { openEvents } from '../../data/index.js';
import { profileToJson } from '../../drift/index.js';
import { Embedder } from '../../engine/index.js';
import {
  checkWholeRun,
  embedImages,
  embedShards,
  fitProfileFromEvents,
  gatherRun,
  makePlan,
  openRun,
  type PlanOptions,
} from '../../pipeline/index.js';
import { readPlan, runStatus } from '../../scale/index.js';
import { rowImages, tar, writeFiles } from '../support/image-files.js';
import { atOnce, gathered, loadNarrow, planIn, SOURCE_CHANGES, task } from '../support/narrow-run.js';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { assert, longTest, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE, SHARDS] = [23, 16, 5];
const { image } = rowImages(ROWS, SIDE);
const classes = ['class0', 'class1'];
const files: Record<string, Uint8Array | string> = Object.fromEntries(
  Array.from({ length: ROWS }, (_, row) => [`${classes[row % 2]}/${100 + row}.png`, image(row)]),
);
/** Rejected images at the ends, and one between. */
Object.assign(files, { 'class0/000.png': 'x', 'class0/105.png': '', 'class1/999.png': 'z' });
const set = join(folder, 'set');
writeFiles(set, files);

const embedder = await loadNarrow();
test.after(() => embedder.close());

const SETTINGS: PlanOptions = { weights: 'w', precision: 'float32', shards: SHARDS, groupFrom: 'folder:1' };

function planned(input: string | string[] = set, options: Partial<PlanOptions> = {}): Promise<string> {
  return planIn(embedder, [input].flat(), { ...SETTINGS, ...options });
}

const ALL = Array.from({ length: SHARDS }, (_, shard) => shard);

async function whole(run: string): Promise<string> {
  await task(run, ALL);
  return run;
}

const once = (input: string | string[]) => atOnce(embedder, input, { groupFrom: 'folder:1' });

test('a folder in five shards, in any order, gives the bytes of one run, and its profile', async () => {
  const run = await planned();
  for (const shard of [3, 0, 4, 2, 1]) {
    const { rows, rejected } = await task(run, [shard]);
    assert.ok(rows + rejected > 0);
  }
  assert.equal(await gathered(run), await once(set));
  const out = join(temporaryFolder(), 'once.parquet');
  await embedImages(embedder, set, out, { groupFrom: 'folder:1', maxRejected: 3 });
  const profile = async (path: string) => profileToJson(await fitProfileFromEvents(path, { clusters: 2 }));
  assert.is(await profile(run), await profile(out));
});

longTest('tars stay whole, and give the same; a table of paths and a zip-less mix, too', async () => {
  const entries = Object.entries(files).map(([name, bytes]) => ({ name, bytes }));
  const tars = [0, 1, 2, 3, 4, 5].map((number) => {
    const path = join(folder, `${number}.tar`);
    // In the order of keys, as shards of WebDataset are.
    const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    writeFileSync(path, tar(sorted.slice(number * 5, (number + 1) * 5)));
    return path;
  });
  const run = join(temporaryFolder(), 'run');
  const { wholeArchives } = await makePlan(embedder, tars, run, SETTINGS);
  assert.is(wholeArchives, true);
  assert.equal(await gathered(await whole(run)), await once(tars));
  const table = join(folder, 'table.csv');
  const line = (name: string, i: number) => `set/${name},${i % 3 === 0 ? '' : i / 4},00${i}`;
  writeFileSync(table, ['path,weight,site', ...Object.keys(files).map(line), 'set/none.png,1,7'].join('\n'));
  const options = { labels: null, groupFrom: 'column:site', maxRejected: 4 };
  const tabled = await planned(table, options);
  await whole(tabled);
  assert.equal(await gathered(tabled, 4), await atOnce(embedder, table, options));
});

test('a shard that is done is left as it is; an attempt that was killed leaves no trace', async () => {
  const run = await planned();
  await task(run, [1]);
  const before = readFileSync(join(run, 'parts', '00001.parquet'));
  // What kill -9 leaves of an attempt: files under names of its own.
  const left = join(run, 'attempts', '00002-abc123');
  mkdirSync(left);
  writeFileSync(join(left, '.part.parquet.xyz.partial'), 'half');
  const again = await task(run, [1, 2]);
  assert.equal(again.before, [1]);
  assert.equal(again.done, [1, 2]);
  assert.ok(readFileSync(join(run, 'parts', '00001.parquet')).equals(before));
  assert.is(existsSync(left), false);
  assert.equal((await task(run, [1])).embedder, null, 'no network is loaded where nothing is to do');
});

test('a task that fails half way leaves nothing, and status says why', async () => {
  const run = await planned();
  const error = new Error('the lights went out');
  await task(run, [2], () => {
    throw error;
  }).then(
    () => assert.unreachable(),
    (thrown: unknown) => assert.is(thrown, error),
  );
  assert.equal(readdirSync(join(run, 'attempts')), []);
  assert.is(existsSync(join(run, 'parts')), false);
  const place = openRun(run);
  const status = await runStatus(place, await readPlan(place), Date.now());
  assert.equal(status.missing, ALL);
  const failures = status.failed.map(({ shard, code, message }) => [shard, code, message]);
  assert.equal(failures, [[2, 'INTERNAL', error.message]]);
  await whole(run);
  const done = await runStatus(place, await readPlan(place), Date.now());
  assert.equal([done.done, done.missing, done.failed], [SHARDS, [], []]);
  assert.is(done.rows, ROWS);
  assert.is(done.rejected, 3);
  assert.is(done.secondsLeft, 0);
});

longTest('eight tasks on one shard: one commit, equal bytes, all succeed', async () => {
  const run = await planned();
  const tasks = await Promise.all(Array.from({ length: 8 }, () => task(run, [0])));
  for (const { done } of tasks) assert.equal(done, [0]);
  assert.equal(readdirSync(join(run, 'done')), ['00000.json']);
  assert.equal(await gathered(await whole(run)), await once(set));
});

longTest('a part without its marker gets one, if it has the bytes that the task makes', async () => {
  const run = await planned();
  await task(run, [0]);
  const marker = join(run, 'done', '00000.json');
  rmSync(marker);
  await task(run, [0]);
  assert.ok(existsSync(marker));
  rmSync(marker);
  appendFileSync(join(run, 'parts', '00000.parquet'), 'x');
  const error = await refusal('SHARD_DIFFERS', () => task(run, [0]), 'parts/00000.parquet: is there already');
  assert.is(error.exitCode, 4);
});

test('what is not done is named, as schedulers take it', async () => {
  const run = await planned();
  await task(run, [1]);
  for (const attempt of [() => gatherRun(run), () => checkWholeRun(run)]) {
    const error = await refusal('RUN_INCOMPLETE', attempt, '4 of 5 shards are not done: 0,2-4');
    assert.match(error.hint!, '--array=0,2-4');
  }
});

test('damage is named, and nothing is written', async () => {
  const part = 'parts/00001.parquet';
  const planOf = (from: string, to: string) => (run: string) => {
    const plan = join(run, 'plan.json');
    writeFileSync(plan, readFileSync(plan, 'utf8').replace(from, to));
  };
  const flipped = (run: string) => {
    const bytes = readFileSync(join(run, part));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(run, part), bytes);
  };
  const cases: [code: string, says: string, damage: (run: string) => void][] = [
    ['SHARD_DAMAGED', `${part}: is missing`, (run) => rmSync(join(run, part))],
    ['SHARD_DAMAGED', `${part}: has 100 bytes`, (run) => truncateSync(join(run, part), 100)],
    ['SHARD_DAMAGED', `${part}: has sha256`, flipped],
    ['SHARD_UNPLANNED', 'parts/00009.parquet', (run) => writeFileSync(join(run, 'parts', '00009.parquet'), '')],
    ['MARKER_INVALID', 'done/00001.json', (run) => writeFileSync(join(run, 'done', '00001.json'), '{}')],
    ['SHARD_OF_OTHER_RUN', 'done/0000', planOf('"dataset": "', '"dataset": "other ')],
    ['PLAN_INVALID', '"images"', planOf('"images":', '"imagos":')],
    ['PLAN_INVALID', '"order" is "rows", and "rows" is null', planOf('"keys as bytes"', '"rows"')],
    ['PLAN_INVALID', '"rows"', planOf('"rows": null,', '')],
    ['PLAN_INVALID', 'no JSON', (run) => truncateSync(join(run, 'plan.json'), 100)],
    ['PLAN_NOT_FOUND', 'there is no plan.json', (run) => rmSync(join(run, 'plan.json'))],
  ];
  const good = await whole(await planned());
  for (const [code, says, damage] of cases) {
    const run = join(temporaryFolder(), 'run');
    cpSync(good, run, { recursive: true });
    damage(run);
    const out = join(temporaryFolder(), 'all.parquet');
    const error = await refusal(code, () => gatherRun(run, { out, maxRejected: 3 }), says);
    assert.is(existsSync(out), false, code);
    assert.is(error.exitCode, 4);
  }
});

test('a source file that is another one than was planned ends its shard', async () => {
  for (const [says, change] of SOURCE_CHANGES) {
    const copy = join(temporaryFolder(), 'set');
    writeFiles(copy, files);
    const run = await planned(copy);
    change(join(copy, 'class0', '100.png'));
    const error = await refusal('SOURCE_CHANGED', () => whole(run), 'class0/100.png');
    assert.match(error.message, says);
  }
  const packed = join(temporaryFolder(), 'set.tar');
  writeFileSync(packed, tar(Object.entries(files).map(([name, bytes]) => ({ name, bytes }))));
  const run = await planned(packed);
  utimesSync(packed, 1, 1);
  assert.match((await refusal('SOURCE_CHANGED', () => whole(run))).message, 'set.tar');
});

test('a listing that was changed beside its plan is refused', async () => {
  const run = await planned();
  const [name] = readdirSync(join(run, 'listing'));
  appendFileSync(join(run, 'listing', name!), 'x');
  assert.match((await refusal('LISTING_CHANGED', () => whole(run))).message, name!);
  rmSync(join(run, 'listing', name!));
  assert.match((await refusal('LISTING_MISSING', () => whole(run))).message, name!);
});

longTest('broken images are judged over the whole run', async () => {
  const run = await whole(await planned());
  const error = await refusal('IMAGES_REJECTED', () => gatherRun(run, { maxRejected: 2 }));
  assert.match(error.message, '3 of 26 images cannot be used, at most 2 may be; the first: ');
  const [, list] = await once(set);
  for (const _ of [1, 2]) {
    assert.is((await gatherRun(run, { maxRejected: 3 })).rejected, 3);
    assert.is(readFileSync(join(run, 'rejected.jsonl')).toString('hex'), list, 'each time the list of all shards');
  }
});

test('two gathers at once, and what another one has begun stays', async () => {
  const run = await whole(await planned());
  const begun = join(run, 'attempts', 'rejected-abc123');
  mkdirSync(begun, { recursive: true });
  mkdirSync(join(run, 'attempts', '00001-abc123'));
  const [, list] = await once(set);
  await Promise.all([1, 2, 3].map(() => gatherRun(run, { maxRejected: 3 })));
  assert.is(readFileSync(join(run, 'rejected.jsonl')).toString('hex'), list);
  assert.equal(readdirSync(join(run, 'attempts')), ['rejected-abc123']);
});

test('a shard of nothing but broken images has no part', async () => {
  const broken = join(folder, 'broken');
  writeFiles(broken, { '0.png': 'x', '1.png': 'x', '2.png': image(0), '3.png': image(1) });
  const run = await planned(broken, { shards: 4, groupFrom: undefined });
  await task(run, [0, 1, 2, 3]);
  assert.equal(readdirSync(join(run, 'parts')), ['00002.parquet', '00003.parquet']);
  assert.is((await gatherRun(run, { maxRejected: 2 })).rows, 2);
  const events = await openEvents(run);
  let rows = 0;
  for await (const batch of events.batches()) rows += batch.rows;
  assert.is(rows, 2);
});

longTest('other weights and other bits are refused, or taken where that is asked for', async () => {
  const run = await planned();
  const other = { ...pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 }) };
  const options = (weights: typeof other, allowMixed: boolean) => ({
    plan: run,
    choose: () => [0],
    load: () => Embedder.create(weights, { backend: 'simd' as const, threads: 0 }),
    allowMixed,
  });
  const sha256 = '1'.repeat(64);
  await refusal('WEIGHTS_DIFFER', () => embedShards(options({ ...other, sha256 }, false)), '111111111111');
  const taps = await refusal('WEIGHTS_DIFFER', () =>
    embedShards({ ...options(other, false), load: () => Embedder.create(other, { backend: 'simd', tap: 'layer9' }) }),
  );
  assert.match(taps.message, 'the weights have no layer');
  // The same name with other numbers stands for an engine that computes other bits.
  const tensors = new Map(
    [...other.tensors].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => x * 1.01) }]),
  );
  const bits = await refusal('PROBE_DIFFERS', () => embedShards(options({ ...other, tensors }, false)));
  assert.match(bits.hint!, '--allow-mixed');
  assert.equal((await embedShards(options({ ...other, tensors }, true))).done, [0]);
});

test('a plan is made once, of what others can find', async () => {
  const run = await planned();
  await refusal('PLAN_EXISTS', () => makePlan(embedder, [set], run, SETTINGS));
  const code = async (input: string, options: Partial<PlanOptions>) =>
    (await refusal('BAD_OPTION', () => planned(input, options))).message;
  assert.match(await code(set, { shards: 27 }), '27 shards of 26 images');
  assert.match(await code(set, { shards: 0 }), 'from 1');
  assert.match(await code(set, { imageUrl: '{row}' }), '{row} is not known in a shard');
  await refusal('RUN_PLACE', () => makePlan(embedder, [set], 'https://bucket/run', SETTINGS));
});

test('parts of different tables are no table', async () => {
  const run = await whole(await planned());
  const other = await whole(await planned(set, { shards: SHARDS, groupFrom: undefined }));
  const mixed = temporaryFolder();
  for (const [name, from] of [
    ['0.parquet', run],
    ['1.parquet', other],
  ] as const) {
    writeFileSync(join(mixed, name), readFileSync(join(from, 'parts', '00000.parquet')));
  }
  const events = await openEvents(mixed);
  const error = await refusal('EVENTS_PARTS_DIFFER', async () => {
    for await (const _ of events.batches());
  });
  assert.match(error.message, '1.parquet: its carried are');
  await refusal('EVENTS_EMPTY', () => openEvents(temporaryFolder()));
});
