import type { Emulator } from 'image-drift-emulator';
import type { Browser } from 'playwright-core';
import {
  DAY,
  data,
  MONDAY,
  onboard,
  parquet,
  publishFile,
  sampleRows,
  start,
  TOKEN,
  upload,
} from '../fiddler/emulator/support.js';
import { assert } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { DESKTOP, type Opened, openPage, PHONE, violations } from './opened-report.js';

const VIEWPORTS = [PHONE, DESKTOP];
const SERIOUS = ['serious', 'critical'];
const SCHEMES = ['light', 'dark'] as const;

interface Context extends InBrowser {
  emulator: Emulator;
  model: string;
}

const page = inChromium<Context>('emulator page');

function open(
  { browser, emulator }: Context,
  hash: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Opened> {
  return openPage(browser, `${emulator.url}/${hash}`, (address) => address.startsWith(emulator.url), options);
}

page.before(async (context) => {
  context.emulator = await start({ jobSeconds: 0 });
  context.model = (await onboard(context.emulator)).model;
  await publishFile(context.emulator, context.model, sampleRows(500, 2), 'train_time_reference');
  for (let day = 0; day < 19; day++) {
    // As the quickstart: six days a week, a seventh without events.
    if (day % 7 === 6) continue;
    const rows = sampleRows(100, 10 + day, { drifted: day >= 14, time: MONDAY + day * DAY });
    await publishFile(context.emulator, context.model, rows);
  }
});

page.after(({ emulator }) => emulator.close());

page('the drift of three weeks, with a gap where there were no events', async (context) => {
  for (const viewport of VIEWPORTS) {
    const { page: tab, complaints, requests } = await open(context, `#token=${TOKEN}`, { viewport });
    await tab.waitForSelector('.chart');
    assert.is(await tab.locator('.chart').count(), 2);
    const first = tab.locator('.chart').first();
    assert.is(await first.locator('.point').count(), 17);
    assert.is(await first.locator('.line').count(), 3, 'three weeks, three lines');
    const heights = await first
      .locator('.point')
      .evaluateAll((points) => points.map((point) => Number(point.getAttribute('cy'))));
    assert.ok(Math.max(...heights.slice(12)) < Math.min(...heights.slice(0, 12)), 'the drifted week is the higher one');
    await tab.getByText('The numbers as a table').click();
    assert.is(await tab.locator('details tbody tr').count(), 19);
    assert.match((await tab.locator('header').textContent()) ?? '', /not Fiddler/);
    assert.match((await tab.locator('.cards').textContent()) ?? '', /1,700 events/);
    const width = await tab.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= viewport.width, `${width} px wide in ${viewport.width}`);
    assert.equal(complaints, []);
    assert.equal(requests, []);
    assert.not.match(tab.url(), new RegExp(TOKEN), 'the token stays in the address');
    await tab.reload();
    await tab.waitForSelector('.chart');
    await tab.close();
  }
});

page('axe finds nothing serious, at both widths, light and dark', async (context) => {
  for (const viewport of VIEWPORTS) {
    for (const colorScheme of SCHEMES) {
      const { page: tab } = await open(context, `#token=${TOKEN}`, { viewport, colorScheme, bypassCSP: true });
      await tab.waitForSelector('.chart');
      await tab.getByText('The numbers as a table').click();
      assert.equal(await violations(tab, SERIOUS), [], `${viewport.width} px, ${colorScheme}`);
      await tab.close();
    }
  }
  const { page: tab } = await open(context, '', { bypassCSP: true });
  assert.equal(await violations(tab, SERIOUS), [], 'without a token');
  await tab.close();
});

page('nothing is shown without the token, and a wrong one is told', async (context) => {
  const { page: tab } = await open(context, '');
  await tab.waitForSelector('form');
  assert.not.match((await tab.locator('body').textContent()) ?? '', /resnet18/);
  await tab.getByLabel('Token').fill('wrong');
  await tab.getByRole('button').click();
  await tab.getByText('This token is not the emulator’s.').waitFor();
  await tab.getByLabel('Token').fill(TOKEN);
  await tab.getByRole('button').click();
  await tab.waitForSelector('.chart');
  await tab.close();
});

page('on a phone the jobs are cut nowhere, and each cell has its name', async (context) => {
  const { page: tab } = await open(context, `#token=${TOKEN}`, { viewport: PHONE });
  await tab.waitForSelector('.chart');
  const isCut = await tab
    .locator('.stacked')
    .evaluate((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight);
  assert.not(isCut);
  const cell = "document.querySelector('.stacked tbody td:nth-of-type(2)')";
  const name = await tab.evaluate<string>(`getComputedStyle(${cell}, '::before').content`);
  assert.is(name, '"Rows"');
  await tab.close();
});

page('a job that fails appears by itself, with its reason; names are text, never markup', async (context) => {
  const { emulator, model } = context;
  const { page: tab, complaints } = await open(context, `#token=${TOKEN}`);
  await tab.waitForSelector('.chart');
  const rows = sampleRows(3, 99).map((row) => ({ ...row, event_id: '' }));
  const file_id = await upload(emulator, parquet(rows));
  const env_name = '<img src=x onerror=alert(1)>';
  await data(emulator, 'POST', '/v3/events', {
    source: { type: 'FILE', file_id },
    model_id: model,
    env_type: 'PRE_PRODUCTION',
    env_name,
  });
  await tab.getByText('BadRequest: Row 0: no value in the event id column event_id').waitFor();
  assert.ok(await tab.getByText(env_name).isVisible());
  assert.is(await tab.locator('img').count(), 0);
  assert.equal(complaints, []);
  await tab.close();
});
