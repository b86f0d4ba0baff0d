import { createHash } from 'node:crypto';
import { type ReportData, renderReport } from '../../report/index.js';
import { assert, longTest, test } from '../support/test.js';
import { barely, driftedWeeks, eighteenDays, hostileText, hundredWindows, withoutImages } from './sample-data.js';

const MEGABYTE = 1e6;

/** Splits the page as a browser does, with raw-text elements apart from the rest. */
function parts(page: string): { script: string; style: string; data: string; rest: string } {
  const inside = (pattern: RegExp) => page.match(pattern)?.[1] ?? assert.unreachable(`no ${pattern}`);
  return {
    script: inside(/<script>([\s\S]*?)<\/script/i)!,
    style: inside(/<style>([\s\S]*?)<\/style/i)!,
    data: inside(/<script type="application\/json" id="report-data">([\s\S]*?)<\/script/i)!,
    rest: page.replace(/(<script[^>]*>)[\s\S]*?(?=<\/script)/gi, '$1').replace(/(<style>)[\s\S]*?(?=<\/style)/gi, '$1'),
  };
}

function policyOf(page: string): string {
  const escaped = page.match(/<meta http-equiv="Content-Security-Policy" content="([^"]*)"/)?.[1] ?? '';
  return escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

test('the verdict, every window and every section stand in the page itself', async () => {
  const page = renderReport(await driftedWeeks());
  const { rest } = parts(page);
  assert.match(rest, /<h1 [^>]*>Accuracy fell in 2 of 3 windows/);
  assert.match(rest, /week_3 \(darker\), week_2 \(blurred, flatter\)/);
  for (const text of ['week_1', 'no drift', 'Maximum mean discrepancy', 'colour shift', '--methods all']) {
    assert.ok(rest.includes(text), text);
  }
  for (const id of ['answer', 'distance', 'closer-look', 'space', 'methods', 'drill', 'run']) {
    assert.is(rest.split(`<section id="${id}"`).length, 2, id);
  }
  assert.is(rest.match(/<h1/g)!.length, 1);
  assert.match(rest, /<html lang="en">/);
});

test('an estimate is shown beside the accuracy while labels are few', async () => {
  const data = await driftedWeeks();
  const of = (labels: number) => {
    const interval = { low: 0.555, high: 0.997, labels, by: 'exact' as const };
    const windows = data.drift.windows.map((window) => ({ ...window, accuracy: 0.9, accuracy_interval: interval }));
    const page = renderReport({ ...data, drift: { ...data.drift, windows } });
    assert.match(page, /90\.0.% <span class="range">\(55\.5–99\.7\)/);
    return page.includes('<small>estimated ');
  };
  assert.ok(of(29));
  assert.not.ok(of(30));
});

test('what a reader must know beside a verdict stands in its row', async () => {
  const data = await driftedWeeks();
  const note = '50.0 % of the images repeat others; baseline: 0.0 %. So no accuracy is estimated';
  const windows = data.drift.windows.map((window) => ({ ...window, notes: [note], no_estimate: note }));
  const { rest } = parts(renderReport({ ...data, drift: { ...data.drift, windows } }));
  assert.is(rest.replaceAll('\u00a0', ' ').split(note).length, 1 + windows.length);
  assert.not.ok(parts(renderReport(data)).rest.includes('So no accuracy'));
  const unknown = windows.map((window) => ({ ...window, accuracy: null, accuracy_test: null }));
  const estimates = data.windows.map((window) => ({ ...window, estimatedAccuracy: null }));
  const page = renderReport({ ...data, windows: estimates, drift: { ...data.drift, windows: unknown } });
  assert.ok(parts(page).rest.replaceAll('\u00a0', ' ').includes(`Accuracy not known</b> <small>${note}`));
});

test('the policy names the very script and style that are in the page, and nothing else', async () => {
  const page = renderReport(await driftedWeeks());
  const { script, style } = parts(page);
  const policy = policyOf(page).split('; ');
  assert.ok(policy.includes("default-src 'none'"));
  assert.ok(policy.includes(`script-src ${hash(script)}`), policy.join('\n'));
  assert.ok(policy.includes(`style-src ${hash(style)}`), policy.join('\n'));
  assert.ok(policy.includes('img-src data:'));
  assert.not.match(policyOf(page), /unsafe|https?:|\*/);
  assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style'), 'the policy comes first');
});

