import { renderReport } from '../../report/index.js';
import { eighteenDays, fourHundredWindows, sixtyWindows } from '../report/sample-data.js';
import { assert } from '../support/test.js';
import { inChromium } from './chromium.js';
import { open, PHONE, textOf } from './opened-report.js';

const strip = inChromium('strip of windows');

strip('dragging chooses a range: its rows, and the images and the closer look of its worst window', async (context) => {
  const data = await fourHundredWindows();
  const { page, complaints } = await open(context, renderReport(data));
  const told = page.locator('.timeline-told');
  assert.match(await textOf(told), /^400 windows, 128 with drift\. Drag/);
  await page.locator('.timeline-stage').scrollIntoViewIfNeeded();
  const box = (await page.locator('.timeline-stage').boundingBox())!;
  const x = (index: number) => box.x + (box.width * (index + 0.5)) / 400;
  await page.mouse.move(x(299), box.y + 20);
  await page.mouse.down();
  await page.mouse.move(x(250), box.y + 30, { steps: 4 });
  await page.mouse.up();
  const names = data.drift.windows.map(({ name }) => name);
  assert.ok((await textOf(told)).startsWith(`${names[250]} to ${names[299]}: 50 windows, 40 with drift`));
  await page.getByText('The table of all 400 windows').click();
  await page.locator('.filter input').uncheck();
  assert.is(await page.locator('.window-row').filter({ visible: true }).count(), 50);
  const chosen = Number(await page.locator('#window-choice').inputValue());
  const value = (index: number) => data.drift.windows[index]!.methods['js']!.value;
  const inRange = names
    .map((_, i) => i)
    .slice(250, 300)
    .filter((i) => data.drift.windows[i]!.verdict === 'drift');
  assert.is(value(chosen), Math.max(...inRange.map(value)));
  assert.ok((await page.locator('.exemplar').count()) > 0);
  await page.getByRole('button', { name: 'All windows' }).click();
  assert.is(await page.locator('.window-row').filter({ visible: true }).count(), 400);
  assert.equal(complaints, []);
  await page.close();
});

strip(
  'the keyboard chooses the same, and names the windows; a phone has no more to scroll sideways',
  async (context) => {
    const { page } = await open(context, renderReport(await sixtyWindows()), { viewport: PHONE });
    const first = page.getByRole('slider', { name: 'First window' });
    await first.focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowRight');
    assert.is(await first.getAttribute('aria-valuetext'), '2024-03-04');
    await page.getByRole('slider', { name: 'Last window' }).focus();
    await page.keyboard.press('Home');
    assert.match(await textOf(page.locator('.timeline-told')), /^2024-03-01 to 2024-03-01: 1 window, 0 with drift/);
    assert.ok((await page.evaluate<number>('document.documentElement.scrollWidth')) <= PHONE.width);
    await page.close();
  },
);

strip('few windows have marks, and names in the strip of segments', async (context) => {
  const { page } = await open(context, renderReport(await eighteenDays()));
  assert.is(await page.locator('.timeline').count(), 0);
  assert.is(await page.locator('.strip li').count(), 18);
  assert.ok(await page.locator('.segment-strip').getByText('2024-03-01').first().isVisible());
  await page.close();
});
