import { createHash } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { renderReport } from '../../report/index.js';
import {
  driftedWeeks,
  fourHundredWindows,
  hostileText,
  SAMPLE_REPORTS,
  sixtyWindows,
  thousandClasses,
  withoutImages,
} from '../report/sample-data.js';
import { assert, cases } from '../support/test.js';
import { inChromium } from './chromium.js';
import { DESKTOP, open, PHONE, textOf, unfold, violations } from './opened-report.js';

const SCHEMES = ['light', 'dark'] as const;

/** Pixels around the cloud, where other things are drawn. */
const EDGE = 56;

const report = inChromium('report');

/** The first point of the cloud that answers to the pointer, which is left on it. */
async function hoverPoint(page: Page): Promise<{ x: number; y: number }> {
  const canvas = page.locator('#space canvas');
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  for (let y = box.y + box.height * 0.3; y < box.y + box.height * 0.7; y += 9) {
    for (let x = box.x + box.width * 0.3; x < box.x + box.width * 0.7; x += 9) {
      await page.mouse.move(x, y);
      if (await page.locator('.space-bubble').isVisible()) return { x, y };
    }
  }
  return assert.unreachable('no point answers to the pointer') as never;
}

/** A hash of what the cloud looks like now, without the buttons and the focus ring at the edges. */
async function picture(canvas: Locator): Promise<string> {
  const page = canvas.page();
  await page.mouse.move(0, 0);
  await page.waitForTimeout(100);
  const { x, y, width, height } = (await canvas.boundingBox())!;
  const pixels = await page.screenshot({
    clip: { x: x + EDGE, y: y + EDGE, width: width - 2 * EDGE, height: height - 2 * EDGE },
  });
  return createHash('sha256').update(pixels).digest('hex');
}

// The strip of many windows has a spec of its own.
const { four: _, ...REPORTS } = SAMPLE_REPORTS;

for (const [name, make] of Object.entries(REPORTS)) {
  report(
    `${name}: no complaint, no request, no sideways scrolling, the answer in the first screen`,
    async (context) => {
      const html = renderReport(await make());
      for (const viewport of [PHONE, { width: 700, height: 900 }, { width: 1280, height: 800 }, DESKTOP]) {
        const { page, complaints, requests } = await open(context, html, { viewport });
        assert.equal(complaints, [], `${viewport.width} px`);
        assert.equal(requests, []);
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(width <= viewport.width, `${width} px wide in ${viewport.width}`);
        const height = await page.evaluate<number>('document.documentElement.scrollHeight');
        // In DejaVu Sans, the widest of usual fonts, it is 6,097.
        if (viewport.width >= 1280 && name !== 'hostile') assert.ok(height < 6_100, `${height} px high`);
        const answer = (await page.locator('h1').boundingBox())!;
        assert.ok(answer.y >= 0 && answer.y + answer.height < viewport.height);
        const card = (await page.locator('.card').first().boundingBox())!;
        const end = name === 'hostile' ? card.y : card.y + card.height;
        assert.ok(end < viewport.height, `the first card ends at ${end}`);
        await unfold(page);
        const unfolded = await page.evaluate<number>('document.documentElement.scrollWidth');
        assert.ok(unfolded <= viewport.width, `${unfolded} px wide in ${viewport.width}, unfolded`);
        await page.close();
      }
    },
  );
}

report(
  'the worst window comes first, and all cards fit into the first screen; on a phone, both that ask for something',
  async (context) => {
    const html = renderReport(await driftedWeeks());
    for (const [viewport, fit] of [
      [PHONE, 2],
      [{ width: 1280, height: 800 }, 3],
      [DESKTOP, 3],
    ] as const) {
      const { page } = await open(context, html, { viewport });
      const cards = await page.locator('.card').all();
      assert.is(cards.length, 3);
      assert.match(await textOf(cards[0]!), /week_3.*drift.*severe harm.*Look at the camera.*darker/s);
      assert.match(await textOf(cards[2]!), /week_1.*no drift.*Nothing to do/s);
      for (const card of cards.slice(0, fit)) {
        const box = (await card.boundingBox())!;
        assert.ok(box.y + box.height <= viewport.height, `a card ends at ${box.y + box.height} of ${viewport.height}`);
      }
      await page.close();
    }
  },
);

report(
  'a thousand classes: the most changed have a bar, the others are counted, clusters are named',
  async (context) => {
    const html = renderReport(await thousandClasses());
    const { page } = await open(context, html);
    const chart = page.getByRole('figure', { name: 'Share of the rows predicted as' });
    assert.is(await chart.locator('tbody tr').count(), 15);
    assert.match(await textOf(chart), /985 more classes changed less\./);
    const clusters = page.getByRole('figure', { name: /Share of the rows in each cluster/ });
    assert.match(await textOf(clusters), /1: mostly T-shirt\/top.*cluster 8/s);
    assert.match(await textOf(page.locator('.exemplars h4').first()), /^\d+: mostly |^Cluster 8/);
    await page.close();
  },
);

