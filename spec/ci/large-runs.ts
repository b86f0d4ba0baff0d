/**
 * Time and memory of large runs: `node dist/spec/ci/large-runs.js FOLDER [KEYS] [SHARDS] [ROWS]`. A plan of KEYS URLs
 * of a table; `status` and `gather` of SHARDS shards of two rows; `gather --profile`, `baseline` and `drift` of ROWS
 * rows of 512 made values in 100 parts. 0 leaves a part out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../base/index.js';
import { type EventTableSchema, openEventWriter } from '../../data/index.js';
import { RandomAccessFile } from '../../files/index.js';
import {
  LocalPlace,
  PLAN,
  type Plan,
  partFile,
  planText,
  readPlan,
  rejectedFile,
  runId,
  sumOf,
} from '../../scale/index.js';
import { markerFile, markerText } from '../../scale/shards/marker.js';
import { tableSchema } from '../fiddler/publish/events-fixture.js';
import { measuredProcess } from '../support/peak-memory.js';
import { packageRoot } from '../support/places.js';

const [folder = '', ...counts] = process.argv.slice(2);
const [keys = 10_000_000, shards = 10_000, rows = 1_000_000] = counts.map(Number);
const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const MODEL = ['--weights', 'fashion-mnist-resnet18', '--backend', 'simd'];
const [PARTS, DIMENSIONS, CLASSES] = [100, 512, 10];
const POLL_MS = 100;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

/** Runs a command, and prints its time, that of processors, and the most memory that it had. */
async function measured(...args: string[]): Promise<void> {
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args, '--quiet'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { peak, computing } = await measuredProcess(child, POLL_MS);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const times = `${seconds} s, ${computing.toFixed(1)} s of processor time`;
  console.log(`${args.slice(0, 2).join(' ')}: ${times}, ${Math.round(peak)} MiB at most`);
}

async function writeTable(path: string): Promise<void> {
  const file = createWriteStream(path);
  file.write('url,site\n');
  // Every number once, in no order: the factor is prime, and no factor of the count.
  const number = (i: number) => (i * 7_368_787 + 12_345) % keys;
  for (let first = 0; first < keys; first += 10_000) {
    const lines = Array.from({ length: Math.min(10_000, keys - first) }, (_, i) => {
      const name = number(first + i);
      return `https://images.example/${name % 100}/${String(name).padStart(8, '0')}.jpg,site ${name % 7}\n`;
    });
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

const SCHEMA = tableSchema({
  dimensions: DIMENSIONS,
  classes: Array.from({ length: CLASSES }, (_, i) => `class ${i}`),
  tap: 'flatten',
  weightsSha256: 'ab'.repeat(32),
  hasTargets: false,
});

async function writePart(path: string, schema: EventTableSchema, count: number, random: Random, first: number) {
  const writer = await openEventWriter(path, schema);
  const { dimensions } = schema;
  for (let row = 0; row < count; row += 1000) {
    const size = Math.min(1000, count - row);
    const names = Array.from({ length: size }, (_, i) => String(first + row + i).padStart(10, '0'));
    await writer.write({
      rows: size,
      embeddings: Float32Array.from({ length: size * dimensions }, (_, i) => random.uniform() + (i % 5)),
      scores: Float32Array.from({ length: size * CLASSES }, () => 1 / CLASSES),
      targets: new Array<null>(size).fill(null),
      imageUrls: names,
      timestamps: new Array<null>(size).fill(null),
      eventIds: names,
      statistics: new Map(),
      extraTaps: new Map(),
    });
  }
  await writer.commit();
}

/** A finished run, by a small one's plan. @param areEqual whether all parts are the same file, which saves time */
async function makeRun(name: string, count: number, of: number, schema: EventTableSchema, areEqual: boolean) {
  const { plan } = await readPlan(new LocalPlace(join(folder, 'small')));
  const ranges = Array.from({ length: count }, (_, shard) => ({ first: shard * of, images: of, bytes: of }));
  const images = count * of;
  const listing = plan.listing!;
  const files = Array.from({ length: Math.ceil(images / listing.rows) }, () => listing.files[0]!);
  const large: Plan = { ...plan, images, bytes: images, shards: ranges, listing: { ...listing, files } };
  const text = planText(large);
  const run = runId(text);
  const path = (file: string) => join(folder, name, file);
  for (const within of ['parts', 'rejected', 'done']) mkdirSync(path(within), { recursive: true });
  writeFileSync(path(PLAN), text);
  const random = new Random(1);
  const list = { bytes: 0, sha256: runId('') };
  let part = { bytes: 0, sha256: '' };
  for (let shard = 0; shard < count; shard++) {
    if (areEqual && shard > 0) copyFileSync(path(partFile(0)), path(partFile(shard)));
    else {
      await writePart(path(partFile(shard)), schema, of, random, shard * of);
      part = await sumOf(await RandomAccessFile.open(path(partFile(shard))));
    }
    writeFileSync(path(rejectedFile(shard)), '');
    writeFileSync(path(markerFile(shard)), markerText({ ...FACTS, run, shard, images: of, rows: of, part, list }));
  }
  console.log(`${name}: ${count} shards of ${of} rows, ${part.bytes.toLocaleString('en')} bytes each`);
}

const FACTS = {
  ...{ rejected: 0, labelled: 0, correct: 0, host: 'made', finished: '2026-01-01T00:00:00.000Z', seconds: 1 },
  memory_bytes: 0,
  versions: { image_drift: '0', node: process.version },
  engine: { backend: 'simd', device: null, threads: 1, precision: 'float32', probe: 'cd'.repeat(32) },
};

writeFileSync(join(folder, 'small.csv'), 'url\nhttps://images.example/1.jpg\n');
await measured('plan', 'small.csv', ...MODEL, '--shards', '1', '--out', 'small');
if (keys > 0) {
  await writeTable(join(folder, 'keys.csv'));
  await measured('plan', 'keys.csv', ...MODEL, '--shards', '10000', '--out', 'planned');
}
if (shards > 0) {
  await makeRun('many', shards, 2, { ...SCHEMA, dimensions: 8 }, true);
  await measured('status', 'many');
  await measured('gather', 'many', '--out', 'many.parquet');
}
if (rows > 0) {
  await makeRun('long', PARTS, Math.ceil(rows / PARTS), SCHEMA, false);
  await measured('gather', 'long', '--profile', 'long.json');
  await measured('baseline', 'long', '--out', 'baseline.json');
  await measured('drift', 'long', '--baseline', 'baseline.json');
}
