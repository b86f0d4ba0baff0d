/**
 * The page's memory does not grow with the images that it embeds.
 * @long: it embeds some thousand images in a browser
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startPage } from '../../cli/page.js';
import { jpeg } from '../support/image-files.js';
import { assert, skipFile } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { give, press, writeNarrowCheckpoint } from './page-steps.js';

interface Context extends InBrowser {
  checkpoint: string;
  server: { url: string; close(): void };
}

const ROLLUP = 'smaps_rollup';
const memory = inChromium<Context>('the page’s memory');
if (!existsSync(`/proc/self/${ROLLUP}`)) skipFile('no smaps_rollup', 'the page’s memory');

memory.before(async (context) => {
  context.server = await startPage(0);
  context.checkpoint = writeNarrowCheckpoint(context.folder);
});
memory.after(({ server }) => server.close());

/** Gradients, each of which begins elsewhere. */
const PICTURES = Array.from({ length: 24 }, (_, i) =>
  jpeg({
    width: 500,
    height: 375,
    data: Uint8Array.from({ length: 500 * 375 * 3 }, (_, j) => (j % 1500) / 6 + 10 * i),
  }),
);

/** 500×375: decoded 560 kB each. @returns the folder */
function photos(folder: string, count: number): string {
  const path = join(folder, `${count}`);
  mkdirSync(path);
  for (let i = 0; i < count; i++) writeFileSync(join(path, `${i}.jpg`), PICTURES[i % PICTURES.length]!);
  return path;
}

/** Megabytes of all tabs: what they have alone, and their share of what they have in common. */
async function megabytesNow({ browser }: Context): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const sizes = processInfo.flatMap(({ type, id }) => {
    if (type !== 'renderer') return [];
    const [, kilobytes] = /^Pss: +(\d+)/m.exec(readFileSync(`/proc/${id}/${ROLLUP}`, 'utf8')) ?? [];
    return [Number(kilobytes) / 1024];
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function peakOf(context: Context, work: Promise<unknown>): Promise<number> {
  let peak = 0;
  const ended = work.then(() => true);
  for (let isOver = false; !isOver; ) {
    peak = Math.max(peak, await megabytesNow(context));
    isOver = await Promise.race([ended, new Promise<false>((done) => setTimeout(done, 200, false))]);
  }
  return peak;
}

async function peakWith(context: Context, tab: Page, folder: string): Promise<number> {
  await give(tab, 'model', context.checkpoint);
  await tab.getByLabel('Resize', { exact: true }).fill('32x32');
  await press(tab, 'model', 'Convert with these');
  await give(tab, 'baseline', folder, true);
  await give(tab, 'windows', folder, true);
  const compared = press(tab, 'verdict', 'Compare');
  const peak = await peakOf(context, compared);
  assert.not.match(await compared, ':');
  return peak;
}

/** Garbage that is not collected yet. The pixels of one photo in four, if they were kept, would be as much. */
const SPREAD = 60;
const MOST = 500;

memory('three times as many JPEGs take no more of it', async (context) => {
  const peaks: number[] = [];
  for (const count of [200, 600]) {
    const tab = await context.browser.newPage();
    await tab.goto(context.server.url);
    peaks.push(await peakWith(context, tab, photos(context.folder, count)));
    await tab.close();
  }
  const [few, many] = peaks as [number, number];
  assert.ok(many < MOST && many - few < SPREAD, `${few.toFixed(0)} MB with 200 images, ${many.toFixed(0)} MB with 600`);
});
