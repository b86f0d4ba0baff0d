/**
 * Images a second in a page: image-drift, onnxruntime-web and transformers.js, each in a tab of its own, beside
 * image-drift in Node; and seconds from a cold load to the first embedding. Same weights, same pixels.
 *
 *     npm run bench -- page [--networks resnet18,vit_b_16] [--sizes 224x2] [--threads 1,2] [--rounds 5] [--seconds 1.5]
 *                           [--loads 3] [--no-save]
 *
 * Chromium, with all its processes, and Node are pinned to as many cores as there are threads. They take turns round by
 * round, and ratios are medians of the rounds'. A load is that of a page in a profile without a cache, from this
 * machine: scripts, WebAssembly, weights or ONNX file, the start of the engine, and one image.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { temporaryFolder } from '../spec/support/places.js';
import { relativeError } from '../spec/support/relative-error.js';
import { script } from './candidates.js';
import { holdOnCores, machine, median } from './machine.js';
import { networksOf } from './networks.js';
import { exportedOnnx, scoresOf, type Workload, writeInputs } from './peers/inputs.js';
import { EngineProcess, type EngineTask, PEERS_FOLDER } from './peers/protocol.js';
import { appendResults, flagsOf, packageVersion } from './results.js';

const flags = flagsOf({
  ...{ networks: 'resnet18,vit_b_16', sizes: '224x2', threads: '1,2', rounds: '5', seconds: '1.5', 'warm-up': '2' },
  ...({ loads: '3', 'no-save': false } as const),
});

const ROOT = dirname(PEERS_FOLDER);
const TRANSFORMERS = join(PEERS_FOLDER, 'node_modules', '@huggingface', 'transformers');
const NESTED = join(TRANSFORMERS, 'node_modules', 'onnxruntime-web');
/** Where each engine's WebAssembly is. */
const WASM = {
  onnxruntime: join(PEERS_FOLDER, 'node_modules', 'onnxruntime-web', 'dist'),
  transformers: join(existsSync(NESTED) ? NESTED : join(PEERS_FOLDER, 'node_modules', 'onnxruntime-web'), 'dist'),
};
const ENGINES = ['image-drift', 'onnxruntime-web', 'transformers.js'] as const;
type Engine = (typeof ENGINES)[number];
const NODE = 'image-drift in Node';
/** A share of the largest value, as between the engines of the inference bench. */
const TOLERANCE = 2e-5;

const VERSIONS: Readonly<Record<Engine, () => string>> = {
  'image-drift': () => packageVersion('image-drift'),
  'onnxruntime-web': () => versionIn(dirname(WASM.onnxruntime)),
  'transformers.js': () => versionIn(TRANSFORMERS),
};

