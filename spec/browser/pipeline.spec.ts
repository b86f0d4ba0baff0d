/**
 * `image-drift/browser` in a page: bundled by esbuild with all that it reaches, it computes what Node computes, on any
 * static host on one thread, and with the headers of cross-origin isolation on two.
 * @long: it embeds images in a browser
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { type ConvertOptions, convertCheckpoint } from '../../convert/index.js';
import { Embedder, type ImageBatch } from '../../engine/index.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { writeWeights } from '../../weights/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { assert, collect, fixtures, packageRoot, temporaryFolder } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { assertJudged, type Judged, judgeCall, rowsOf } from './judged.js';
import { bundledPath, call, MODEL, type ServedBundle, serveBundle } from './served-bundle.js';

interface Context extends InBrowser, ServedBundle {}

const browser = inChromium<Context>('the pipeline');

const HUB_FOLDER = join(fixtures, 'convert/families/clip-classifier-transformers');
const CHECKPOINT = ['config.json', 'model.safetensors'];
const ONNX = 'vit.torchscript.onnx';
const ONNX_OPTIONS: ConvertOptions = { size: [32, 32], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/** Images of 16 bits, of another size than the network's. */
const DEEP = 'gray.npz';
const DEEP_OPTIONS: ConvertOptions = { ...ONNX_OPTIONS, range: [257, 61_000], resize: 32, crop: [32, 32] };

interface Network {
  name: string;
  batch: ImageBatch;
  /** Layers; default: that of the weights. */
  layers?: string[];
  /** Random weights, where they are not bundled. */
  backbone?: string;
}

const NETWORKS: Network[] = [
  { name: 'the demo model', batch: batchOf(48, 32) },
  { name: 'ResNet-50', batch: batchOf(2, 224), backbone: 'resnet50', layers: ['avgpool', 'layer4', 'fc'] },
  { name: 'ViT-B/16', batch: batchOf(2, 224), backbone: 'vit_b_16', layers: ['norm', 'blocks.5', 'head'] },
];
const folders = new Map<string, string>();

function batchOf(rows: number, size: number): ImageBatch {
  return { rows, height: size, width: size, data: pixels('page', rows * size * size * 3) };
}

browser.before(async (context) => {
  for (const { backbone } of NETWORKS) {
    if (backbone === undefined) continue;
    const folder = join(temporaryFolder(), backbone);
    await writeWeights(folder, pseudoWeights({ backbone, head: [], classes: 1000 }), { dtype: 'float16' });
    folders.set(backbone, folder);
  }
  Object.assign(context, await serveBundle(dataPath));
});
browser.after(({ server }) => {
  server.close();
});

function dataPath(name: string): string {
  const folder = folders.get(dirname(name));
  if (folder !== undefined) return join(folder, basename(name));
  if (name === ONNX) return join(fixtures, 'onnx', name);
  if (name === DEEP) return join(fixtures, 'data/deep', name);
  return CHECKPOINT.includes(name) ? join(HUB_FOLDER, name) : bundledPath(name);
}

function inPage<T>(context: Context, path: string, name: string, ...given: unknown[]): Promise<T> {
  return evaluated(context, path, call(name, ...given));
}

async function evaluated<T>({ browser, origin }: Context, path: string, expression: string): Promise<T> {
  const page = await browser.newPage();
  const strange: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET' || !request.url().startsWith(origin)) strange.push(request.url());
  });
  page.on('pageerror', ({ message }) => strange.push(message));
  try {
    await page.goto(`${origin}${path}`);
    const result = await page.evaluate(expression);
    assert.equal(strange, []);
    return result as T;
  } finally {
    await page.close();
  }
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

const PLACES = [
  { path: '/', threads: 0, where: 'without headers' },
  { path: '/isolated/', threads: 2, where: 'on two threads' },
];

interface Outputs {
  isolated: boolean;
  threads: number;
  all: number[][];
}

