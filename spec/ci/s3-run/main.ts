/**
 * A run in a bucket gives the events, profile and drift of one `embed` on this disk, whatever the server does. Of eight
 * tasks on one shard, one commits. `main.js FOLDER PYTHON KEYS`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startEmulator } from 'image-drift-emulator';
import { FiddlerClient, Token } from '../../../fiddler/client/index.js';
import { RemoteStore } from '../../../files/download/index.js';
import { BucketPlace } from '../../../scale/index.js';
import { storedIdsOf } from '../../fiddler/publish/local-fiddler.js';
import { eventBytes, writeJpegs } from '../../support/jpeg-set.js';
import { pixels, writeNpz } from '../../support/npz-file.js';
import { runBesideAlone } from '../../support/run-beside.js';
import { assert, endedWith, printedJson } from '../../support/test.js';
import { faultyProxy } from '../s3/faulty-proxy.js';
import { putObject, startMoto } from '../s3/moto.js';

const [folder = '', python = '', keyCount = '5000'] = process.argv.slice(2);
const [IMAGES, SIDE, SHARDS, AT_ONCE, KEYS] = [240, 32, 4, 8, Number(keyCount)];
const BUCKET = 'bucket';
const TOKEN = 'fid_of_the_check';
const MODEL = ['--weights', 'fashion-mnist-resnet18', '--backend', 'simd', '--threads', '1'];
const REJECTED = ['--max-rejected', '2%'];
const work = join(folder, 'run');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

const run = (args: readonly string[], env: Record<string, string> = {}) => runBesideAlone(args, { cwd: work, env });

async function runs(...args: string[]): Promise<string> {
  return endedWith(0, await run(args), '', args.join(' ')).stdout;
}

const bytes = (name: string) => readFileSync(join(work, name));

const inputs = await writeJpegs(work, IMAGES, 1);
const moto = await startMoto(python);
const strict = await startMoto(python, { asksForKeys: true });
await putObject(moto.url, BUCKET, '', null);
const proxy = await faultyProxy(moto.port, 20);
process.env['AWS_ENDPOINT_URL'] = proxy.url;
try {
  await asOnDisk();
  await eightTasks();
  await eightUploads();
  await inParts();
  await published();
  await changedObjects();
  await manyKeys();
  await wrongKeys();
  console.log(`S3: ${proxy.counts.requests} requests, ${proxy.counts.faults} with faults`);
} finally {
  proxy.close();
  moto.process.kill();
  strict.process.kill();
}

/** Two tasks on each shard; then everything that takes a run. */
async function asOnDisk(): Promise<void> {
  const place = `s3://${BUCKET}/runs/week`;
  await runs('embed', ...inputs.folder, ...MODEL, ...REJECTED, '--out', 'week.parquet');
  await runs('plan', ...inputs.folder, ...MODEL, '--shards', String(SHARDS), '--out', place);
  const again = await run(['plan', ...inputs.folder, ...MODEL, '--shards', '2', '--out', place]);
  endedWith(4, again, `PLAN_EXISTS: ${place}/plan.json`);
  writeFileSync(join(work, 'job.yaml'), await runs('submit', place, '--to', 'kubernetes'));
  for (let shard = 0; shard < SHARDS; shard++) {
    const task = () => runs('embed', '--plan', `${place}/plan.json`, '--shard', `${shard}/${SHARDS}`);
    await Promise.all([task(), task()]);
  }
  const { done, missing, running } = JSON.parse(await runs('status', place, '--json'));
  assert.equal([done, missing, running], [SHARDS, [], []]);
  await runs('gather', place, ...REJECTED, '--out', 'gathered.parquet', '--profile', 'gathered.json');
  const [gathered, week] = ['gathered.parquet', 'week.parquet'].map((name) => eventBytes(join(work, name)));
  assert.ok(gathered!.equals(week!), 'other bytes');
  await runs('baseline', 'week.parquet', '--out', 'week.json');
  await runs('baseline', place, '--out', 'bucket.json');
  for (const profile of ['gathered.json', 'bucket.json']) assert.ok(bytes(profile).equals(bytes('week.json')), profile);
  const drift = (events: string) => runs('drift', events, '--baseline', 'week.json', '--report', 'page.html', '--json');
  assert.is(await drift(place), await drift('week.parquet'));
  const flags = '--project p --model m --baseline b --dry-run --json'.split(' ');
  const preview = async (events: string) => JSON.parse(await runs('publish', events, ...flags));
  const [fromBucket, fromDisk] = [await preview(place), await preview('week.parquet')];
  assert.equal(fromBucket.rows, fromDisk.rows);
  assert.equal(fromBucket.first_rows, fromDisk.first_rows);
  console.log(`ok ${SHARDS} shards by two tasks each: events, profile, drift and a publish as from the disk`);
}