test('nothing in the page points anywhere outside it', async () => {
  for (const data of [await driftedWeeks(), await eighteenDays(), barely()]) {
    const { rest, style } = parts(renderReport(data));
    assert.not.match(rest, /https?:|ftp:|\bwss?:/i);
    for (const [, address] of rest.matchAll(/\b(?:href|src|action|srcset|poster)="([^"]*)"/g)) {
      assert.match(address!, /^#[a-z-]+$/);
    }
    assert.not.match(rest, /\sstyle="|\son[a-z]+="/i);
    assert.not.match(style, /url\(|@import/);
  }
});

test('text from outside stays text', async () => {
  const page = renderReport(await hostileText());
  const { rest, data } = parts(page);
  assert.is(page.match(/<script/g)!.length - parts(page).script.split('<script').length + 1, 2, 'scripts');
  assert.not.match(rest, /<img|alert\(1\)<\/script|<!--/);
  assert.ok(rest.includes('&#60;img src=x onerror=alert(1)&#62;'));
  assert.not.match(rest, /[\u202a-\u202e\u2066-\u2069]/, 'nothing turns the direction of the text');
  assert.not.match(data, /[<\u2028\u2029]/);
  const read = JSON.parse(data) as ReportData;
  assert.match(read.drift.windows[0]!.name, /^<\/script><script>alert\(1\)<\/script><!--/);
});

test('next to nothing is shown as not known', () => {
  for (const verdict of [null, 'drift', 'no drift', 'too few rows'] as const) {
    const { rest } = parts(renderReport(barely(verdict)));
    assert.match(rest, /not known/);
    assert.not.match(rest, /NaN|undefined|Infinity|\bnull\b/);
  }
});

test('numbers that are not finite never reach the page', async () => {
  const data = barely();
  const js = {
    ...data.drift.windows[0]!.methods['js']!,
    value: Number.NaN,
    band: [0, Number.POSITIVE_INFINITY] as [number, number],
  };
  const window = { ...data.drift.windows[0]!, accuracy: Number.NaN, methods: { js } };
  const page = renderReport({ ...data, drift: { ...data.drift, windows: [window] } });
  assert.not.match(parts(page).rest, /NaN|Infinity/);
  assert.not.match(parts(page).data, /NaN|Infinity/);
});

test('without windows, images, labels, causes or drill, the sections that would be empty are left out', async () => {
  const bare = parts(renderReport(await withoutImages())).rest;
  assert.not.match(bare, /id="drill"/);
  const empty = { ...barely(), drift: { ...barely().drift, windows: [] }, windows: [], methods: [] };
  const { rest } = parts(renderReport(empty));
  assert.match(rest, /No windows were compared/);
  for (const id of ['distance', 'closer-look', 'space', 'methods', 'drill'])
    assert.not.match(rest, new RegExp(`id="${id}"`));
});

test('what the images themselves say: numbers, findings, and what is not known', async () => {
  const data = await driftedWeeks();
  const { rest } = parts(renderReport(data));
  const section = rest.slice(rest.indexOf('<section id="images"'), rest.indexOf('<section id="space"'));
  const findings = data.drift.windows.flatMap(({ images }) => images?.findings ?? []);
  assert.ok(findings.length > 0);
  for (const finding of findings) assert.ok(section.includes(finding), finding);
  assert.match(section, /baseline: 0\.1\s%/);
  assert.match(section, /dark: 50\.0\s%, baseline 0\.2\s%, p &#60; 0\.001/);
  assert.match(section, /not known/, 'near duplicates');
  const windows = data.drift.windows.map((window) => ({ ...window, images: null }));
  assert.not.match(renderReport({ ...data, drift: { ...data.drift, windows } }), /id="images"/);
});

longTest('18 windows stay under 5 MB, and 100 as well', async () => {
  for (const data of [await eighteenDays(), await hundredWindows()]) {
    const bytes = Buffer.byteLength(renderReport(data));
    assert.ok(bytes < 5 * MEGABYTE, `${data.drift.windows.length} windows: ${bytes} bytes`);
  }
});

test('the same data give the same page', async () => {
  assert.is(renderReport(await driftedWeeks()), renderReport(await driftedWeeks()));
});

test('pictures from outside the page and windows that do not match are refused', async () => {
  const data = await driftedWeeks();
  for (const uri of [
    'https://example.org/a.png',
    'data:image/svg+xml;base64,AAAA',
    'data:image/png;base64,A"); x: url("',
  ]) {
    assert.throws(() => renderReport({ ...data, thumbnails: { ...data.thumbnails!, uri } }), /thumbnails\.uri/);
  }
  assert.throws(() => renderReport({ ...data, windows: [] }), /0 windows to show, 3 in the drift report/);
});

test('of a thousand classes, those with the lowest accuracy are shown', async () => {
  const data = await driftedWeeks();
  const classes = Array.from({ length: 1_000 }, (_, i) => ({ name: `class ${i}`, rows: 2, accuracy: i / 1_000 }));
  const windows = data.windows.map((window) => ({
    ...window,
    explained: window.explained?.classes ? { ...window.explained, classes } : null,
  }));
  const { rest } = parts(renderReport({ ...data, windows }));
  assert.match(rest, /The 20 of 1,000 classes with the lowest accuracy/);
  assert.ok(rest.includes('class 19<') && !rest.includes('class 20<'));
});
