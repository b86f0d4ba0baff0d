import { createHash } from 'node:crypto';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type EmbedImagesOptions, embedImages } from '../../pipeline/index.js';
import { rowImages, tar, writeFiles } from '../support/image-files.js';
import { loadNarrow } from '../support/narrow-run.js';
import { writeNpz } from '../support/npz-file.js';
import { assert, cases, longTest, refusal, temporaryFolder, test } from '../support/test.js';

const folder = temporaryFolder();
const [ROWS, SIDE, BATCH] = [14, 32, 4];
const { data, image } = rowImages(ROWS, SIDE);
const files = Object.fromEntries(Array.from({ length: ROWS }, (_, row) => [`${100 + row}.png`, image(row)]));
/** Rejected images before, between and behind the batches. */
const broken = { '000.png': 'x', '103a.png': 'x', '106a.png': '', '107a.png': 'y', '999.png': 'z' };
const set = join(folder, 'set');
writeFiles(set, { ...files, ...broken });
const packed = join(folder, 'set.tar');
writeFileSync(packed, tar(Object.entries({ ...files, ...broken }).map(([name, bytes]) => ({ name, bytes }))));
const array = join(folder, 'set.npz');
writeNpz(array, { arr_0: { descr: '|u1', shape: [ROWS, SIDE, SIDE, 3], values: data } });

const embedder = await loadNarrow({ batch: BATCH });
test.after(() => embedder.close());

/** Saves after every batch. */
const ALWAYS = 1e-9;
class Cut extends Error {}

interface Run {
  bytes: string[];
  resumed: number;
  notices: string[];
}

function output(format = 'parquet'): string {
  return join(temporaryFolder(), `events.${format}`);
}

async function run(input: string, out: string, options: EmbedImagesOptions = {}): Promise<Run> {
  const notices: string[] = [];
  const given = { maxRejected: 5, saveEvery: ALWAYS, ...options };
  const summary = await embedImages(embedder, input, out, { ...given, onNotice: (text) => notices.push(text) });
  assert.is(existsSync(`${out}.parts`), false, 'nothing is left beside the events');
  const outputs = [out, `${out}.rejected.jsonl`].filter((path) => existsSync(path));
  return { bytes: outputs.map((path) => readFileSync(path).toString('hex')), resumed: summary.resumed, notices };
}

/** A run that ends once so many images are finished and saved, as if it had been killed then. */
async function cut(input: string, out: string, images: number, options: EmbedImagesOptions = {}): Promise<void> {
  const onProgress = (done: number) => {
    if (done >= images) throw new Cut();
  };
  try {
    await embedImages(embedder, input, out, { maxRejected: 5, saveEvery: ALWAYS, ...options, onProgress });
  } catch (error) {
    if (error instanceof Cut) return;
    throw error;
  }
  throw new Error('was not cut');
}

const partsOf = (out: string) => readdirSync(`${out}.parts`).filter((name) => name.endsWith('.part'));
const part = (out: string, number: number) => join(`${out}.parts`, `${String(number).padStart(8, '0')}.part`);

const outputs: readonly (readonly [input: string, format: string])[] = [
  [set, 'parquet'],
  [set, 'npz'],
  [packed, 'jsonl'],
  [packed, 'csv'],
  [array, 'parquet'],
  [array, 'npz'],
];
for (const [input, format] of cases(outputs, 3)) {
  test(`cut after any batch, a run goes on to the same bytes: ${input.slice(folder.length + 1)}, ${format}`, async () => {
    const whole = await run(input, output(format));
    assert.is(whole.resumed, 0);
    for (const images of cases([1, 6, 9, 10, 14], 2)) {
      const out = output(format);
      await cut(input, out, images);
      const again = await run(input, out);
      assert.equal(again.bytes, whole.bytes, `cut after ${images} images`);
      assert.ok(again.resumed >= BATCH, `${again.resumed} were taken`);
      assert.match(again.notices.join('\n'), 'were finished before; this run goes on from there');
    }
  });
}

longTest('cut again and again, each run gets further', async () => {
  const out = output();
  for (const images of [5, 9, 13]) await cut(set, out, images);
  assert.is(partsOf(out).length, 3);
  assert.equal((await run(set, out)).bytes, (await run(set, output())).bytes);
});