/** How often an object was put with this answer. */
function putsOf(key: string, wanted: number): number {
  const puts = proxy.answers.filter(({ method, url }) => method === 'PUT' && url.startsWith(key));
  return puts.filter(({ status }) => status === wanted).length;
}

async function eightTasks(): Promise<void> {
  const place = `s3://${BUCKET}/runs/eight`;
  await runs('plan', ...inputs.folder, ...MODEL, '--shards', '3', '--out', place);
  const task = () => runs('embed', '--plan', `${place}/plan.json`, '--only', '1');
  await Promise.all(Array.from({ length: AT_ONCE }, task));
  const key = `/${BUCKET}/runs/eight/parts/00001.parquet`;
  assert.is(putsOf(key, 200), 1);
  console.log(`ok ${AT_ONCE} tasks on one shard: 1 commit`);
}

/** All have seen that there is no part before the first one sends it. */
async function eightUploads(): Promise<void> {
  const place = () => new BucketPlace(`s3://${BUCKET}/runs/upload`);
  writeFileSync(join(work, 'made'), 'made');
  const places = Array.from({ length: AT_ONCE }, place);
  await Promise.all(places.map((one) => one.create('parts/00000.parquet', join(work, 'made'))));
  const key = `/${BUCKET}/runs/upload/parts/00000.parquet`;
  assert.is(putsOf(key, 200), 1);
  const made = await places[0]!.read('parts/00000.parquet', 9);
  assert.is(Buffer.from(made!).toString(), 'made');
  for (const one of places) await one.close();
  console.log(`ok ${AT_ONCE} uploads at once: 1 commit, ${putsOf(key, 412)} answers 412`);
}

/** 12 MiB. moto decides between two ends at the same moment by chance, so they come one after the other. */
async function inParts(): Promise<void> {
  const content = Buffer.alloc(12 * 2 ** 20, 'part');
  const [large, key] = [join(work, 'large'), 'parts/00000.parquet'];
  writeFileSync(large, content);
  const place = new BucketPlace(`s3://${BUCKET}/runs/large`);
  const store = new RemoteStore({ most: 0 });
  const { writing } = await store.buckets();
  const url = place.pathOf(key);
  const late = await again(() => writing.begin(url));
  const part = await again(() => writing.part(late, 1, Buffer.from('late')));
  assert.is(await place.create(key, large), true);
  assert.is(await again(() => writing.finish(late, [part], true)), 'taken');
  assert.ok(Buffer.from((await place.read(key, content.length))!).equals(content));
  // As kill -9 leaves it. Where the answer to a beginning was lost, there is one more that nobody knows.
  const left = await again(() => writing.uploads(url));
  assert.ok(left.some(({ id }) => id === late.id));
  await place.removeAttempts('00000');
  assert.equal(await again(() => writing.uploads(url)), []);
  await store.close();
  await place.close();
  console.log('ok an upload in parts: the second one is refused, and aborted');
}

/** One request, until it meets no fault. */
async function again<T>(request: () => Promise<T>): Promise<T> {
  return request().catch(() => again(request));
}

/** Objects that are others by now, of the same length: their ETags tell. */
async function changedObjects(): Promise<void> {
  const photos = readdirSync(inputs.folder[0]!).slice(0, 8);
  const sources = new Map<string, [key: string, bytes: Buffer][]>([
    ['changed/', photos.map((name) => [`changed/${name}`, readFileSync(join(inputs.folder[0]!, name))])],
    ['changed.tar', [['changed.tar', readFileSync(inputs.tars[0]!)]]],
    ['changed.npz', [['changed.npz', arrayBytes()]]],
  ]);
  for (const [source, objects] of sources) {
    for (const [key, bytes] of objects) await putObject(moto.url, BUCKET, key, bytes);
    const place = `s3://${BUCKET}/runs/of-${source.replace('/', '')}`;
    await runs('plan', `s3://${BUCKET}/${source}`, ...MODEL, '--shards', '2', '--out', place);
    await runs('embed', '--plan', place, '--only', '0');
    const [key, bytes] = objects.at(-1)!;
    const other = Buffer.from(bytes);
    other[other.length - 1]! ^= 1;
    await putObject(moto.url, BUCKET, key, other);
    const says = `SOURCE_CHANGED: s3://${BUCKET}/${key}: has changed since the plan was made: it was `;
    endedWith(4, await run(['embed', '--plan', place, '--only', '1']), says);
  }
  console.log(`ok objects that were replaced since the plan: ${[...sources.keys()].join(', ')}`);
}

