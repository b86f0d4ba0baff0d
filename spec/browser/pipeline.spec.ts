/**
 * `image-drift/browser` in a page: bundled by esbuild with all that it reaches, it computes what Node computes, on any
 * static host on one thread, and with the headers of cross-origin isolation on two.
 * @long: it embeds images in a browser
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { convertCheckpoint } from '../../convert/index.js';
import { openEvents } from '../../data/index.js';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { fitProfileFromEvents, measureWindows } from '../../pipeline/measure/index.js';
import { bundledModels } from '../../weights/index.js';
import { jpeg } from '../support/image-files.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, collect, fixtures, packageRoot, temporaryFolder } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';

interface Context extends InBrowser {
  server: Server;
  metafile: Metafile;
}

const browser = inChromium<Context>('the pipeline');

const MODEL = bundledModels[0]!.folder;
const { weightsManifest } = JSON.parse(readFileSync(join(MODEL, 'model.json'), 'utf8')) as {
  weightsManifest: [{ paths: string[] }];
};
const WEIGHTS = ['model.json', ...weightsManifest[0].paths];
const HUB_FOLDER = join(fixtures, 'convert/families/clip-classifier-transformers');
const CHECKPOINT = ['config.json', 'model.safetensors'];
const SETS = ['reference.npz', 'production.npz'];
const ISOLATION = [
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Embedder-Policy', 'require-corp'],
] as const;

const BATCH: ImageBatch = { rows: 48, height: 32, width: 32, data: pixels('page', 48 * 32 * 32 * 3) };

/** What the page runs. */
const PROGRAM = `
  import * as drift from 'image-drift/browser';

  async function files(names) {
    const blobs = names.map(async (name) => [name, await (await fetch('/data/' + name)).blob()]);
    return Object.fromEntries(await Promise.all(blobs));
  }

  export async function outputs(weights, threads, { data, ...batch }) {
    const embedder = await drift.openWeights(await files(weights), { precision: 'reproducible', threads });
    const all = [];
    for await (const { taps, scores } of embedder.run([{ ...batch, data: Uint8Array.from(data) }])) {
      for (const values of [...taps.values()].map((tap) => tap.data).concat(scores)) all.push(Array.from(values));
    }
    const found = { isolated: crossOriginIsolated, threads: embedder.threads, all };
    await embedder.close();
    return found;
  }

  export async function convert(names, folder) {
    const given = await files(names);
    const inside = Object.entries(given).map(([path, content]) => [folder + '/' + path, content]);
    const { config, sha256, files: weights } = await drift.convertModel(Object.fromEntries(inside));
    return { backbone: config.backbone, sha256, names: Object.keys(weights).sort() };
  }

  export async function judge(weights, [reference, production], photo) {
    const embedder = await drift.openWeights(await files(weights), { precision: 'reproducible' });
    const given = await files([reference, production]);
    const base = await drift.embed(embedder, { [reference]: given[reference] }, { name: 'baseline' });
    const week = await drift.embed(embedder, { [production]: given[production] }, { name: 'week' });
    const profile = await drift.fitProfile(base.events, { clusters: 5 });
    const measurement = await drift.measure(profile, { week: week.events }, { exemplars: 5 });
    const page = await drift.report(profile, measurement, { baseline: base.events, umap: false });
    const photos = [new File([Uint8Array.from(photo)], 'a.jpg'), new File(['nothing'], 'b.jpg')];
    const mixed = await drift.embed(embedder, photos, { name: 'files', maxRejected: 1 });
    await embedder.close();
    const read = drift.parseProfile(drift.profileToJson(profile), 'profile.json');
    return {
      tables: [base, week].map(({ events }) => Array.from(events)),
      drift: measurement.report,
      page,
      rows: [base.rows, read.rows, mixed.rows],
      rejections: mixed.rejections,
    };
  }
`;

/** Digits that Math of two versions of V8 has in common. */
const DIGITS = 9;

browser.before(async (context) => {
  const entry = (path: string) => ({ in: join(packageRoot, 'dist', path), out: basename(path, '.js') });
  const out = temporaryFolder();
  const { metafile } = await build({
    stdin: { contents: PROGRAM, resolveDir: packageRoot, sourcefile: 'main.js' },
    entryPoints: [entry('engine/workers/worker.js'), entry('data/images/pool/image-worker.js')],
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    metafile: true,
    logLevel: 'silent',
  });
  context.metafile = metafile;
  context.server = createServer(({ url = '/' }, answer) => {
    const [, folder, name = ''] = /^\/(isolated\/|data\/|)([^?]*)$/.exec(url)!;
    const type = name === '' ? 'text/html' : name.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
    if (url !== '/') for (const [header, value] of ISOLATION) answer.setHeader(header, value);
    answer.setHeader('Content-Type', type);
    if (name === '') answer.end('<!doctype html><link rel=icon href=data:,><title>page</title>');
    else answer.end(readFileSync(folder === 'data/' ? dataPath(name) : join(out, name)));
  });
  await new Promise<void>((resolve) => context.server.listen(0, '127.0.0.1', resolve));
});
browser.after(({ server }) => {
  server.close();
});

function dataPath(name: string): string {
  if (CHECKPOINT.includes(name)) return join(HUB_FOLDER, name);
  return join(SETS.includes(name) ? join(packageRoot, 'samples/fashion-mnist') : MODEL, name);
}

