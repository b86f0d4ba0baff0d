/**
 * The Vite project of docs/page.md: `vite.js write FOLDER` writes its files, `vite.js open FOLDER` opens what Vite made of
 * them, with the headers of cross-origin isolation and without, and compares an embedding with Node's.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { Embedder } from '../../engine/index.js';
import { embedImages } from '../../pipeline/embed/index.js';
import { weightsFolder } from '../../weights/index.js';
import { launchChromium } from '../browser/chromium.js';
import { jpeg } from '../support/image-files.js';
import { packageRoot, temporaryFolder } from '../support/places.js';
import { pixels } from '../support/pseudo-random.js';
import { relativeError } from '../support/relative-error.js';

const [task, folder = '.'] = process.argv.slice(2);

/** Each block of code begins with a comment that names its file. */
const BLOCK = /```\w+\n(?:<!--|\/\/) ([\w.]+)(?: -->)?\n([\s\S]*?)```/g;

function write(): void {
  const page = readFileSync(join(packageRoot, 'docs', 'page.md'), 'utf8');
  const blocks = [...page.matchAll(BLOCK)].map(([, name = '', text = '']) => ({ name, text }));
  for (const { name, text } of blocks) writeFileSync(join(folder, name), text);
  const lines = blocks.map(({ text }) => text.trimEnd().split('\n').length).reduce((sum, count) => sum + count, 0);
  console.log(`${blocks.map(({ name }) => name).join(', ')}: ${lines} lines`);
  if (blocks.length !== 3 || lines > 20) throw new Error('docs/page.md promises a project of twenty lines');
}

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

async function served(isIsolated: boolean): Promise<Server> {
  const server = createServer(({ url = '/' }, answer) => {
    const path = join(folder, url === '/' ? 'index.html' : url);
    answer.setHeader('Content-Type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (isIsolated) answer.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    if (isIsolated) answer.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (url === '/favicon.ico') answer.writeHead(204).end();
    else answer.end(readFileSync(path));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function embeddingIn(events: string): Float32Array {
  const { embeddings } = JSON.parse(events) as { embeddings: number[] };
  return Float32Array.from(embeddings);
}

async function ofNode(image: string): Promise<Float32Array> {
  const out = join(temporaryFolder(), 'photos.jsonl');
  const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'), { backend: 'simd' });
  await embedImages(embedder, image, out);
  await embedder.close();
  return embeddingIn(readFileSync(out, 'utf8'));
}

async function open(): Promise<void> {
  const image = join(temporaryFolder(), 'photo.jpg');
  writeFileSync(image, jpeg({ width: 32, height: 32, data: pixels('photo', 3 * 32 * 32) }));
  const wanted = await ofNode(image);
  const browser = await launchChromium();
  for (const isIsolated of [true, false]) {
    const server = await served(isIsolated);
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction('document.querySelector("input").onchange !== null');
    await page.locator('input').setInputFiles(image);
    await page.waitForSelector('pre:not(:empty)');
    const found = embeddingIn((await page.locator('pre').textContent())!);
    const error = relativeError(found, wanted);
    console.log(
      `${found.length} values, ${error.toExponential(1)} of the largest from Node's, isolated: ${isIsolated}`,
    );
    if (!(error <= 1e-5) || complaints.length > 0) throw new Error(`it differs from Node: ${complaints.join('; ')}`);
    server.close();
  }
  await browser.close();
}

if (task === 'write') write();
else await open();
