/** What the page of `image-drift page` says of wrong files, and what stays of the good ones. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { startPage } from '../../cli/page.js';
import { writeJpegs } from '../support/jpeg-set.js';
import { assert, packageRoot } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { textOf } from './opened-report.js';
import { ended, give, press, writeNarrowCheckpoint } from './page-steps.js';

interface Context extends InBrowser {
  checkpoint: string;
  program: string;
  photos: string;
  server: { url: string; close(): void };
}

const PRODUCTION = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');

/** As few as have a verdict, and pictures. */
const COUNT = 120;

const page = inChromium<Context>('what the page refuses');

page.before(async (context) => {
  context.server = await startPage(0);
  context.checkpoint = writeNarrowCheckpoint(context.folder);
  context.program = join(context.folder, 'train.py');
  writeFileSync(context.program, 'import torch\n');
  context.photos = (await writeJpegs(join(context.folder, 'set'), COUNT, 1)).folder[0]!;
});

page.after(({ server }) => server.close());

async function open({ browser, server }: Context): Promise<Page> {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await tab.goto(server.url);
  return tab;
}

/** Pixels from the end of one to the beginning of the other. */
async function between(upper: Locator, lower: Locator): Promise<number> {
  const [above, below] = [(await upper.boundingBox())!, (await lower.boundingBox())!];
  return below.y - above.y - above.height;
}

page('a wrong file leaves the model, its fields and the baseline, and the page says so', async (context) => {
  const tab = await open(context);
  await give(tab, 'model', context.checkpoint);
  await tab.getByLabel('Classes', { exact: true }).fill('cat, dog');
  await press(tab, 'model', 'Convert with these');
  const still = /narrow\.pth is still the model/;
  assert.match(await give(tab, 'model', context.program), still);
  assert.match(await give(tab, 'model', PRODUCTION), still);
  assert.match(await textOf(tab.locator('#engine')), 'Engine: simd');
  assert.is(await tab.getByLabel('Classes', { exact: true }).inputValue(), 'cat, dog');
  assert.match(await textOf(tab.locator('[data-taken=classes]')), 'Taken: cat, dog');
  assert.match(await give(tab, 'baseline', context.photos, true), '120 images');
  assert.match(await give(tab, 'baseline', context.program), /photos is still the baseline/);
  await tab.getByLabel('Size', { exact: true }).fill('32');
  assert.match(await press(tab, 'model', 'Convert with these'), 'narrow.pth is ready');
  await give(tab, 'windows', context.photos, true);
  assert.not.match(await press(tab, 'verdict', 'Compare'), ':');
  await tab.close();
});

page('what is no model opens no form, and what is said is in sight below the place of the files', async (context) => {
  const tab = await open(context);
  const form = tab.locator('#model form');
  assert.match(await give(tab, 'model', context.program), /^CHECKPOINT_[A-Z_]+: train\.py/);
  assert.not(await form.isVisible(), 'a program');
  assert.match(await give(tab, 'model', join(context.photos, '00000000.jpg')), /^MODEL_UNKNOWN: 00000000\.jpg/);
  assert.match(await give(tab, 'model', context.photos, true), /^MODEL_UNKNOWN: photos: is images/);
  assert.not(await form.isVisible(), 'images');
  const drop = tab.locator('#model .drop');
  assert.ok((await between(drop, tab.locator('#model .failure'))) < 40);
  await give(tab, 'model', context.checkpoint);
  assert.ok((await between(drop, tab.locator('#model .status'))) < 40);
  assert.ok(await tab.locator('#model .status').isVisible());
  assert.match(await textOf(form.locator('h3').first()), 'What narrow.pth does not say');
  await tab.close();
});

page('one conversion at a time, and one that succeeds takes an earlier failure away', async (context) => {
  const tab = await open(context);
  await give(tab, 'model', context.checkpoint);
  const button = tab.getByRole('button', { name: 'Convert with these' });
  await tab.getByLabel('Size', { exact: true }).fill('32');
  await tab.evaluate(`{
    const button = document.querySelector('#model form button');
    button.click();
    window.wasDisabled = button.disabled;
  }`);
  await ended(tab, 'model');
  assert.ok(await tab.evaluate('window.wasDisabled'));
  assert.ok(await button.isEnabled());
  await give(tab, 'model', context.program);
  assert.ok(await tab.locator('#model .failure').isVisible());
  assert.match(await give(tab, 'model', context.checkpoint), 'narrow.pth is ready');
  assert.not(await tab.locator('#model .failure').isVisible());
  await tab.close();
});