report('a link to a folded section opens it', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  assert.not.ok(await page.locator('.method-table').first().isVisible());
  await page.locator('.sections').getByRole('link', { name: 'Methods' }).click();
  await page.locator('#methods .method-table').waitFor();
  await page.close();
});

report('four hundred windows with nine methods: a page of a few screens, no number or word broken', async (context) => {
  const { page } = await open(context, renderReport(await fourHundredWindows()), {
    viewport: { width: 1280, height: 800 },
  });
  const { scrollWidth, scrollHeight } = await page.evaluate<{ scrollWidth: number; scrollHeight: number }>(
    '(({ scrollWidth, scrollHeight }) => ({ scrollWidth, scrollHeight }))(document.documentElement)',
  );
  assert.ok(scrollWidth <= 1280, `${scrollWidth} px wide`);
  assert.ok(scrollHeight < 6_000, `${scrollHeight} px high`);
  await unfold(page);
  // A word is broken where the letters of it lie on more than one line.
  const broken = await page.evaluate<
    string[]
  >(`[...document.querySelectorAll('.method-table td, .method-table thead th')].slice(0, 200).flatMap((cell) => {
    const found = [];
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      for (const { index, 0: word } of walk.currentNode.data.matchAll(/[^\\s–]+/g)) {
        const range = document.createRange();
        range.setStart(walk.currentNode, index);
        range.setEnd(walk.currentNode, index + word.length);
        if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) found.push(word);
      }
    }
    return found;
  })`);
  assert.equal(broken, []);
  await page.close();
});

report('shares have an axis, and a bar of a change beyond its ends is marked', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await unfold(page);
  await page.locator('.pair .chart').first().scrollIntoViewIfNeeded();
  await page.locator('.pair .plot').first().waitFor();
  const ticks = await page.locator('.pair .plot [aria-label="x-axis tick label"] text').allTextContents();
  assert.ok(ticks.length >= 3, `ticks: ${ticks.join(', ')}`);
  assert.ok(
    ticks.every((text) => /^\d+(\.\d)?\u00a0%$/.test(text)),
    ticks.join(', '),
  );
  for (const row of await page.locator('.statistics tbody tr').all()) {
    const effect = Number((await row.locator('.effect span').textContent())!.replace('−', '-'));
    assert.is(await row.locator('.effect-more').count(), Math.abs(effect) > 2 ? 1 : 0, String(effect));
  }
  await page.close();
});

report('images at the end of a row open their text within the page', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()), { viewport: { width: 1280, height: 800 } });
  for (const exemplar of await page.locator('.exemplar').all()) {
    await exemplar.hover();
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= 1280, `${width} px wide`);
  }
  await page.close();
});

report('axe finds nothing, at both widths, light and dark', async (context) => {
  const pages = [driftedWeeks, sixtyWindows, thousandClasses, withoutImages].flatMap((make) =>
    [PHONE, DESKTOP].flatMap((viewport) => SCHEMES.map((colorScheme) => ({ make, viewport, colorScheme }))),
  );
  for (const { make, viewport, colorScheme } of cases(pages, 4)) {
    const { page } = await open(context, renderReport(await make()), { viewport, colorScheme });
    assert.equal(await violations(page), [], `${make.name}, ${viewport.width} px, ${colorScheme}, folded`);
    await unfold(page);
    assert.equal(await violations(page), [], `${make.name}, ${viewport.width} px, ${colorScheme}`);
    await page.close();
  }
});