async function inPage<T>({ browser, server }: Context, path: string, name: string, ...given: unknown[]): Promise<T> {
  const page = await browser.newPage();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const strange: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET' || !request.url().startsWith(origin)) strange.push(request.url());
  });
  page.on('pageerror', ({ message }) => strange.push(message));
  try {
    await page.goto(`${origin}${path}`);
    const run = `import('/stdin.js').then((program) => program[${JSON.stringify(name)}](...${JSON.stringify(given)}))`;
    const result = await page.evaluate(run);
    assert.equal(strange, []);
    return result as T;
  } finally {
    await page.close();
  }
}

/** What a table's rows have that no function of Math made. */
async function sameBits(table: string): Promise<unknown> {
  const events = await openEvents(table);
  const batches = await collect(events.batches());
  await events.close();
  return batches.map(({ eventIds, embeddings, scores, targets }) => {
    const [vectors, chances] = [embeddings, scores].map(
      (values) => values && createHash('sha256').update(values).digest('hex'),
    );
    return { eventIds, vectors, chances, targets };
  });
}

/** Modules that a network loads when it is opened, and then when it computes. */
const LOADED = /^(backend|kernel-search|kernel-memory|program|job|.*kernels-plain-2x16)/;

/** Bytes of the page's script, of its threads' and of all that they load, packed. */
function packedBytes({ outputs }: Metafile): number {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]!.imports) {
      if (kind !== 'dynamic-import' || LOADED.test(basename(next))) visit(next);
    }
  };
  for (const path of Object.keys(outputs)) if (/^(stdin|worker)\.js$/.test(basename(path))) visit(path);
  return [...seen].reduce((sum, path) => sum + gzipSync(readFileSync(path)).length, 0);
}

browser('nothing of Node is bundled, and little is loaded for networks alone', async () => {
  const out = temporaryFolder();
  const { metafile } = await build({
    stdin: { contents: "export { Embedder } from './dist/engine/embedder.js';", resolveDir: packageRoot },
    entryPoints: [{ in: join(packageRoot, 'dist/engine/workers/worker.js'), out: 'worker' }],
    outdir: out,
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  assert.equal(
    inputs.filter((path) => /tfjs|undici|platform\/node|(^|:)node:/.test(path)),
    [],
  );
  const total = packedBytes(metafile);
  assert.ok(total > 150_000 && total < 250_000, `${total} bytes`);
});

for (const { path, threads } of [
  { path: '/', threads: 0 },
  { path: '/isolated/', threads: 2 },
]) {
  browser(
    `the bits of a network are those of Node, ${threads === 0 ? 'without headers' : 'on two threads'}`,
    async (context) => {
      const embedder = await Embedder.load(MODEL, { precision: 'reproducible', threads: 1 });
      const wanted: number[][] = [];
      for await (const { taps, scores } of embedder.run([BATCH])) {
        for (const values of [...[...taps.values()].map(({ data }) => data), scores!]) wanted.push([...values]);
      }
      await embedder.close();
      const batch = { ...BATCH, data: [...BATCH.data] };
      const found = await inPage<{ isolated: boolean; threads: number; all: number[][] }>(
        context,
        path,
        'outputs',
        WEIGHTS,
        2,
        batch,
      );
      assert.equal({ ...found, all: null }, { isolated: threads > 0, threads, all: null });
      assert.equal(found.all, wanted);
    },
  );
}

browser('a folder of the Hugging Face Hub is converted to the weights of Node', async (context) => {
  const out = join(temporaryFolder(), 'weights');
  const { sha256, config } = await convertCheckpoint(HUB_FOLDER, out);
  const found = await inPage(context, '/', 'convert', CHECKPOINT, basename(HUB_FOLDER));
  assert.equal(found, { backbone: config.backbone, sha256, names: readdirSync(out).sort() });
});

browser('from images to the report: events have the bits of Node, and drift its numbers', async (context) => {
  const photo = jpeg({ width: 32, height: 32, data: pixels('photo', 3 * 32 * 32) });
  const found = await inPage<{
    tables: number[][];
    drift: unknown;
    page: string;
    rows: number[];
    rejections: string;
  }>(context, '/isolated/', 'judge', WEIGHTS, SETS, [...photo]);

  const folder = temporaryFolder();
  mkdirSync(join(folder, 'events'));
  const embedder = await Embedder.load(MODEL, { precision: 'reproducible' });
  const tables = ['baseline', 'week'].map((name) => join(folder, 'events', `${name}.parquet`));
  for (const [i, table] of tables.entries()) {
    const images = join(folder, 'images', basename(table, '.parquet'), SETS[i]!);
    mkdirSync(dirname(images), { recursive: true });
    copyFileSync(dataPath(SETS[i]!), images);
    await embedImages(embedder, images, table);
    const made = join(folder, `${i}.parquet`);
    writeFileSync(made, Uint8Array.from(found.tables[i]!));
    assert.equal(await sameBits(made), await sameBits(table));
  }
  await embedder.close();
  const profile = await fitProfileFromEvents(tables[0]!, { clusters: 5 });
  const { report } = await measureWindows(profile, [tables[1]!], { exemplars: 5 });
  const rounded = (value: unknown) =>
    JSON.parse(JSON.stringify(value), (_, one) => (typeof one === 'number' ? Number(one.toPrecision(DIGITS)) : one));
  assert.equal(rounded(found.drift), rounded(report));
  assert.match(found.page, /data:image\/(png|jpeg);base64,/);
  assert.equal(found.rows, [profile.rows, profile.rows, 1]);
  assert.match(found.rejections, /^\{"key":"b\.jpg","code":"IMAGE_FORMAT/);
});