async function saved(tab: Page, { folder }: Context, name: string): Promise<string> {
  const link = tab.getByRole('link', { name, exact: true });
  const [download] = await Promise.all([tab.waitForEvent('download'), link.click()]);
  const path = join(folder, name);
  await download.saveAs(path);
  return path;
}

/** What a person can read, in the page and in the report. */
async function shownIn(tab: Page, context: Context): Promise<string> {
  return (await textOf(tab.locator('main'))) + readFileSync(await saved(tab, context, 'report.html'), 'utf8');
}

const INVENTED = /~given-|\/window-\d|\/events\/|\.rejected\.jsonl|--(max-rejected|baseline-events)/;

page('broken images are named, and left out when a person says so', async (context) => {
  const mixed = join(context.folder, 'mixed');
  cpSync(context.photos, mixed, { recursive: true });
  for (const name of ['00000003.jpg', '00000007.jpg']) writeFileSync(join(mixed, name), 'not a JPEG');
  const tab = await open(context);
  await give(tab, 'model', context.checkpoint);
  await give(tab, 'baseline', context.photos, true);
  await give(tab, 'windows', mixed, true);
  assert.match(
    await press(tab, 'verdict', 'Compare'),
    /^IMAGES_REJECTED: mixed: 2 of 120 images cannot be used; the first: /,
  );
  const left = tab.locator('#verdict .failure li');
  assert.is(await left.count(), 2);
  assert.match(await textOf(left.first()), /^mixed: left out: mixed\/00000003\.jpg/);
  assert.not.match(await textOf(tab.locator('main')), INVENTED);
  assert.not.match(await press(tab, 'verdict', 'Leave them out and go on'), ':');
  assert.is(await textOf(tab.locator('#verdict td[data-title=Images]')), '118');
  assert.match(await textOf(tab.locator('#verdict .results')), 'mixed: left out: mixed/00000003.jpg');
  const said = await shownIn(tab, context);
  assert.match(said, 'mixed-left-out.jsonl');
  assert.not.match(said, INVENTED);

  const table = await saved(tab, context, 'mixed.parquet');
  await tab.reload();
  await give(tab, 'baseline', table);
  await give(tab, 'windows', table);
  await press(tab, 'verdict', 'Compare');
  const again = await shownIn(tab, context);
  assert.match(again, 'give the folder instead of the table to see pictures');
  assert.not.match(again, 'no such file');
  assert.not.match(again, INVENTED);
  await tab.close();
});

page('Compare names all that is not given; a window is not offered a profile', async (context) => {
  const tab = await open(context);
  const said = await press(tab, 'verdict', 'Compare');
  assert.match(said, /^SET_MISSING: not given yet: a model \(step 1\), a baseline \(step 2\), a window \(step 3\)/);
  assert.match(await give(tab, 'baseline', context.program), 'or a profile');
  assert.not.match(await give(tab, 'windows', context.program), 'profile');
  await tab.close();
});

page('what was typed and not converted is not compared; other class names are called that', async (context) => {
  const tab = await open(context);
  await give(tab, 'model', context.checkpoint);
  await give(tab, 'baseline', context.photos, true);
  await give(tab, 'windows', context.photos, true);
  assert.not.match(await press(tab, 'verdict', 'Compare'), ':');
  const events = await saved(tab, context, 'photos.parquet');
  await tab.getByLabel('Classes', { exact: true }).fill('cat, dog');
  assert.match(await press(tab, 'verdict', 'Compare'), /^NOT_CONVERTED: .*Convert with these/);
  await press(tab, 'model', 'Convert with these');
  await give(tab, 'baseline', events);
  assert.match(await press(tab, 'verdict', 'Compare'), /^PROFILE_OTHER_CLASSES: /);
  await tab.close();
});

page(
  'words of the verdicts are whole in a window of 1,280 pixels; a saved table says how it is used',
  async (context) => {
    const tab = await open(context);
    await press(tab, 'model', 'Use the bundled model');
    assert.not.match(await textOf(tab.locator('#model')), 'GFLOP');
    await press(tab, 'baseline', 'Use the bundled baseline');
    await press(tab, 'windows', 'Use the bundled window');
    await press(tab, 'verdict', 'Compare');
    const lines = await tab.evaluate<number[]>(`[
    ...document.querySelectorAll('#verdict thead th, td:is([data-title=p], [data-title=Verdict], [data-title=Images])'),
  ].map((cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  })`);
    assert.equal([...new Set(lines)], [1]);
    await tab.close();
  },
);