report('the cloud turns by dragging and by arrow keys, and comes back', async (context) => {
  const { page, complaints } = await open(context, renderReport(await driftedWeeks()), { reducedMotion: 'reduce' });
  await unfold(page);
  const canvas = page.locator('#space canvas');
  await canvas.scrollIntoViewIfNeeded();
  const start = await picture(canvas);
  assert.is(await picture(canvas), start, 'stands still when left alone');
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + 40, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + 200, box.y + 80, { steps: 5 });
  await page.mouse.up();
  const dragged = await picture(canvas);
  assert.is.not(dragged, start);
  await canvas.press('ArrowLeft');
  const turned = await picture(canvas);
  assert.is.not(turned, dragged);
  await canvas.press('ArrowUp');
  assert.is.not(await picture(canvas), turned);
  await canvas.press('+');
  await canvas.press('Home');
  assert.is(await picture(canvas), start);
  await page.locator('#space').getByText('UMAP', { exact: true }).click();
  const umap = await picture(canvas);
  assert.is.not(umap, start);
  await page.locator('#space').getByText('Right or wrong').click();
  const correctness = await picture(canvas);
  assert.is.not(correctness, umap);
  const keys = page.locator('.colour-keys');
  await page.locator('#space').getByText('Predicted class').click();
  assert.is.not(await picture(canvas), correctness);
  assert.match(await textOf(keys), /other classes/);
  await page.locator('#space').getByText('Confidence', { exact: true }).click();
  assert.match(await textOf(keys), /below 50 %.*99 % and more.*not known/);
  await page.locator('#space').getByText('Group', { exact: true }).click();
  assert.match(await textOf(keys), /camera 0.*camera 1/);
  await page.locator('.sets').getByText('baseline').click();
  assert.equal(complaints, []);
  await page.close();
});

report('hovering shows the image, a click keeps it', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await unfold(page);
  const { x, y } = await hoverPoint(page);
  const image = page.locator('.space-bubble .thumbnail');
  assert.ok(await image.isVisible());
  assert.match(
    await page.evaluate<string>("getComputedStyle(document.querySelector('.space-bubble .thumbnail')).backgroundImage"),
    /^url\("data:image\/jpeg/,
  );
  const name = (await image.getAttribute('aria-label'))!;
  assert.match(name, /png, labelled .*, predicted /);
  const colours = await image.screenshot();
  assert.ok(colours.length > 500, 'the image is not one colour');
  await page.mouse.click(x, y);
  assert.is(await page.locator('.pin-list .thumbnail').getAttribute('aria-label'), name);
  await page.mouse.move(0, 0);
  assert.not.ok(await page.locator('.space-bubble').isVisible());
  await page.getByRole('button', { name: `Let go of ${name}` }).click();
  assert.is(await page.locator('.pin-list li').count(), 0);
  await page.close();
});

report('the cloud can be used without a mouse', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await unfold(page);
  const canvas = page.locator('#space canvas');
  await canvas.focus();
  await page.keyboard.press('n');
  assert.ok(await page.locator('.space-bubble .thumbnail').isVisible());
  await page.keyboard.press('Enter');
  assert.match(await textOf(page.locator('.space-stage [aria-live]')), /^Kept: .*png, labelled/);
  assert.is(await page.locator('.pin-list li').count(), 1);
  await page.keyboard.press('Escape');
  assert.not.ok(await page.locator('.space-bubble').isVisible());
  await page.close();
});

report('values of different methods are not compared: the window whose accuracy fell comes first', async (context) => {
  const data = await driftedWeeks();
  const [, second, third] = data.drift.windows;
  const alarm = (value: number, verdict: 'drift') => ({
    ...second!.methods['js']!,
    value,
    band: [0, 3.6] as [number, number],
    verdict,
  });
  const held = { accuracy: 0.93, accuracy_test: { ...second!.accuracy_test!, verdict: 'within chance' as const } };
  // 28 standard errors of a statistic of the images are no more than a JS distance of 0.1.
  const images = {
    ...second!,
    ...held,
    alarmed_by: 'images',
    methods: { ...second!.methods, images: alarm(28, 'drift') },
  };
  const windows = [data.drift.windows[0]!, images, third!];
  const { page } = await open(context, renderReport({ ...data, drift: { ...data.drift, windows } }));
  assert.is(await page.locator('.card a').first().textContent(), 'week_3');
  assert.is(await page.locator('#window-choice').inputValue(), '2');
  await page.close();
});

report('choosing a window anywhere changes the closer look and the cloud', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  assert.match(await textOf(page.locator('#closer-look')), /darker/);
  await unfold(page);
  await page.locator('.window-table').getByRole('link', { name: 'week_2' }).click();
  assert.is(await page.locator('#window-choice').inputValue(), '1');
  assert.match(await textOf(page.locator('#closer-look .causes')), /blurred/);
  assert.ok(await page.locator('.sets').getByLabel('week_2').isChecked());
  assert.not.ok(await page.locator('.sets').getByLabel('week_3').isChecked());
  await page.getByRole('button', { name: 'Previous window' }).click();
  assert.is(await page.locator('#window-choice').inputValue(), '0');
  await page.close();
});

report('exemplars can be reached with the keyboard and say what they are', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  const exemplar = page.locator('.exemplar').first();
  await page.locator('.exemplars summary').focus();
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate<boolean>("document.activeElement === document.querySelector('.exemplar')"));
  assert.ok(await exemplar.locator('.bubble').isVisible());
  await page.close();
});

