/**
 * Pictures of sample reports: `node dist/spec/browser/screenshots.js FOLDER [NAME…]`. Names of reports: weeks, days,
 * sixty, hundred, four, thousand, hostile, barely, bare. Each at 390 and 1,440 pixels, light and dark.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderReport } from '../../report/index.js';
import { SAMPLE_REPORTS } from '../report/sample-data.js';
import { launchChromium } from './chromium.js';

const [folderName = 'shots', ...names] = process.argv.slice(2);
const folder = resolve(folderName);
mkdirSync(folder, { recursive: true });
const browser = await launchChromium();
try {
  for (const [name, make] of Object.entries(SAMPLE_REPORTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const file = join(folder, `${name}.html`);
    writeFileSync(file, renderReport(await make()));
    for (const width of [390, 1440]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width, height: width === 390 ? 844 : 900 }, colorScheme });
        await page.goto(pathToFileURL(file).href);
        await page.waitForTimeout(600);
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}-first.png`) });
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        await page.close();
      }
    }
    const page = await browser.newPage();
    await page.goto(pathToFileURL(file).href);
    await page.pdf({ path: join(folder, `${name}.pdf`), format: 'A4' });
    await page.close();
  }
} finally {
  await browser.close();
}
