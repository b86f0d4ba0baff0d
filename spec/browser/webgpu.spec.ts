/**
 * WebGPU in Chromium, on the GPU that it has in software: `image-drift/browser/webgpu` and the page give the verdict of
 * `simd` on it where they are asked to, and never use a GPU that computes wrongly.
 * @long: software compiles and computes what a GPU would
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startPage } from '../../cli/page.js';
import type { WindowReport } from '../../drift/index.js';
import { writeWeights } from '../../weights/index.js';
import { readWholeArray, writeNpz } from '../support/npz-file.js';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { relativeError } from '../support/relative-error.js';
import { assert, packageRoot, temporaryFolder } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { openPage, textOf } from './opened-report.js';
import { ended, give, press } from './page-steps.js';
import { call, type ServedBundle, serveBundle } from './served-bundle.js';

interface Context extends InBrowser, ServedBundle {
  site: { url: string; close(): void };
}

const browser = inChromium<Context>('WebGPU', { webgpu: true });

/** Weights of a network that software, too, computes in no time. */
const weights = join(temporaryFolder(), 'weights');
const images = temporaryFolder();
const SIDE = 16;
const samples = await readWholeArray(join(packageRoot, 'samples/fashion-mnist/production.npz'), 'arr_0');

const SETS = [
  { name: 'baseline.npz', from: 0, to: 200, shift: 0 },
  { name: 'week.npz', from: 200, to: 280, shift: 0 },
  { name: 'dark.npz', from: 200, to: 280, shift: 3 },
];
const BATCH = {
  rows: 9,
  height: SIDE,
  width: SIDE,
  data: Array.from({ length: 9 * SIDE * SIDE * 3 }, (_, i) => i % 251),
};

/** Every other pixel of every other row. */
function halved(image: number): number[] {
  const [, height, width] = samples.shape as [number, number, number];
  return Array.from({ length: SIDE * SIDE }, (_, i) => {
    return samples.values[(image * height + 2 * Math.floor(i / SIDE)) * width + 2 * (i % SIDE)]!;
  });
}

/** A GPU that is wrong by a thousandth in each value of each kernel. */
const WRONG = `{
  const create = GPUDevice.prototype.createShaderModule;
  GPUDevice.prototype.createShaderModule = function ({ code, ...rest }) {
    return create.call(this, { ...rest, code: code.replaceAll('result[flatIndex] = ', 'result[flatIndex] = 1.001 * ') });
  };
}`;
/** The name of a GPU that is real. */
const LOOKS_REAL = `{
  const info = { vendor: 'maker', architecture: 'fast', device: '', description: '', isFallbackAdapter: false };
  Object.defineProperty(GPUAdapter.prototype, 'info', { get: () => info });
}`;

browser.before(async (context) => {
  for (const { name, from, to, shift } of SETS) {
    const rows = Array.from({ length: to - from }, (_, i) => halved(from + i));
    const values = Uint8Array.from(rows.flat(), (pixel) => pixel >> shift);
    writeNpz(join(images, name), { arr_0: { descr: '|u1', shape: [rows.length, SIDE, SIDE], values } });
  }
  await writeWeights(weights, pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 }));
  Object.assign(context, await serveBundle((name) => join(name.endsWith('.npz') ? images : weights, name)));
  context.site = await startPage(0);
});
browser.after(({ server, site }) => {
  server.close();
  site.close();
});

interface Judged {
  backend: string;
  device: string | null;
  difference: number | null;
  notices: string[];
  windows: WindowReport[];
  /** Outputs of a batch. */
  all: number[][];
}

/** @param planted what is run before */
async function judged({ browser, origin }: Context, options: object, planted = ''): Promise<Judged> {
  const page = await browser.newPage();
  await page.goto(`${origin}/isolated/`);
  await page.evaluate(planted);
  const sets = SETS.map(({ name }) => name);
  const found = await page.evaluate(call('judgeOn', readdirSync(weights), options, BATCH, sets));
  await page.close();
  return found as Judged;
}

const VERDICTS = ['no drift', 'drift'];
const verdictsOf = ({ windows }: Judged) => windows.map(({ verdict }) => verdict);

