/** The page of `label-plan --page`, by keyboard, as a file that is closed and opened again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabelsPage, labelsPage } from '../../report/index.js';
import { assert, temporaryFolder } from '../support/test.js';
import { inChromium } from './chromium.js';
import { PHONE, textOf, violations } from './opened-report.js';

const labelling = inChromium('images to label');

const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const page: LabelsPage = {
  plan: 'plan of a spec',
  classes: ['cat', 'dog', 'a, "quoted" class'],
  images: Array.from({ length: 50 }, (_, i) => ({ id: `e${i}`, image: `i${i}.png`, picture: i === 7 ? null : PIXEL })),
};
const folder = temporaryFolder();
const file = join(folder, 'label.html');
writeFileSync(file, labelsPage(page));

labelling('50 labels by keyboard: half of them, closed, opened again, the rest, saved', async ({ browser }) => {
  const context = await browser.newContext({ acceptDownloads: true });
  const opened = async () => {
    const tab = await context.newPage();
    const complaints: string[] = [];
    tab.on('pageerror', (error) => complaints.push(error.message));
    tab.on('console', (message) => complaints.push(message.text()));
    await tab.goto(`file://${file}`);
    return { tab, complaints };
  };
  const first = await opened();
  for (let i = 0; i < 25; i++) await first.tab.keyboard.press(String(1 + (i % 3)));
  assert.match(await textOf(first.tab.locator('.progress')), 'Image 26 of 50; 25 of 50 have a label');
  assert.equal(first.complaints, []);
  await first.tab.close();

  const { tab, complaints } = await opened();
  assert.match(await textOf(tab.locator('.progress')), 'Image 26 of 50; 25 of 50 have a label');
  await tab.keyboard.press('ArrowLeft');
  assert.is(await tab.locator('.choice[aria-pressed="true"]').textContent(), '1cat');
  await tab.keyboard.press('2');
  await tab.keyboard.press('ArrowLeft');
  await tab.keyboard.press('Backspace');
  assert.match(await textOf(tab.locator('.progress')), '24 of 50 have a label');
  for (let i = 0; i < 26; i++) await tab.keyboard.press('1');
  assert.match(await textOf(tab.locator('.progress')), '50 of 50 have a label');
  const [download] = await Promise.all([tab.waitForEvent('download'), tab.keyboard.press('s')]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\n');
  assert.is(lines.length, 51);
  assert.equal(lines.slice(0, 4), [
    'event_id,image,label,chosen_by',
    'e0,i0.png,cat,plan',
    'e1,i1.png,dog,plan',
    'e2,i2.png,"a, ""quoted"" class",plan',
  ]);
  assert.is(lines[25], 'e24,i24.png,cat,plan');
  assert.equal(complaints, []);
  await context.close();
});

labelling('buttons keep the focus, a phone is wide enough, and axe finds nothing', async ({ browser }) => {
  const context = await browser.newContext({ viewport: PHONE });
  const tab = await context.newPage();
  await tab.goto(`file://${file}`);
  await tab.getByRole('button', { name: 'dog' }).focus();
  await tab.keyboard.press('Enter');
  assert.match(await textOf(tab.locator('.progress')), 'Image 2 of 50; 1 of 50');
  assert.is(await tab.evaluate<string>('document.activeElement.textContent'), '2dog');
  assert.is(await tab.evaluate<number>('document.documentElement.scrollWidth'), PHONE.width);
  assert.equal(await violations(tab), []);
  await context.close();
});
