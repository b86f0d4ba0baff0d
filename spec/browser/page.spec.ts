/** The page of `image-drift page`, driven as a person would. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { startPage } from '../../cli/page.js';
import type { DriftReport } from '../../drift/index.js';
import { decidingP, digitsOf, digitsOfChance } from '../../report/numbers/index.js';
import { writeJpegs } from '../support/jpeg-set.js';
import { assert, fixtures, packageRoot, runCli } from '../support/test.js';
import { type InBrowser, inChromium } from './chromium.js';
import { DESKTOP, type Opened, openPage, PHONE, textOf, violations } from './opened-report.js';
import { ended, give, press, writeNarrowCheckpoint } from './page-steps.js';

interface Context extends InBrowser {
  checkpoint: string;
  server: { url: string; close(): void };
}

const SAMPLES = join(packageRoot, 'samples', 'fashion-mnist');
const [REFERENCE, PRODUCTION] = ['reference.npz', 'production.npz'].map((name) => join(SAMPLES, name)) as [
  string,
  string,
];
const WEBP = join(fixtures, 'data', 'images', 'webp-lossy_q80_photo1-23x11.webp');

const page = inChromium<Context>('the page');

page.before(async (context) => {
  context.server = await startPage(0);
  context.checkpoint = writeNarrowCheckpoint(context.folder);
});

page.after(({ server }) => server.close());

function open({ browser, server }: Context, options: Parameters<typeof openPage>[3] = {}): Promise<Opened> {
  return openPage(
    browser,
    server.url,
    (address) => address.startsWith(server.url) || address.startsWith(`blob:${server.url}`),
    options,
  );
}

async function saved(tab: Page, context: Context, name: string): Promise<string> {
  const [download] = await Promise.all([
    tab.waitForEvent('download'),
    tab.getByRole('link', { name, exact: true }).click(),
  ]);
  const path = join(context.folder, name);
  await download.saveAs(path);
  return path;
}

function cell(tab: Page, title: string): Locator {
  return tab.locator(`#verdict td[data-title="${title}"]`);
}

async function ofCommandLine(folder: string): Promise<DriftReport> {
  const run = async (...words: string[]) => {
    const { status, stdout, stderr } = await runCli(words);
    assert.is(status, 0, stderr);
    return stdout;
  };
  const [baseline, events, profile] = ['cli-reference.parquet', 'production.parquet', 'cli.json'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  for (const [images, out] of [
    [REFERENCE, baseline],
    [PRODUCTION, events],
  ] as const)
    await run('embed', images, '--weights', 'fashion-mnist-resnet18', '--out', out);
  await run('baseline', baseline, '--out', profile);
  return JSON.parse(await run('drift', events, '--baseline', profile, '--json')) as DriftReport;
}

page(
  'the bundled model and images: the verdict of the command line, a report, and files to begin from',
  async (context) => {
    const { page: tab, complaints, requests } = await open(context);
    assert.match(await press(tab, 'model', 'Use the bundled model'), /ready: simd, \d+ threads?/);
    assert.match(await textOf(tab.locator('#engine')), /Engine: simd, \d+ threads?, of \d+ cores?\.$/);
    assert.match(await press(tab, 'baseline', 'Use the bundled baseline'), '2,000 images');
    assert.match(await press(tab, 'windows', 'Use the bundled window'), '1,500 images');
    assert.is(await press(tab, 'verdict', 'Compare'), 'No drift.');

    const [window] = (await ofCommandLine(context.folder)).windows;
    const { js } = window!.methods;
    assert.is(await textOf(cell(tab, 'Verdict')), window!.verdict);
    assert.is(await textOf(cell(tab, 'Distance')), `JS distance ${digitsOf(js!.value)}`);
    assert.is(await textOf(cell(tab, 'p')), digitsOfChance(decidingP(js!)!));
    assert.match(await textOf(cell(tab, 'Accuracy')), `${(100 * window!.accuracy!).toFixed(1)} % (`);

    const [report] = await Promise.all([tab.context().waitForEvent('page'), tab.getByText('Open the report').click()]);
    report.on('console', (message) => complaints.push(message.text()));
    await report.waitForSelector('svg');
    assert.match(await report.title(), 'No drift');
    await report.close();

    const [weights, events, profile] = [
      await saved(tab, context, 'weights.zip'),
      await saved(tab, context, 'production.parquet'),
      await saved(tab, context, 'profile.json'),
    ];
    assert.equal(complaints, []);
    assert.equal(requests, []);
    await tab.close();

    const { stdout } = await runCli(['drift', events, '--baseline', profile, '--json']);
    assert.is((JSON.parse(stdout) as DriftReport).windows[0]!.methods['js']!.value.toFixed(6), js!.value.toFixed(6));
    await beginAgain(context, { weights, events, profile });
  },
);

async function beginAgain(
  context: Context,
  { weights, events, profile }: Record<'weights' | 'events' | 'profile', string>,
) {
  const { page: tab, complaints } = await open(context);
  assert.match(await give(tab, 'baseline', profile), 'profile of 2,000 images');
  assert.match(await give(tab, 'windows', events), '1,500 events');
  assert.is(await press(tab, 'verdict', 'Compare'), 'No drift.');
  assert.match(await give(tab, 'model', weights), 'ready: simd');
  assert.match(await give(tab, 'windows', PRODUCTION), '1,500 images');
  assert.match(await press(tab, 'verdict', 'Compare'), 'None of 2 windows drifted.');
  assert.equal(complaints, []);
  await tab.close();
}

page('a dropped .pth and folders of JPEGs', async (context) => {
  const [week1, week2] = await Promise.all(
    ['week_1', 'week_2'].map(async (name) => (await writeJpegs(join(context.folder, name), 120, 1)).folder[0]!),
  );
  const { page: tab, complaints } = await open(context);
  const bytes = readFileSync(context.checkpoint).toString('base64');
  await tab.evaluate(`{
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob('${bytes}'), (one) => one.charCodeAt(0))], 'narrow.pth'));
    document.querySelector('#model .drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer }));
  }`);
  assert.match(await ended(tab, 'model'), 'narrow.pth is ready');
  await tab.getByLabel('Size', { exact: true }).fill('32');
  await tab.getByLabel('Mean', { exact: true }).fill('0.5');
  assert.match(await press(tab, 'model', 'Convert with these'), 'ready');
  assert.match(await textOf(tab.locator('[data-taken=mean]')), 'Taken: 0.5,0.5,0.5');
  assert.match(await give(tab, 'baseline', week1!, true), '120 images');
  assert.match(await give(tab, 'windows', week2!, true), '120 images');
  assert.not.match(await press(tab, 'verdict', 'Compare'), ':');
  assert.is(await cell(tab, 'Verdict').count(), 1);
  assert.equal(complaints, []);
  await tab.close();
});

page('a wrong file at each step is refused by a code, and the page goes on', async (context) => {
  const wrong = join(context.folder, 'notes.txt');
  writeFileSync(wrong, 'not a model, nor images');
  const { page: tab, complaints } = await open(context);
  assert.match(await press(tab, 'verdict', 'Compare'), /^SET_MISSING: .*baseline/);
  assert.match(await give(tab, 'model', wrong), /^CHECKPOINT_[A-Z_]+: .*notes\.txt/);
  assert.match(await give(tab, 'baseline', wrong), /^SET_UNKNOWN: notes\.txt/);
  assert.match(await give(tab, 'windows', context.checkpoint), /^SET_UNKNOWN: .*is a model/);
  assert.match(await give(tab, 'baseline', REFERENCE), '2,000 images');
  assert.match(await give(tab, 'windows', PRODUCTION), '1,500 images');
  assert.match(await press(tab, 'verdict', 'Compare'), /^MODEL_MISSING: /);
  assert.match(await give(tab, 'model', context.checkpoint), 'ready');
  await tab.getByLabel('Size', { exact: true }).fill('large');
  assert.match(await press(tab, 'model', 'Convert with these'), /^BAD_OPTION: Size large/);
  assert.match(await press(tab, 'model', 'Use the bundled model'), 'ready');
  await tab.getByRole('button', { name: 'Compare' }).click();
  await tab.waitForSelector('#verdict progress[value]');
  assert.match(await press(tab, 'verdict', 'Stop'), /^Stopped\.$/);
  assert.is(await press(tab, 'verdict', 'Compare'), 'No drift.');
  assert.equal(complaints, []);
  await tab.close();
});

page('too many images of another size: the fields of the form that mend it, and the list of them', async (context) => {
  const { folder } = await writeJpegs(join(context.folder, 'large'), 40, 1);
  const { page: tab, complaints } = await open(context);
  await give(tab, 'model', context.checkpoint);
  await tab.getByLabel('Size', { exact: true }).fill('16');
  await press(tab, 'model', 'Convert with these');
  await give(tab, 'baseline', folder[0]!, true);
  await give(tab, 'windows', folder[0]!, true);
  const said = await press(tab, 'verdict', 'Compare');
  assert.match(said, /^IMAGES_REJECTED: photos: 40 of 40 images .*32 × 32 pixels.* with the Resize and Crop/);
  const list = readFileSync(await saved(tab, context, 'photos-left-out.jsonl'), 'utf8');
  assert.match(list, /^\{"key":"00000000.jpg","code":"IMAGE_SIZE"/);
  assert.equal(complaints, []);
  await tab.close();
});

page('check.npz that nothing compares is refused; a name cannot turn the text around it', async (context) => {
  const check = join(context.folder, 'check.npz');
  const turning = join(context.folder, 'a\u202egpj.npz');
  copyFileSync(PRODUCTION, check);
  copyFileSync(PRODUCTION, turning);
  const { page: tab } = await open(context);
  assert.match(await give(tab, 'model', check), /^MODEL_MISSING: check\.npz/);
  await press(tab, 'model', 'Use the bundled model');
  assert.match(await give(tab, 'model', check), /^CHECK_NOT_COMPARED: check\.npz: .* fashion-mnist-resnet18 has been/);
  await give(tab, 'windows', turning);
  assert.match(await textOf(tab.locator('#windows li')), 'a\ufffdgpj.npz');
  await tab.close();
});

page('what a page cannot read is named with the command that can', async (context) => {
  const { page: tab } = await open(context);
  await give(tab, 'model', context.checkpoint);
  await give(tab, 'baseline', WEBP);
  await press(tab, 'windows', 'Use the bundled window');
  const said = await press(tab, 'verdict', 'Compare');
  assert.match(said, 'sharp');
  assert.match(said, 'npx image-drift embed');
  await tab.close();
});

page('by keyboard alone, on a phone, without a violation of axe, light and dark', async (context) => {
  for (const [viewport, colorScheme] of [
    [PHONE, 'light'],
    [DESKTOP, 'dark'],
  ] as const) {
    const { page: tab } = await open(context, { viewport, colorScheme, bypassCSP: true });
    const reach = async (name: string) => {
      for (let presses = 0; presses < 80; presses++) {
        await tab.keyboard.press('Tab');
        const focused = await tab.evaluate<string>(
          "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent",
        );
        if (focused === name) return tab.keyboard.press('Enter');
      }
      throw new Error(`${name} is not reached by Tab`);
    };
    const chooser = tab.waitForEvent('filechooser');
    await reach('Choose files: model files');
    await (await chooser).setFiles(context.checkpoint);
    assert.match(await ended(tab, 'model'), 'ready');
    assert.equal(await violations(tab), [], 'with the form');
    await tab.reload();
    for (const [step, name] of [
      ['model', 'Use the bundled model'],
      ['baseline', 'Use the bundled baseline'],
      ['windows', 'Use the bundled window'],
      ['verdict', 'Compare'],
    ] as const) {
      await reach(name);
      await ended(tab, step);
    }
    assert.is(await tab.evaluate('document.activeElement.textContent'), 'No drift', 'the answer has the focus');
    assert.equal(await violations(tab), [], 'with a verdict');
    const width = await tab.evaluate<number>('document.documentElement.scrollWidth');
    assert.ok(width <= viewport.width, `${width} px wide in ${viewport.width}`);
    await tab.close();
  }
});

page('without the headers of cross-origin isolation it says so, and one core computes the same', async (context) => {
  const tab = await context.browser.newPage();
  await tab.route('**/*', async (route) => {
    const response = await route.fetch();
    const { 'cross-origin-opener-policy': _, 'cross-origin-embedder-policy': __, ...headers } = response.headers();
    await route.fulfill({ response, headers });
  });
  await tab.goto(context.server.url);
  assert.match(await press(tab, 'model', 'Use the bundled model'), 'simd, without threads');
  assert.match(await textOf(tab.locator('#engine')), 'no COOP and COEP headers');
  await press(tab, 'baseline', 'Use the bundled baseline');
  await press(tab, 'windows', 'Use the bundled window');
  assert.is(await press(tab, 'verdict', 'Compare'), 'No drift.');
  await tab.close();
});