browser('asked for, the GPU in software gives the verdict and the numbers of simd', async (context) => {
  const ours = await judged(context, { backend: 'simd' });
  assert.equal([ours.backend, verdictsOf(ours)], ['simd', VERDICTS]);
  const found = await judged(context, { backend: 'webgpu' });
  assert.equal([found.backend, found.device, verdictsOf(found)], ['webgpu', 'google swiftshader', VERDICTS]);
  assert.ok(found.difference !== null && found.difference <= 1e-5, String(found.difference));
  const error = Math.max(...found.all.map((one, i) => relativeError(one, ours.all[i]!)));
  assert.ok(error > 0 && error <= 1e-5, `outputs differ by ${error}`);
  for (const [i, { methods }] of found.windows.entries()) {
    const [value, wanted] = [methods['js']!.value, ours.windows[i]!.methods['js']!.value];
    // An image at the border of two clusters may fall to the other.
    assert.ok(Math.abs(value - wanted) <= 1e-3, `${value}, not ${wanted}`);
  }
});

browser('auto names the GPU in software, and does not take it', async (context) => {
  const { backend, notices } = await judged(context, {});
  assert.is(backend, 'simd');
  const why = 'webgpu: google swiftshader is a GPU in software, slower than the CPU itself';
  assert.match(notices.join('\n'), new RegExp(`^backend simd, .*; ${why}$`));
});

browser(
  'a GPU that computes wrongly is not taken: where it is asked for, nor by auto if it looks real',
  async (context) => {
    const ours = await judged(context, { backend: 'simd' });
    const asked = await judged(context, { device: '0' }, WRONG);
    const why = /^backend simd, .*: webgpu on google swiftshader differs from simd by \d\.\de-\d of .*: not used$/m;
    assert.match(asked.notices.join('\n'), why);
    const looksReal = await judged(context, {}, `${WRONG}${LOOKS_REAL}`);
    assert.match(looksReal.notices.join('\n'), 'images/s', 'it was tried');
    for (const { backend, all, windows } of [asked, looksReal]) {
      assert.is(backend, 'simd');
      assert.equal([all, windows], [ours.all, ours.windows]);
    }
  },
);

/** The page with its model and sets. @param planted what its worker runs before */
async function openSite({ browser, site }: Context, planted = '') {
  const isOwn = (address: string) => address.startsWith(site.url) || address.startsWith(`blob:${site.url}`);
  const opened = await openPage(browser, site.url, isOwn);
  const { page: tab } = opened;
  await tab.route('**/pipeline.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${planted}\n${await response.text()}` });
  });
  await tab.reload();
  await give(tab, 'model', weights, true);
  await give(tab, 'baseline', join(images, 'baseline.npz'));
  await give(tab, 'windows', join(images, 'dark.npz'));
  return opened;
}

const engineOf = (tab: Page) => textOf(tab.locator('#engine'));

async function choose(tab: Page, words: string): Promise<void> {
  await tab.getByLabel('Engine').selectOption({ label: words });
  await ended(tab, 'model');
}

async function compared(tab: Page): Promise<string[]> {
  await press(tab, 'verdict', 'Compare');
  return tab.locator('#verdict td:is([data-title=Verdict], [data-title=Distance])').allTextContents();
}

browser('the page: auto says why the GPU is not taken; asked for, it gives the verdict of the CPU', async (context) => {
  const { page: tab, complaints, requests } = await openSite(context);
  assert.match(await engineOf(tab), /^Engine: simd, \d+ threads?, /);
  assert.match(await textOf(tab.locator('#model .facts')), 'webgpu: google swiftshader is a GPU in software');
  assert.is((await compared(tab))[0], 'drift');
  await choose(tab, 'GPU, even if it is slower');
  assert.is((await compared(tab))[0], 'drift');
  assert.match(await engineOf(tab), /^Engine: webgpu, google swiftshader, within \de-\d+ of simd, /);
  await choose(tab, 'CPU');
  assert.match(await engineOf(tab), /^Engine: simd, /);
  assert.equal([complaints, requests], [[], []]);
  await tab.close();
});

browser('the page: a GPU that computes wrongly is not used, as it says beside the verdict', async (context) => {
  const { page: tab } = await openSite(context, WRONG);
  const ours = await compared(tab);
  await choose(tab, 'GPU, even if it is slower');
  assert.equal(await compared(tab), ours);
  assert.match(await textOf(tab.locator('#verdict')), /webgpu on google swiftshader differs from simd by .*: not used/);
  assert.match(await engineOf(tab), /^Engine: simd, /);
  await tab.close();
});