function arrayBytes(): Buffer {
  const path = join(work, 'array.npz');
  writeNpz(path, { arr_0: { descr: '|u1', shape: [8, SIDE, SIDE, 3], values: pixels(8, SIDE) } });
  return readFileSync(path);
}

/** All of them, over HTTP, a thousand a request: as the images of a plan, and as the parts of a run. */
async function manyKeys(): Promise<void> {
  const stocked = await startMoto(python, { stock: { bucket: 'stock', prefix: 'many/', count: KEYS } });
  const behind = await faultyProxy(stocked.port, 20);
  try {
    const flags = [...MODEL, '--shards', '100', '--out', 'many', '--json'];
    const start = performance.now();
    const plan = await run(['plan', 's3://stock/many/', ...flags], { AWS_ENDPOINT_URL: behind.url });
    assert.is(printedJson(plan).images, KEYS);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const { requests, faults } = behind.counts;
    console.log(`ok a plan of ${KEYS} keys in ${seconds} s, ${requests} requests, ${faults} with faults`);
    process.env['AWS_ENDPOINT_URL'] = behind.url;
    const place = new BucketPlace('s3://stock');
    assert.is((await place.list('many')).size, KEYS);
    await place.close();
  } finally {
    process.env['AWS_ENDPOINT_URL'] = proxy.url;
    behind.close();
    stocked.process.kill();
  }
}

/** For real: the events of the bucket are on the server, each once, and those of the disk are the same ones. */
async function published(): Promise<void> {
  const place = `s3://${BUCKET}/runs/week`;
  const emulator = await startEmulator({ folder: join(work, 'emulator'), token: TOKEN, jobSeconds: 0.05 });
  const server = { FIDDLER_URL: emulator.url, FIDDLER_TOKEN: TOKEN };
  const names = ['--project', 'photos', '--model', 'net', '--json'];
  const told = async (...args: string[]) => printedJson(await run([...args, ...names], server));
  const client = new FiddlerClient({ url: emulator.url, token: new Token(TOKEN) });
  try {
    await told('onboard', 'week.parquet', '--local');
    const spread = ['--timestamps', 'spread', '--days', '2', '--rows-per-day', '100'];
    const { rows, sent } = await told('publish', place, ...spread);
    assert.equal([rows, sent], [200, 200]);
    assert.is((await told('publish', place, ...spread)).sent, 0);
    const { project } = await client.projects.getOrCreate('photos');
    const model = await client.models.byName(project.id, 'net');
    const ids = await storedIdsOf(client, model!.id);
    assert.equal([ids.length, new Set(ids).size], [200, 200]);
    const { rows: baseline } = await told('publish', place, '--baseline', 'reference');
    const all = await told('publish', 'week.parquet', '--baseline', 'from_disk');
    assert.is(baseline, all.rows);
    console.log(`ok ${sent} events and a baseline of ${baseline} published from the bucket, each once`);
  } finally {
    await client.close();
    await emulator.close();
  }
}

async function wrongKeys(): Promise<void> {
  const args = ['status', `s3://${BUCKET}/runs/week`];
  const says = /^error DOWNLOAD_REFUSED: s3:\/\/bucket\/runs\/week\/plan\.json: the server answers 403, \w+: .*\n/;
  const unknown = await run(args, { AWS_ENDPOINT_URL: strict.url, AWS_ACCESS_KEY_ID: 'unknown' });
  const { stderr } = endedWith(5, unknown, says);
  assert.is(stderr.trim().split('\n').length, 2, stderr);
  const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true', HOME: work };
  endedWith(4, await run(args, none), /^error S3_CREDENTIALS: s3:\/\/ needs credentials: /);
  console.log(`ok wrong keys: ${stderr.trim().split('\n')[0]}`);
}
