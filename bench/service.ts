/**
 * Single images as a service has them, beside the same images in one run of `embedImages`, and the time of a record.
 *
 *     npm run bench -- service [--photos FOLDER] [--count 100] [--rounds 3] [--no-save]
 *
 * JPEGs of `--photos`, by default npm's photographs, go through ResNet-18 at 224×224 with random weights, on all cores.
 * A direct call decodes, measures and resizes on the calling thread, and gives the engine a batch of one. All take turns
 * in each round. Records are of made-up rows: 16 components, 8 clusters, 24 statistics, 10 classes, 8 cameras.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../base/index.js';
import { IMAGE_STATISTICS, loadImageKernels, openEventWriter, readyImage } from '../data/index.js';
import { embedImages, fitProfileFromEvents, writeProfile } from '../pipeline/index.js';
import { type ImageEmbedder, openEmbedder, type RecordedImage, Recorder } from '../pipeline/service/index.js';
import { temporaryFolder } from '../spec/support/places.js';
import { pseudoWeights } from '../spec/support/pseudo-weights.js';
import { writeWeights } from '../weights/index.js';
import { machine, median } from './machine.js';
import { photographsOf } from './photographs.js';
import { appendResults, flagsOf } from './results.js';

const flags = flagsOf({ ...{ photos: '', count: '100', rounds: '3' }, ...({ 'no-save': false } as const) });
const [COUNT, ROUNDS] = [Number(flags.count), Number(flags.rounds)];
const CALLERS = [1, 16];
const RECORDS = 20_000;
const folder = temporaryFolder();

interface Row {
  what: string;
  /** Images a second, or microseconds a record. */
  value: number;
  /** Over the rate of `embedImages`, or of direct calls. */
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

async function callRows(): Promise<Row[]> {
  const paths = photographs();
  const files = paths.map((path) => readFileSync(path));
  const weights = join(folder, 'weights');
  await writeWeights(weights, pseudoWeights({ backbone: 'resnet18', head: [], classes: 1000 }));
  await loadImageKernels();
  await using embedder = await openEmbedder(weights);
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

const results = [...(await callRows()), await recordRow(512), await recordRow(2048)];
const rows = results.map(({ what, value, ratio }) => {
  return { ...machine(), what, value: Number(value.toPrecision(3)), ratio: Number(ratio.toPrecision(3)) };
});
console.table(rows.map(({ what, value, ratio }) => ({ what, value, ratio })));
if (!flags['no-save']) console.log(`appended to ${await appendResults('service.csv', rows)}`);
