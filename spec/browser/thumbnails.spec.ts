import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import jpeg from 'jpeg-js';
import { decodeImage } from '../../data/index.js';
import { weightsFolder } from '../../weights/index.js';
import { writeFiles } from '../support/image-files.js';
import { assert, endedWith, runCli } from '../support/test.js';
import { inChromium } from './chromium.js';

type Colour = readonly [red: number, green: number, blue: number];

const [LONG, SHORT] = [160, 80];
/** Top left, top right, bottom left, bottom right. */
const QUARTERS: readonly Colour[] = [
  [220, 30, 30],
  [30, 180, 30],
  [40, 40, 220],
  [230, 220, 40],
];
/** What JPEG and smaller pictures may change of a colour. */
const TOLERANCE = 30;

/** A JPEG of four quarters; `seed` makes each file another. */
function quarters(width: number, height: number, seed: number, colours = QUARTERS): Buffer {
  const data = Buffer.alloc(4 * width * height, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = colours[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!;
      for (const [channel, value] of colour.entries()) data[4 * (y * width + x) + channel] = value - (seed % 12);
    }
  }
  return jpeg.encode({ width, height, data }, 95).data;
}

/** The bundled weights, made to resize what they are given. */
function writeResizing(folder: string): void {
  cpSync(weightsFolder('fashion-mnist-resnet18'), folder, { recursive: true });
  const file = join(folder, 'model.json');
  const model = JSON.parse(readFileSync(file, 'utf8'));
  model.userDefinedMetadata.config.preprocessing.resize = [32, 32];
  writeFileSync(file, JSON.stringify(model));
}

const thumbnails = inChromium('thumbnails of JPEG files');

thumbnails.before(({ folder }) => writeResizing(join(folder, 'weights')));
for (const [shape, width, height] of [
  ['landscape', LONG, SHORT],
  ['portrait', SHORT, LONG],
] as const) {
  thumbnails(shape, async ({ browser, folder }) => {
    const files = Array.from({ length: 40 }, (_, i) => [`${shape}/${i}.jpg`, quarters(width, height, i)] as const);
    writeFiles(folder, Object.fromEntries(files));
    for (const args of [
      ['embed', shape, '--weights', 'weights', '--out', `${shape}.parquet`],
      ['baseline', `${shape}.parquet`, '--out', `${shape}.json`],
      ['drift', `${shape}.parquet`, '--baseline', `${shape}.json`, '--report', `${shape}.html`],
    ]) {
      endedWith(0, runCli(args, { cwd: folder }));
    }
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(pathToFileURL(join(folder, `${shape}.html`)).href);
    // A point of the window, kept: the baseline's are known by their numbers only.
    await page.locator('#space summary').first().click();
    await page.locator('.sets').getByText('baseline').click();
    await page.locator('#space canvas').focus();
    await page.keyboard.press('n');
    await page.keyboard.press('Enter');
    const thumbnail = page.locator('.pin-list .thumbnail').first();
    await thumbnail.scrollIntoViewIfNeeded();
    const shot = await decodeImage(await thumbnail.screenshot(), 'screenshot');
    assert.ok(shot.width > 20 && shot.height > 20, `${shot.width}×${shot.height} pixels`);
    // The picture lies in the middle of its frame, and fills the longer side.
    const scale = Math.min(shot.width / width, shot.height / height);
    for (const [i, expected] of QUARTERS.entries()) {
      const x = Math.round(shot.width / 2 + ((i & 1) === 0 ? -1 : 1) * (width / 4) * scale);
      const y = Math.round(shot.height / 2 + (i < 2 ? -1 : 1) * (height / 4) * scale);
      const at = 3 * (y * shot.width + x);
      const found = [...shot.data.slice(at, at + 3)];
      const differs = Math.max(...expected.map((value, channel) => Math.abs(value - found[channel]!)));
      assert.ok(differs <= TOLERANCE, `${shape}, quarter ${i}: ${found.join(' ')}, not ${expected.join(' ')}`);
    }
    assert.match((await thumbnail.getAttribute('aria-label')) ?? '', /^\d+\.jpg, predicted/);
    await page.close();
  });
}

thumbnails('nearly black images are called so, and counted in their cluster', async ({ browser, folder }) => {
  const black: readonly Colour[] = QUARTERS.map(() => [13, 13, 13]);
  const files = (name: string, count: number, colours: readonly Colour[]) =>
    Array.from({ length: count }, (_, i) => [`${name}-${i}.jpg`, quarters(SHORT, SHORT, i, colours)] as const);
  writeFiles(join(folder, 'lit'), Object.fromEntries(files('good', 60, QUARTERS)));
  writeFiles(join(folder, 'unlit'), Object.fromEntries([...files('good', 20, QUARTERS), ...files('black', 60, black)]));
  for (const args of [
    ['embed', 'lit', '--weights', 'weights', '--out', 'lit.parquet'],
    ['embed', 'unlit', '--weights', 'weights', '--out', 'unlit.parquet'],
    ['baseline', 'lit.parquet', '--out', 'lit.json'],
    ['drift', 'unlit.parquet', '--baseline', 'lit.json', '--report', 'unlit.html'],
  ]) {
    endedWith(0, runCli(args, { cwd: folder }));
  }
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(pathToFileURL(join(folder, 'unlit.html')).href);
  const grew = page.locator('.exemplar-cluster', { has: page.locator('.grew') }).first();
  const note = (await grew.locator('.note').textContent()) ?? '';
  assert.match(note, /^Images of this window\. Of its [678]\d images in this window, 60 are nearly black\.$/);
  const blackOnes = page.locator('.exemplar:has([aria-label^="black-"])');
  const count = await blackOnes.count();
  assert.ok(count >= 5, `${count}`);
  assert.is(await blackOnes.locator('.exemplar-plain').getByText('nearly black', { exact: true }).count(), count);
  assert.is(await blackOnes.locator('[aria-label*=", nearly black, "]').count(), count);
  assert.is(await page.locator('.exemplar-plain').count(), count, 'those of something are not');
  await page.close();
});
