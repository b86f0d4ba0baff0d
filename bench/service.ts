/**
 * A service: single images beside the same images in one run of `embedImages`, the time of a record, memory over many
 * records, and requests through fastify.
 *
 *     npm run bench -- service [--parts calls,equal,record,memory,requests] [--photos FOLDER] [--count 100] [--rounds 3]
 *       [--records 10000000] [--requests 5000] [--no-save]
 *
 * JPEGs of `--photos`, by default npm's photographs, go through ResNet-18 at 224×224 with random weights, on all cores.
 * A direct call decodes, measures and resizes on the calling thread, and gives the engine a batch of one. All take turns
 * in each round. Photographs of which all numbers are compared are these and 200 of CIFAR-10, as JPEGs. Records are of
 * made-up rows: 16 components, 8 clusters, 24 statistics, 10 classes, 8 cameras; those of `memory` are flushed and judged
 * as a service's are, at 100,000 a day. Requests go to the program of docs/service.md (`spec/ci/service.sh`).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Random } from '../base/index.js';
import { IMAGE_STATISTICS, loadImageKernels, openEventWriter, openImages, readyImage } from '../data/index.js';
import { DAY } from '../drift/index.js';
import { imagenetPreprocessing } from '../graph/backbones/index.js';
import { embedImages, fitProfileFromEvents, writeProfile } from '../pipeline/index.js';
import { type ImageEmbedder, openEmbedder, type RecordedImage, Recorder } from '../pipeline/service/index.js';
import { answerOf, batchedAnswers } from '../spec/support/embedded-rows.js';
import { jpeg } from '../spec/support/image-files.js';
import { packageRoot, temporaryFolder } from '../spec/support/places.js';
import { pseudoWeights } from '../spec/support/pseudo-weights.js';
import { writeWeights } from '../weights/index.js';
import { machine, median } from './machine.js';
import { photographsOf } from './photographs.js';
import { appendResults, flagsOf } from './results.js';
import { shared } from './rows.js';

const flags = flagsOf({
  ...{ parts: 'calls,equal,record,memory,requests', photos: '', count: '100', rounds: '3' },
  ...{ records: '10000000', requests: '5000' },
  ...({ 'no-save': false } as const),
});
const [COUNT, ROUNDS] = [Number(flags.count), Number(flags.rounds)];
const PHOTOGRAPHS = 200;
const MILLION = 1_000_000;
const MEGABYTE = 2 ** 20;
const CALLERS = [1, 16];
const RECORDS = 20_000;
const folder = temporaryFolder();

interface Row {
  what: string;
  /** Images a second, microseconds a record, equal rows, megabytes, milliseconds. */
  value: number;
  /** Over the rate of `embedImages` or of direct calls, over all rows, over the first million, over an idle process. */
  ratio: number;
}

function photographs(): string[] {
  const from = flags.photos === '' ? photographsOf(folder) : flags.photos;
  const names = readdirSync(from).filter((name) => name.endsWith('.jpg'));
  const images = join(folder, 'images');
  mkdirSync(images);
  return Array.from({ length: COUNT }, (_, i) => {
    const path = join(images, `${String(i).padStart(4, '0')}.jpg`);
    cpSync(join(from, names[i % names.length]!), path);
    return path;
  });
}

async function rateOf(images: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (1000 * images) / (performance.now() - start);
}

