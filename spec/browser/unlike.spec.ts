import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { renderReport } from '../../report/index.js';
import { driftedWeeks, hostileText, withoutImages } from '../report/sample-data.js';
import { assert } from '../support/test.js';
import { inChromium } from './chromium.js';
import { open, PHONE, textOf } from './opened-report.js';

const unlike = inChromium('most unlike images');

async function download(page: Page, name: RegExp): Promise<{ file: string; text: string }> {
  const [started] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
  return { file: started.suggestedFilename(), text: readFileSync((await started.path())!, 'utf8') };
}

unlike(
  'each image stands beside its nearest of the baseline, 160 pixels wide; all are shown when asked for',
  async (context) => {
    const html = renderReport(await driftedWeeks());
    for (const viewport of [PHONE, { width: 1280, height: 800 }]) {
      const { page, complaints } = await open(context, html, { viewport });
      const pairs = page.locator('.pair-item');
      const first = viewport === PHONE ? 3 : 6;
      assert.is(await pairs.count(), first);
      for (const picture of await pairs.first().locator('.thumbnail').all()) {
        const { width, height } = (await picture.boundingBox())!;
        assert.ok(width >= 160 && height >= 160, `${width} × ${height}`);
      }
      assert.is(await pairs.first().locator('.thumbnail').count(), 2);
      await page.getByRole('button', { name: 'Show all 24' }).press('Enter');
      assert.is(await pairs.count(), 24);
      assert.match(await textOf(pairs.nth(4)), /Row 160 of the baseline\. A report made with the baseline’s events/);
      assert.ok(
        await page.evaluate<boolean>(`document.activeElement === document.querySelectorAll('.pair-image')[${first}]`),
      );
      assert.equal(complaints, []);
      await page.close();
    }
  },
);

unlike('a window without drift has none, and leads to those that have', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await page.locator('#window-choice').selectOption('0');
  assert.match(await textOf(page.locator('[data-unlike]')), /week_1 did not drift\. Show the images of week_2week_3/);
  await page.locator('[data-unlike]').getByRole('button', { name: 'week_2' }).click();
  assert.match(await textOf(page.locator('.unlike-window')), /^week_2 the 24 most unlike of 1,000 different images/);
  assert.is(await page.locator('#window-choice').inputValue(), '1');
  await page.close();
});

unlike('lists: csv, tasks of Label Studio', async (context) => {
  const { page, complaints, requests } = await open(context, renderReport(await driftedWeeks()), {
    acceptDownloads: true,
  });
  const csv = await download(page, /^Download the images of week_3 as CSV$/);
  assert.is(csv.file, 'week_3-unlike.csv');
  const lines = csv.text.trimEnd().split('\r\n');
  assert.is(lines.length, 25);
  assert.match(lines[0]!, /^rank,window,events,row,distance,baseline_share,nearest_baseline_row,cluster,predicted,/);
  assert.match(
    lines[1]!,
    /^1,week_3,week_3\.parquet,0,9,0\.001,0,1,.*,\/images\/week_3\/00000\.png,event-0,unlikeness$/,
  );

  const tasks = JSON.parse((await download(page, /Label Studio/)).text) as { data: Record<string, unknown> }[];
  assert.is(tasks.length, 24);
  assert.is(tasks[0]!.data['image'], '/data/local-files/?d=images/week_3/00000.png');
  assert.match(String(tasks[2]!.data['image']), /^data:image\/png;base64,[A-Za-z0-9+/]{100}/);
  assert.match(await textOf(page.locator('.downloads')), /8 of 24 images have no file of their own/);
  assert.equal(complaints, []);
  assert.equal(requests, []);
  await page.close();
});

unlike('hostile text stays text in lists, and is no formula; images without a file are told', async (context) => {
  const data = await hostileText();
  const windows = data.drift.windows.map((window) => ({ ...window, name: '=cmd|calc "a",\n../../x' }));
  const hostile = await open(context, renderReport({ ...data, drift: { ...data.drift, windows } }), {
    acceptDownloads: true,
  });
  const csv = await download(hostile.page, /as CSV$/);
  assert.is(csv.file, 'cmd_calc_a_.._.._x-unlike.csv');
  assert.match(csv.text, /\r\n1,"'=cmd\|calc ""a"",\n\.\.\/\.\.\/x",/);
  assert.equal(hostile.complaints, []);
  await hostile.page.close();
  const bare = await open(context, renderReport(await withoutImages()));
  assert.match(await textOf(bare.page.locator('.downloads')), /24 of 24 images have no file/);
  await bare.page.close();
});