test('what is finished stays with an error, and a larger limit for rejected images goes on', async () => {
  const out = output();
  await refusal('IMAGES_REJECTED', () => run(set, out, { maxRejected: 3 }));
  assert.ok(partsOf(out).length > 0);
  const again = await run(set, out);
  assert.ok(again.resumed > 0);
  assert.equal(again.bytes, (await run(set, output())).bytes);
});

test('a run with other settings takes nothing, and says which', async () => {
  const whole = await run(set, output(), { statistics: false, groupFrom: 'name:^(.)' });
  const out = output();
  await cut(set, out, 9);
  const { bytes, resumed, notices } = await run(set, out, { statistics: false, groupFrom: 'name:^(.)' });
  assert.equal(bytes, whole.bytes);
  assert.is(resumed, 0);
  assert.match(notices.join('\n'), 'statistics was yes, now no');
  assert.match(notices.join('\n'), 'group-from was not given, now name:^(.)');
});

test('images without a time or a group are counted, whichever run has looked at them', async () => {
  const options = { groupFrom: 'name:^(10.)', timestampFrom: 'name:^11' };
  const counts = [/^4 images have no group from name:\^\(10\.\): it is empty\.$/m, /^14 images have no time from/m];
  const out = output();
  await cut(set, out, 15, options);
  const again = await run(set, out, options);
  assert.ok(again.resumed > 10, 'some without a group are among those of the first run');
  for (const { notices } of [again, await run(set, output(), options)]) {
    for (const count of counts) assert.match(notices.join('\n'), count);
  }
});

longTest('settings that only decide how events are written go on', async () => {
  const whole = await run(set, output(), { dataset: 'other', imageUrl: 'https://x/{row}/{key}' });
  const out = output();
  await cut(set, out, 9);
  const again = await run(set, out, { dataset: 'other', imageUrl: 'https://x/{row}/{key}' });
  assert.equal(again.bytes, whole.bytes);
  assert.ok(again.resumed > 0);
});

test('an image that has changed, or the part that it is in, is made again, with all that follow', async () => {
  const changing = join(folder, 'changing');
  writeFiles(changing, files);
  const out = output();
  await cut(changing, out, 12);
  writeFileSync(join(changing, '105.png'), image(0));
  utimesSync(join(changing, '105.png'), 1_700_000_000, 1_700_000_000);
  const { bytes, resumed, notices } = await run(changing, out);
  assert.is(resumed, BATCH);
  assert.match(notices.join('\n'), '105.png has changed since it was embedded. Images from 5 on are made again.');
  assert.equal(bytes, (await run(changing, output())).bytes);
});

longTest('another list of images, another tar, another array take nothing', async () => {
  const changes: readonly (readonly [name: string, input: string, change: (path: string) => void])[] = [
    ['grown', 'set', (path: string) => writeFiles(path, { 'new.png': image(0) })],
    ['tar', 'set.tar', (path: string) => appendFileSync(path, Buffer.alloc(512))],
    ['array', 'set.npz', (path: string) => utimesSync(path, 1_700_000_000, 1_700_000_000)],
  ];
  for (const [name, input, change] of changes) {
    const path = join(folder, name, input);
    if (input === 'set') writeFiles(path, files);
    else {
      mkdirSync(join(folder, name));
      copyFileSync(join(folder, input), path);
    }
    const out = output();
    await cut(path, out, 9);
    change(path);
    const { bytes, resumed, notices } = await run(path, out);
    assert.is(resumed, 0, name);
    assert.match(notices.join('\n'), /is not taken|has changed/, name);
    assert.equal(bytes, (await run(path, output())).bytes, name);
  }
});