async function outputsInNode(folder: string, batch: ImageBatch, tap?: string[]): Promise<Float32Array[]> {
  const embedder = await Embedder.load(folder, { precision: 'reproducible', threads: 1, ...(tap && { tap }) });
  const [found] = await collect(embedder.run([batch]));
  await embedder.close();
  return [...[...found!.taps.values()].map(({ data }) => data), ...(found!.scores ? [found!.scores] : [])];
}

function assertSame({ isolated, threads, all }: Outputs, wanted: Float32Array[], place: (typeof PLACES)[number]): void {
  assert.equal([isolated, threads], [place.threads > 0, place.threads]);
  const bytes = (values: readonly Float32Array[]) => Buffer.concat(values.map((one) => Buffer.from(one.buffer)));
  assert.is(bytes(all.map((one) => Float32Array.from(one))).compare(bytes(wanted.map((one) => one.slice()))), 0);
  assert.ok(wanted.every((one) => one.some((value) => value !== 0 && Number.isFinite(value))));
}

for (const { name, batch, layers, backbone } of NETWORKS) {
  browser(`the bits of ${name} are those of Node`, async (context) => {
    const folder = backbone === undefined ? MODEL : folders.get(backbone)!;
    const wanted = await outputsInNode(folder, batch, layers);
    const weights = readdirSync(folder).filter((file) => file === 'model.json' || file.endsWith('.bin'));
    const names = weights.map((file) => (backbone === undefined ? file : `${backbone}/${file}`));
    const given = { ...batch, data: [...batch.data] };
    for (const place of PLACES) {
      assertSame(await inPage<Outputs>(context, place.path, 'outputs', names, 2, given, layers), wanted, place);
    }
  });
}

browser('an ONNX file is converted to the weights of Node, and computes its bits', async (context) => {
  const out = join(temporaryFolder(), 'weights');
  const { sha256 } = await convertCheckpoint(dataPath(ONNX), out, ONNX_OPTIONS);
  const batch = batchOf(8, 32);
  const wanted = await outputsInNode(out, batch);
  const given = [ONNX, ONNX_OPTIONS, 2, { ...batch, data: [...batch.data] }];
  for (const place of PLACES) {
    const found = await inPage<Outputs & { sha256: string }>(context, place.path, 'convertAndRun', ...given);
    assert.is(found.sha256, sha256);
    assertSame(found, wanted, place);
  }
});

browser('images of 16 bits through a pooled layer: the events have the bits of Node', async (context) => {
  const folder = temporaryFolder();
  const options: ConvertOptions = { ...DEEP_OPTIONS, tap: 'norm', pool: 'mean' };
  const { sha256 } = await convertCheckpoint(dataPath(ONNX), join(folder, 'weights'), options);
  await using embedder = await Embedder.load(join(folder, 'weights'), { precision: 'reproducible' });
  const [wanted, made] = ['wanted', 'made'].map((name) => join(folder, `${name}.parquet`)) as [string, string];
  const { rows } = await embedImages(embedder, dataPath(DEEP), wanted);
  assert.is(rows, 3);
  type Found = { sha256: string; events: number[] };
  const found = await inPage<Found>(context, '/isolated/', 'convertAndEmbed', ONNX, options, DEEP);
  assert.is(found.sha256, sha256);
  writeFileSync(made, Uint8Array.from(found.events));
  assert.equal(await rowsOf(made), await rowsOf(wanted));
});

browser('a folder of the Hugging Face Hub is converted to the weights of Node', async (context) => {
  const out = join(temporaryFolder(), 'weights');
  const { sha256, config } = await convertCheckpoint(HUB_FOLDER, out);
  const found = await inPage(context, '/', 'convert', CHECKPOINT, basename(HUB_FOLDER));
  assert.equal(found, { backbone: config.backbone, sha256, names: readdirSync(out).sort() });
});

browser('from images to the report: events and drift have the bits of Node', async (context) => {
  await assertJudged(await evaluated<Judged>(context, '/isolated/', judgeCall()), true);
});