async function called(embedder: ImageEmbedder, files: readonly Uint8Array[], callers: number): Promise<void> {
  let next = 0;
  const caller = async () => {
    while (next < files.length) await embedder.embed(files[next++]!);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

async function direct({ network }: ImageEmbedder, files: readonly Uint8Array[]): Promise<void> {
  const settings = { rule: network.config.preprocessing, statistics: true, facts: true };
  for (const bytes of files) {
    const { pixels } = await readyImage({ bytes, where: 'image' }, settings);
    for await (const _ of network.run([{ rows: 1, ...pixels }]));
  }
}

async function opened(): Promise<ImageEmbedder> {
  const weights = join(folder, 'weights');
  const made = pseudoWeights({ backbone: 'resnet18', head: [], classes: 1000 });
  await writeWeights(weights, { ...made, config: { ...made.config, preprocessing: imagenetPreprocessing } });
  await loadImageKernels();
  return openEmbedder(weights);
}

async function callRows(): Promise<Row[]> {
  const paths = photographs();
  const files = paths.map((path) => readFileSync(path));
  await using embedder = await opened();
  await called(embedder, files.slice(0, 32), 16);
  const rates = new Map<string, number[]>();
  const add = (name: string, rate: number) => rates.set(name, [...(rates.get(name) ?? []), rate]);
  for (let round = 0; round < ROUNDS; round++) {
    const out = join(folder, 'events.parquet');
    const whole = () => embedImages(embedder.network, join(folder, 'images'), out, { saveEvery: 0 });
    add('embedImages', await rateOf(COUNT, whole));
    add('direct calls', await rateOf(COUNT, () => direct(embedder, files)));
    for (const callers of CALLERS) {
      add(`${callers} callers`, await rateOf(COUNT, () => called(embedder, files, callers)));
    }
  }
  const of = (name: string) => median(rates.get(name)!);
  return [...rates.keys()].map((what) => {
    return { what, value: of(what), ratio: of(what) / of(what === '1 callers' ? 'direct calls' : 'embedImages') };
  });
}

/** How many photographs have the numbers of `embedImages`, bit for bit. */
async function equalRows(): Promise<Row[]> {
  const from = flags.photos === '' ? photographsOf(join(folder, 'npm')) : flags.photos;
  const images = join(folder, 'photographs');
  mkdirSync(images);
  const own = readdirSync(from).filter((name) => name.endsWith('.jpg'));
  for (const name of own) cpSync(join(from, name), join(images, name));
  const set = await openImages(join(shared(), 'cifar', 'production_1', 'image_data.npz'));
  for await (const { rows, height, width, data, firstRow } of set.batches(PHOTOGRAPHS)) {
    for (let row = 0; row < rows; row++) {
      const bytes = height * width * 3;
      const pixels = { height, width, data: data.subarray(row * bytes, (row + 1) * bytes) };
      writeFileSync(join(images, `cifar-${firstRow + row}.jpg`), jpeg(pixels));
    }
    break;
  }
  await set.close();
  await using embedder = await opened();
  const wanted = await batchedAnswers(embedder.network, images, join(folder, 'photographs.parquet'));
  let equal = 0;
  const compare = async (name: string) => {
    const answer = await answerOf(embedder.embed(readFileSync(join(images, name))));
    equal += Number(isDeepStrictEqual(answer, wanted.get(name)));
  };
  const names = [...wanted.keys()];
  for (let at = 0; at < names.length; at += 16) await Promise.all(names.slice(at, at + 16).map(compare));
  return [
    { what: 'photographs with the numbers of embedImages, bit for bit', value: equal, ratio: equal / names.length },
  ];
}

/** Rows of a made-up baseline. */
function madeRows(dimensions: number, count: number): RecordedImage[] {
  const random = new Random(3);
  return Array.from({ length: count }, (_, row) => {
    const raw = Array.from({ length: 10 }, () => random.uniform());
    const sum = raw.reduce((a, b) => a + b);
    return {
      embedding: Float32Array.from({ length: dimensions }, () => random.normal()),
      scores: Float32Array.from(raw, (value) => value / sum),
      statistics: Object.fromEntries(IMAGE_STATISTICS.map((name) => [name, random.uniform()])),
      at: Date.UTC(2026, 0, 1) + 600_000 * row,
      columns: { camera: `camera ${row % 8}` },
    };
  });
}

async function profileOf(rows: readonly RecordedImage[], dimensions: number): Promise<string> {
  const table = join(folder, `baseline-${dimensions}.parquet`);
  const writer = await openEventWriter(table, {
    ...{ dimensions, classes: rows[0]!.scores && Array.from({ length: 10 }, (_, i) => `class ${i}`), tap: null },
    ...{ weightsSha256: null, hasTargets: false, hasImageUrls: false, hasTimestamps: true, hasEventIds: false },
    ...{ statistics: IMAGE_STATISTICS, images: null, extraTaps: new Map() },
    carried: [{ name: 'camera', type: 'string' }],
  } as Parameters<typeof openEventWriter>[1]);
  const none = rows.map(() => null);
  await writer.write({
    rows: rows.length,
    embeddings: Float32Array.from(rows.flatMap(({ embedding }) => [...(embedding as Float32Array)])),
    scores: Float32Array.from(rows.flatMap(({ scores }) => [...(scores as Float32Array)])),
    ...{ targets: none, imageUrls: none, eventIds: none, extraTaps: new Map() },
    timestamps: rows.map(({ at }) => at as number),
    statistics: new Map(
      IMAGE_STATISTICS.map((name) => [name, Float32Array.from(rows, ({ statistics }) => statistics![name]!)]),
    ),
    carried: new Map([['camera', rows.map(({ columns }) => columns!['camera']!)]]),
  });
  await writer.commit();
  const path = join(folder, `profile-${dimensions}.json`);
  await writeProfile(path, await fitProfileFromEvents(table, { clusters: 8, by: ['camera'] }));
  return path;
}

async function recordRow(dimensions: number): Promise<Row> {
  const rows = madeRows(dimensions, 1500);
  const baseline = await profileOf(rows, dimensions);
  const state = join(folder, `state-${dimensions}`);
  await using recorder = await Recorder.open(state, { baseline, by: 'camera', force: true, judgeEvery: 0 });
  const times: number[] = [];
  for (let i = 0; i < RECORDS; i++) {
    const start = performance.now();
    recorder.record(rows[i % rows.length]!);
    times.push(1000 * (performance.now() - start));
  }
  if (recorder.rejected > 0) throw new Error(`${recorder.rejected} records were refused`);
  return { what: `a record of ${dimensions} values, µs in the median`, value: median(times), ratio: 1 };
}

/** What the process has in memory over many records, as it is after each million. */
async function memoryRows(): Promise<Row[]> {
  const rows = madeRows(512, 1500);
  const baseline = await profileOf(rows, 512);
  const count = Number(flags.records);
  let time = rows.at(-1)!.at as number;
  const options = { baseline, by: 'camera', force: true, now: () => time } as const;
  await using recorder = await Recorder.open(join(folder, 'state-memory'), options);
  const memory: number[] = [];
  for (let i = 1; i <= count; i++) {
    time += DAY / 100_000;
    recorder.record({ ...rows[i % rows.length]!, at: time });
    // A service's loop turns between requests.
    if (i % 200 === 0) await new Promise(setImmediate);
    if (i % (count / 10) !== 0) continue;
    memory.push(process.memoryUsage().rss / MEGABYTE);
    console.log(`${i.toLocaleString('en')} records: ${memory.at(-1)!.toFixed(0)} MB`);
  }
  if (recorder.rejected > 0) throw new Error(`${recorder.rejected} records were refused`);
  const { rows: counted } = await recorder.status();
  if (counted !== count) throw new Error(`${counted} of ${count} records are in the state`);
  const what = (when: string) => `MB ${when} of ${count / MILLION} million records of 512 values`;
  const of = (when: string, value: number) => ({ what: what(when), value, ratio: value / memory[0]! });
  return [of('after a tenth', memory[0]!), of('at most', Math.max(...memory)), of('at the end', memory.at(-1)!)];
}

interface Measured {
  requests: number;
  right: number;
  refused: number;
  givenUp: number;
  seconds: number;
  first: number;
  last: number;
  loop: { p999: number };
  control: { p999: number };
}

/** The program of docs/service.md from the packed package, in a project of its own. */
async function requestRows(): Promise<Row[]> {
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: packageRoot });
  const tarball = join(folder, packed.toString().trim().split('\n').at(-1)!);
  const project = join(folder, 'project');
  const script = join(packageRoot, 'spec/ci/service.sh');
  execFileSync('bash', [script, tarball, project, flags.requests], { stdio: 'inherit' });
  const measured = JSON.parse(readFileSync(join(project, 'measured.json'), 'utf8')) as Measured;
  const { requests, right, refused, givenUp, seconds, first, last, loop, control } = measured;
  const answered = right + refused + givenUp;
  return [
    {
      what: `right answers, refusals and given up of ${requests} requests`,
      value: answered,
      ratio: answered / requests,
    },
    { what: 'requests a second, 16 at once', value: requests / seconds, ratio: 1 },
    { what: `MB at the end of ${requests} requests, over the first`, value: last, ratio: last / first },
    {
      what: "ms, 99.9th percentile of the event loop's delay, over an idle process",
      value: loop.p999,
      ratio: loop.p999 / control.p999,
    },
  ];
}

const parts: Record<string, () => Promise<Row[]>> = {
  calls: callRows,
  equal: equalRows,
  record: async () => [await recordRow(512), await recordRow(2048)],
  memory: memoryRows,
  requests: requestRows,
};
const results: Row[] = [];
for (const part of flags.parts.split(',')) results.push(...(await parts[part]!()));
const rows = results.map(({ what, value, ratio }) => {
  return { ...machine(), what, value: Number(value.toPrecision(3)), ratio: Number(ratio.toPrecision(3)) };
});
console.table(rows.map(({ what, value, ratio }) => ({ what, value, ratio })));
if (!flags['no-save']) console.log(`appended to ${await appendResults('service.csv', rows)}`);
