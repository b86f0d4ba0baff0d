import { renderReport } from '../../report/index.js';
import { driftedWeeks, withoutImages } from '../report/sample-data.js';
import { assert } from '../support/test.js';
import { inChromium } from './chromium.js';
import { DESKTOP, open, PHONE, textOf } from './opened-report.js';

const explained = inChromium('what happened');

explained('the cause, the accuracy, and three pictures side by side, on a phone too', async (context) => {
  const html = renderReport(await driftedWeeks());
  for (const viewport of [PHONE, DESKTOP]) {
    const { page, complaints } = await open(context, html, { viewport });
    const card = page.locator('.explained-explained');
    assert.match(await textOf(card), /week_3 explained\s*Darker\s*brightness \(factor\), factor 0\.353/);
    assert.match(await textOf(card), /70\.5.% 68\.4 to 73\.1.%/);
    const pairs = card.locator('.remade-pairs li');
    assert.is(await pairs.count(), 3);
    const boxes = await Promise.all(
      (await pairs.first().locator('.thumbnail').all()).map(async (picture) => (await picture.boundingBox())!),
    );
    assert.is(boxes.length, 3);
    assert.ok(boxes.every(({ y, width }) => y === boxes[0]!.y && width >= 100));
    assert.ok(boxes.every(({ x, width }) => x >= 0 && x + width <= viewport.width));
    assert.match(await textOf(pairs.first()), /Baseline.*With the cause.*Window/);
    assert.is(await pairs.first().locator('.remade-wrong').count(), 1, 'a prediction that the cause changed is marked');
    await card.getByRole('button', { name: 'Show 3 more' }).press('Enter');
    assert.is(await pairs.count(), 6);
    assert.ok(
      await page.evaluate<boolean>(
        "document.activeElement === document.querySelectorAll('.explained-explained .remade-pairs li')[3]",
      ),
    );
    assert.equal(complaints, []);
    await page.close();
  }
});

explained('320 pixels are enough: nothing leaves the page, and pictures stay beside each other', async (context) => {
  const viewport = { width: 320, height: 640 };
  const { page } = await open(context, renderReport(await driftedWeeks()), { viewport });
  assert.is(await page.evaluate<number>('document.documentElement.scrollWidth'), viewport.width);
  for (const row of ['.remade-pairs li', '.pair-item']) {
    const pictures = await page.locator(row).first().locator('.thumbnail').all();
    const boxes = await Promise.all(pictures.map(async (picture) => (await picture.boundingBox())!));
    assert.ok(boxes.length >= 2);
    assert.ok(boxes.every(({ y }) => y === boxes[0]!.y));
    assert.ok(boxes.every(({ x }, i) => x >= (i === 0 ? 0 : boxes[i - 1]!.x + boxes[i - 1]!.width)));
  }
  await page.close();
});

explained('the pictures differ as they say', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  const pictures = page.locator('.explained-explained .remade-pairs li').first().locator('.thumbnail');
  const places = await pictures.evaluateAll((all) => all.map((one) => one.getAttribute('style')));
  assert.is(new Set(places).size, 3);
  const background = await page.evaluate<string>(
    "getComputedStyle(document.querySelector('.remade-pairs .thumbnail')).backgroundImage",
  );
  assert.match(background, /^url\("data:image\/jpeg/);
  await page.close();
});

explained('paper has the pictures, and what is folded', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await page.emulateMedia({ media: 'print' });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  assert.is(await page.locator('.remade-pairs .thumbnail').filter({ visible: true }).count(), 2 * 3 * 3);
  assert.ok(await page.locator('.explained-table').first().isVisible());
  assert.is(await page.locator('[data-remade] button').filter({ visible: true }).count(), 0);
  await page.close();
});

explained('without pictures the words are there, and a window that was not looked at', async (context) => {
  const { page } = await open(context, renderReport(await withoutImages()));
  assert.is(await page.locator('.remade-pairs').count(), 0);
  assert.match(await textOf(page.locator('#explained')), /week_4 was not looked at: week_4\.parquet: 80 rows/);
  await page.close();
});