test('a damaged part ends what is taken', async () => {
  const whole = await run(set, output());
  const damages: Record<string, (path: string) => void> = {
    flipped: (path) => {
      const bytes = readFileSync(path);
      bytes[bytes.length - 20]! ^= 1;
      writeFileSync(path, bytes);
    },
    cut: (path) => writeFileSync(path, readFileSync(path).subarray(0, 500)),
    empty: (path) => writeFileSync(path, ''),
    text: (path) => writeFileSync(path, '{"run":1}\nhello\n'),
    missing: (path) => rmSync(path),
    // The bytes are right, and no clone that this Node can read.
    newer: (path) => {
      const { sha256: _, ...header } = JSON.parse(readFileSync(path, 'utf8').split('\n')[0]!);
      const payload = Buffer.from([2, 0, 0, 0, 0xff, 99]);
      const sha256 = createHash('sha256').update(payload).digest('hex');
      writeFileSync(path, Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, sha256 })}\n`), payload]));
    },
    another: (path) => copyFileSync(join(path, '..', '00000001.part'), path),
  };
  for (const [name, damage] of cases(Object.entries(damages), 3)) {
    const out = output();
    await cut(set, out, 14);
    damage(part(out, 2));
    const { bytes, resumed, notices } = await run(set, out);
    assert.equal(bytes, whole.bytes, name);
    assert.is(resumed, BATCH, name);
    if (name !== 'missing') assert.match(notices.join('\n'), /00000002.part: .*Images from 6 on are made again/, name);
  }
});

longTest('a part of another run is not taken, even where it would fit', async () => {
  const [out, other] = [output(), output()];
  await cut(set, out, 14);
  await cut(set, other, 14, { statistics: false });
  copyFileSync(part(other, 2), part(out, 2));
  const { bytes, notices } = await run(set, out);
  assert.equal(bytes, (await run(set, output())).bytes);
  assert.match(notices.join('\n'), 'is of another run');
});

test('a folder whose run is not known is begun anew; one with other things in it is refused', async () => {
  const out = output();
  for (const text of ['{', '{"format":1,"run":{"layers":5}}']) {
    await cut(set, out, 9);
    writeFileSync(join(`${out}.parts`, 'run.json'), text);
    const { resumed, notices } = await run(set, out);
    assert.is(resumed, 0);
    assert.match(notices.join('\n'), 'does not say of which run it is');
  }
  mkdirSync(`${out}.parts`);
  assert.equal((await run(set, out)).notices, [], 'an empty folder says nothing');
  writeFiles(`${out}.parts`, { 'holiday.jpg': 'mine' });
  await refusal('PARTS_FOLDER', () => run(set, out), 'holds holiday.jpg');
  assert.is(readFileSync(join(`${out}.parts`, 'holiday.jpg'), 'utf8'), 'mine');
});

longTest('a run beside another one of the same output is refused, or is right', async () => {
  const whole = await run(set, output());
  const out = output();
  await cut(set, out, 9);
  const lock = join(`${out}.parts`, 'lock');
  writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname(), started: null, id: 'x' }));
  const error = await refusal('OUT_IN_USE', () => run(set, out), `process ${process.pid} on`);
  assert.is(error.exitCode, 5);
  rmSync(lock);
  assert.equal((await run(set, out)).bytes, whole.bytes);

  const notices: string[] = [];
  const options = { maxRejected: 5, saveEvery: ALWAYS, onNotice: (text: string) => notices.push(text) };
  await Promise.all([embedImages(embedder, set, out, options), embedImages(embedder, set, out, options)]);
  assert.is(readFileSync(out).toString('hex'), whole.bytes[0]);
  assert.match(notices.join('\n'), 'From here on nothing is saved on the way');
  const leftFiles = readdirSync(join(out, '..')).filter(
    (name) => name !== 'events.parquet' && !name.endsWith('.rejected.jsonl'),
  );
  assert.equal(leftFiles, []);
});

test('a short run, one that saves nothing, stdin and functions leave no parts', async () => {
  const others: EmbedImagesOptions[] = [{ saveEvery: undefined }, { saveEvery: 0 }, { transform: (batch) => batch }];
  for (const options of others) {
    const out = output();
    await cut(set, out, 14, options);
    assert.is(existsSync(`${out}.parts`), false);
  }
  const notices: string[] = [];
  const paths = Object.keys(files).map((name) => join(set, name));
  const list = async function* () {
    yield Buffer.from(paths.join('\n'));
  };
  const onNotice = (text: string) => notices.push(text);
  await embedImages(embedder, '-', output(), { stdin: list(), saveEvery: ALWAYS, onNotice });
  assert.equal(notices, ['Images from stdin cannot be read again: if this run is cut off, it begins anew.']);
  await refusal('BAD_OPTION', () => run(set, output(), { saveEvery: -1 }));
});