report('the switch turns light to dark and back', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()), { colorScheme: 'light' });
  const paper = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const light = await paper();
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  assert.is.not(await paper(), light);
  // A form control takes its colours over with the next frame, which a busy machine draws late.
  await page.waitForTimeout(1000);
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
  assert.equal(await violations(page), []);
  await page.getByRole('button', { name: 'Use light colours' }).click();
  assert.is(await paper(), light);
  await page.close();
});

report('the policy stops a script that was put into the page, a request and a foreign picture', async (context) => {
  const html = renderReport(await driftedWeeks());
  const attack =
    '<script>globalThis.attacked = true</script><img src="x" onerror="globalThis.attacked = true">' +
    '<img src="https://example.org/pixel.png"><style>h1 { display: none }</style>';
  const injected = html.replace('</main>', `${attack}</main>`);
  assert.is.not(injected, html);
  const { page, complaints } = await open(context, injected);
  assert.is(await page.evaluate(() => 'attacked' in globalThis), false);
  assert.ok(await page.locator('h1').isVisible());
  assert.ok(
    complaints.some((text) => /Content Security Policy/.test(text)),
    'the browser says so',
  );
  const fetched = await page.evaluate(() =>
    fetch('https://example.org/').then(
      () => 'sent',
      () => 'stopped',
    ),
  );
  assert.is(fetched, 'stopped');
  await page.close();
});

report('hostile text runs nothing', async (context) => {
  const { page, complaints } = await open(context, renderReport(await hostileText()));
  page.on('dialog', () => complaints.push('a dialog'));
  await unfold(page);
  await hoverPoint(page);
  assert.is(await page.locator('img').count(), 0);
  const turned = await page.evaluate<boolean>("/[\\u202a-\\u202e]/.test(document.querySelector('main').innerText)");
  assert.is(turned, false, 'nothing turns the direction of the text');
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  assert.ok(height < 30_000, `names of 10,000 characters make a page of ${height} px`);
  assert.is(await page.locator('body > script, main script').count(), 2);
  assert.equal(complaints, []);
  await page.close();
});

report('all charts are drawn without scrolling, for a picture of the whole page', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await page.waitForTimeout(500);
  const charts = page.locator('.chart').filter({ visible: true });
  assert.ok((await charts.count()) > 1);
  const below = await charts.last().boundingBox();
  assert.ok(below!.y > 2 * DESKTOP.height, `the last chart, at ${below!.y}, is far from the screen`);
  assert.is(await charts.locator('.plot').count(), await charts.count());
  await unfold(page);
  await page.waitForTimeout(100);
  assert.is(await charts.locator('.plot').count(), await charts.count(), 'those that were folded');
  assert.is(await page.evaluate<number>('scrollY'), 0);
  await page.close();
});

report('paper has every drifted window', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()));
  await page.emulateMedia({ media: 'print' });
  await page.evaluate("dispatchEvent(new Event('beforeprint'))");
  assert.ok(await page.locator('.print-only').getByText('blurred', { exact: true }).isVisible());
  const charts = await page.locator('.chart').count();
  assert.is(await page.locator('.chart .plot').count(), charts, 'charts that were never near the screen are drawn');
  assert.is(await page.locator('.drill-size').filter({ visible: true }).count(), 3);
  assert.not.ok(await page.locator('.space-zoom').isVisible());
  assert.is(await page.locator('.unlike-table').filter({ visible: true }).count(), 0, 'lists would take pages');
  await page.evaluate("dispatchEvent(new Event('afterprint'))");
  assert.is(await page.locator('.print-only > *').count(), 0);
  assert.not.ok(await page.locator('.drill-size').first().isVisible(), 'folded again');
  await page.close();
});

report('without scripts the numbers are all there', async (context) => {
  const { page } = await open(context, renderReport(await driftedWeeks()), { javaScriptEnabled: false });
  assert.ok(await page.locator('noscript .notice').isVisible());
  await page.locator('#drill summary').click();
  assert.ok(await page.locator('.drill-table').nth(2).isVisible());
  await page.close();
});

const plain = inChromium('report without WebGL', { webgl: false });

plain('draws the cloud all the same', async (context) => {
  const { page, complaints } = await open(context, renderReport(await driftedWeeks()));
  await unfold(page);
  const canvas = page.locator('#space canvas');
  await canvas.scrollIntoViewIfNeeded();
  const start = await picture(canvas);
  await canvas.press('ArrowLeft');
  let turned = start;
  // The cloud is drawn with the next frame.
  for (let i = 0; i < 50 && turned === start; i++) turned = await picture(canvas);
  assert.is.not(turned, start);
  await hoverPoint(page);
  assert.equal(complaints, []);
  await page.close();
});