function versionIn(folder: string): string {
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

async function bundled(): Promise<string> {
  const entry = (path: string) => ({ in: join(ROOT, path), out: basename(path, extname(path)) });
  const out = temporaryFolder();
  await build({
    entryPoints: [
      entry('bench/peers/in-page.mjs'),
      entry('dist/engine/workers/worker.js'),
      entry('dist/data/images/pool/image-worker.js'),
    ],
    ...{ outdir: out, bundle: true, splitting: true, format: 'esm', minify: true, logLevel: 'error' },
  });
  return out;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** @param folders first part of a path → folder @returns the address */
async function serve(folders: Readonly<Record<string, string>>): Promise<{ url: string; close(): void }> {
  const server = createServer(({ url = '/' }, answer) => {
    const [, top, rest] = /^\/(?:(\w+)\/)?([^?]*)/.exec(url)!;
    const path = join(folders[top ?? ''] ?? folders['']!, rest || 'index.html');
    answer.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    answer.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    answer.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (existsSync(path)) answer.end(readFileSync(path));
    else answer.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => void server.close() };
}

/** Chromium on so many cores: a script that is its program pins it. */
async function launch(threads: number, folder: string): Promise<Browser> {
  const program = join(folder, `chromium-${threads}`);
  const { command } = holdOnCores([process.env['CHROMIUM'] ?? '/usr/bin/chromium'], threads);
  writeFileSync(program, `#!/bin/sh\nexec ${command.join(' ')} "$@"\n`);
  chmodSync(program, 0o755);
  return chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
}

type PageTask = Pick<EngineTask, 'rows' | 'height' | 'width' | 'tap' | 'threads'> & {
  images: string;
  weights: readonly string[];
  onnx: string;
};
type Outputs = readonly [embeddings: number[], scores: number[]];

function ask<T>(page: Page, name: string, ...given: unknown[]): Promise<T> {
  const call = `import('/in-page.js').then((module) => module.${name}(...${JSON.stringify(given)}))`;
  return page.evaluate<T>(call);
}

interface Contestant {
  name: string;
  version: string;
  /** @returns seconds of so many batches */
  seconds(batches: number): Promise<number>;
  outputs: Outputs;
  rates: number[];
  loads: number[];
}

async function inPage(browser: Browser, url: string, engine: Engine, task: PageTask): Promise<Contestant> {
  const loads: number[] = [];
  for (let load = 0; load < Number(flags.loads); load++) {
    const page = await browser.newPage();
    await page.goto(url);
    loads.push((await ask<{ milliseconds: number }>(page, 'first', engine, task)).milliseconds / 1000);
    await page.close();
  }
  const page = await browser.newPage();
  await page.goto(url);
  await ask(page, 'start', engine, task);
  const timed = (batches: number) => ask<{ seconds: number; outputs: Outputs }>(page, 'timed', task, batches);
  const warm = performance.now() + Number(flags['warm-up']) * 1000;
  let { outputs } = await timed(task.threads);
  while (performance.now() < warm) ({ outputs } = await timed(2 * task.threads));
  const seconds = async (batches: number) => (await timed(batches)).seconds;
  return { name: engine, version: VERSIONS[engine](), seconds, outputs, rates: [], loads };
}

async function inNode(task: EngineTask, scores: number): Promise<Contestant & { close(): void }> {
  const { command } = holdOnCores(script('ours')(process.execPath), task.threads);
  const engine = await EngineProcess.start(command, task);
  const values = [...new Float32Array(Uint8Array.from(readFileSync(task.output)).buffer)];
  const outputs: Outputs = [values.slice(0, -scores), values.slice(-scores)];
  const seconds = (batches: number) => engine.seconds(batches);
  return { name: NODE, version: process.version, seconds, outputs, rates: [], loads: [], close: () => engine.kill() };
}

/** @throws Error if the embeddings or scores differ from Node's */
function compare({ name, outputs }: Contestant, node: Contestant): void {
  const errors = outputs.map((values, i) =>
    relativeError(Float32Array.from(values), Float32Array.from(node.outputs[i]!)),
  );
  console.log(`${name}: differs from Node by ${Math.max(...errors).toExponential(1)} of the largest value`);
  if (!errors.every((error) => error <= TOLERANCE)) throw new Error(`${name} computes something else`);
}

async function measure(workload: Workload, threads: number, scripts: string): Promise<void> {
  const folder = temporaryFolder();
  const inputs = await writeInputs(folder, workload);
  const task: EngineTask = {
    ...{ ...inputs, threads, output: join(folder, 'output'), backend: 'simd', precision: 'float32' },
    warmUpSeconds: Number(flags['warm-up']),
  };
  mkdirSync(join(folder, 'model', 'onnx'), { recursive: true });
  writeFileSync(
    join(folder, 'model', 'config.json'),
    JSON.stringify({ model_type: 'resnet', architectures: ['ResNetModel'] }),
  );
  writeFileSync(join(folder, 'model', 'onnx', 'model.onnx'), await exportedOnnx(task));
  writeFileSync(join(scripts, 'index.html'), '<!doctype html><link rel=icon href=data:,><title>bench</title>');
  const folders = { ...WASM, model: join(folder, 'model'), weights: task.weights, images: folder, '': scripts };
  const { url, close } = await serve(folders);
  const browser = await launch(threads, folder);
  const { rows, height, width, tap } = task;
  const pageTask: PageTask = {
    ...{
      rows,
      height,
      width,
      tap,
      threads,
      images: `/images/${basename(task.images)}`,
      onnx: '/model/onnx/model.onnx',
    },
    weights: readdirSync(task.weights).map((name) => `/weights/${name}`),
  };
  const node = await inNode(task, scoresOf(workload));
  try {
    console.log(`${workload.network}, ${threads} threads: loads`);
    const all: Contestant[] = [node];
    for (const engine of ENGINES) all.push(await inPage(browser, url, engine, pageTask));
    for (const one of all.slice(1)) compare(one, node);
    const batches: number[] = [];
    for (const one of all) batches.push(batchesOf(await one.seconds(threads), threads));
    for (let round = 0; round < Number(flags.rounds); round++) {
      for (const [i, one] of all.entries()) one.rates.push((rows * batches[i]!) / (await one.seconds(batches[i]!)));
    }
    await report(workload, threads, browser.version(), all);
  } finally {
    node.close();
    await browser.close();
    close();
  }
}

/** A whole number for each thread, so that none waits for another at the end. */
function batchesOf(seconds: number, threads: number): number {
  return threads * Math.max(1, Math.round(Number(flags.seconds) / seconds));
}

async function report(workload: Workload, threads: number, browser: string, all: readonly Contestant[]): Promise<void> {
  const [node] = all;
  const peers = all.filter(({ name }) => name !== NODE && name !== 'image-drift');
  const ours = all.find(({ name }) => name === 'image-drift')!;
  const rows = all.map(({ name, version, rates, loads }) => ({
    ...{ ...machine(), chromium: browser, ...workload, threads, engine: name, version, rounds: rates.length },
    images_per_second: Number(median(rates).toPrecision(4)),
    ratio_to_node: ratio(rates, node!.rates),
    ...Object.fromEntries(peers.map((peer) => [`ratio_to_${peer.name}`, ratio(rates, peer.rates)])),
    first_embedding_seconds: loads.length === 0 ? '' : Number(median(loads).toPrecision(3)),
  }));
  console.table(rows.map(({ date: _, cpu: __, cores: ___, ...shown }) => shown));
  console.log(`in the page: ${ratio(ours.rates, node!.rates)} of Node ${process.version}`);
  if (!flags['no-save']) console.log(`appended to ${await appendResults('page.csv', rows)}`);
}

function ratio(rates: readonly number[], others: readonly number[]): number {
  return Number(median(rates.map((rate, round) => rate / others[round]!)).toFixed(3));
}

const scripts = await bundled();
for (const network of networksOf(flags.networks)) {
  for (const sizes of flags.sizes.split(',')) {
    const [size = 0, batch = 0] = sizes.split('x').map(Number);
    for (const threads of flags.threads.split(',').map(Number))
      await measure({ network, size, batch }, threads, scripts);
  }
}
