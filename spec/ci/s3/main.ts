/**
 * The same images on disk, in a bucket and on a web server, in each packing: `embed` gives the same events in the same
 * order, whatever the servers do. `main.js FOLDER PYTHON`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { comparable, readEvents } from '../../data/support/event-tables.js';
import { runBesideAlone } from '../../support/run-beside.js';
import { type SiteFault, serveSite } from '../../support/site.js';
import { allChecks, assert, endedWith } from '../../support/test.js';
import { faultyProxy } from './faulty-proxy.js';
import { putObject, startMoto } from './moto.js';
import { makeSources } from './sources.js';

const [folder = '', python = ''] = process.argv.slice(2);
const BUCKET = 'bucket';
const work = join(folder, 'work');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

interface Source {
  /** From the folder of the sources: the same words for the disk and for URLs. */
  path: string;
  flags: readonly string[];
  /** Where it is read from besides the disk; a web server lists no folders. */
  from: readonly ('s3' | 'https')[];
}

const LABELS = ['--labels', 'folder'];
const SAME = ['--dataset', 'same'];
const cache = join(work, 'cache');
const BOTH = ['s3', 'https'] as const;
/** Archives of a folder are compared with the folder. */
const FOLDER: Source = { path: 'photos/', flags: [...LABELS, '--cache', cache], from: ['s3'] };
const ARCHIVES: readonly Source[] = [
  { path: 'photos.tar', flags: LABELS, from: BOTH },
  { path: 'photos.zip', flags: LABELS, from: allChecks ? BOTH : ['https'] },
];
const OTHERS: readonly Source[] = [
  { path: 'shards/{00..02}.tar', flags: [], from: allChecks ? BOTH : ['https'] },
  { path: 'shards/0?.tar', flags: [], from: ['s3'] },
  { path: 'images.parquet', flags: [], from: allChecks ? BOTH : ['https'] },
  { path: 'images.npz', flags: [], from: allChecks ? BOTH : ['s3'] },
  { path: 'photos/list.csv', flags: ['--labels', 'digit'], from: allChecks ? BOTH : ['https'] },
];

const root = join(work, BUCKET);
await makeSources(root);
const moto = await startMoto(python);
const files = await upload(moto.url);
const proxy = await faultyProxy(moto.port);
const KINDS: SiteFault[] = ['cut', null, 'unavailable', null, 'slow', null, 'short', null, 'long', null, null];
let [faults, embeds] = [0, 0];
const served = Object.fromEntries(Object.entries(files).map(([key, bytes]) => [`${BUCKET}/${key}`, bytes]));
const site = await serveSite(served, {
  tls: { cert: readFileSync(join(folder, 'cert.pem'), 'utf8'), key: readFileSync(join(folder, 'key.pem'), 'utf8') },
  fault: (_, number) => {
    const kind = KINDS[number % KINDS.length] ?? null;
    if (kind !== null) faults++;
    return kind;
  },
});
try {
  const wanted = await compare(FOLDER, ARCHIVES);
  await cached(FOLDER, wanted);
  for (const source of OTHERS) await compare(source, []);
} finally {
  proxy.close();
  moto.process.kill();
  await site.close();
}
console.log(`S3: ${proxy.counts.requests} requests, ${proxy.counts.faults} with faults`);
console.log(`HTTPS: ${site.seen.length} requests, ${faults} with faults`);

/** A source, and others of the same images, from wherever they are: as from the disk. */
async function compare(source: Source, others: readonly Source[]): Promise<unknown> {
  const wanted = await embedded([join(root, source.path), ...source.flags, ...SAME]);
  for (const { path, flags, from } of [source, ...others]) {
    const places = from.map((one) => `${one === 's3' ? 's3://' : site.url}${BUCKET}/${path}`);
    const found = await Promise.all(places.map((place) => embedded([place, ...flags, ...SAME])));
    for (const events of found) assert.equal(events, wanted, path);
    console.log(`ok ${path} from ${from.join(' and ')}: ${wanted.rows} events, those of ${source.path} on the disk`);
  }
  return wanted;
}

/** Another run with the cache asks whether files have changed, and fetches none. */
async function cached({ path, flags }: Source, wanted: unknown): Promise<void> {
  const kept = () => readdirSync(cache, { recursive: true }).sort();
  const before = kept();
  assert.equal(await embedded([`s3://${BUCKET}/${path}`, ...flags, ...SAME]), wanted);
  assert.equal(kept(), before);
  console.log(`ok ${path} from the cache: ${before.length} names in it, the same events`);
}

async function embedded(args: readonly string[]) {
  const out = join(work, `${embeds++}.parquet`);
  const flags = ['--weights', 'fashion-mnist-resnet18', '--threads', '1', '--out', out, '--quiet'];
  endedWith(0, await runBesideAlone(['embed', ...args, ...flags], { env: { AWS_ENDPOINT_URL: proxy.url } }));
  assert.is(existsSync(`${out}.rejected.jsonl`) && readFileSync(`${out}.rejected.jsonl`, 'utf8') !== '', false);
  return comparable((await readEvents(out)).events);
}

/** Puts all files into the bucket. @returns them by their keys */
async function upload(url: string): Promise<Record<string, Buffer>> {
  await putObject(url, BUCKET, '', null);
  const all: Record<string, Buffer> = {};
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    all[relative(root, path)] = readFileSync(path);
  }
  for (const [key, bytes] of Object.entries(all)) await putObject(url, BUCKET, key, bytes);
  return all;
}
