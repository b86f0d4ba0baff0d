/** `monitor report --images` with image files that have moved: pictures of the camera that changed, and of no other. */
import { CAMERAS, CHANGED, cameraLine, pageOf } from '../monitor/camera-line.js';
import { assert, test } from '../support/test.js';
import { inChromium } from './chromium.js';
import { open, PHONE, violations } from './opened-report.js';

const { folder, run } = await cameraLine();
const alarmOf = (html: string) => /<article.*?<\/article>/s.exec(html)?.[0] ?? '';

test('where the images have moved and nothing says where to, the page says so', () => {
  assert.is(run('monitor', 'report', 'state', '--out', 'page.html').status, 0);
  const html = alarmOf(pageOf(folder));
  assert.match(html, 'The images were not found: ');
  assert.not.match(html, '<img');
});

test('each day is found in the new folder by the end of its old path, and pictures are of the alarmed camera', () => {
  assert.is(run('monitor', 'report', 'state', '--out', 'page.html', '--images', 'archive').status, 0);
  const html = alarmOf(pageOf(folder));
  assert.match(html, `of group ${CHANGED} changed since`);
  assert.is(html.match(/<img /g)?.length, 24);
  const rows = [...html.matchAll(/<figcaption>\S+ row (\d+)</g)].map(([, row]) => Number(row));
  assert.is(rows.length, 24);
  // A table has its files in the order of their names: eight of each camera.
  assert.equal([...new Set(rows.map((row) => CAMERAS[Math.floor(row / 8)]))], [CHANGED]);
});

const page = inChromium('pictures of an alarm');

page('from the alarm to its pictures in two clicks, on a phone and on a desk; axe finds nothing', async (context) => {
  for (const viewport of [PHONE, { width: 1280, height: 900 }]) {
    const opened = await open(context, pageOf(folder), { viewport });
    assert.equal([opened.complaints, opened.requests], [[], []]);
    // Half of a camera's windows wait for the next: each of the others is a dot.
    const dots = await opened.page.locator('.monitor-part .monitor-alone').first().getAttribute('d');
    assert.match(dots ?? '', /M.*h0\.1M.*h0\.1/);
    await opened.page.locator('#timeline .monitor-links a').click();
    await opened.page.locator('#alarm-1 summary').click();
    const pictures = opened.page.locator('#alarm-1 img');
    assert.is(await pictures.count(), 24);
    assert.ok(await pictures.first().isVisible());
    assert.equal(await violations(opened.page), []);
    await opened.page.close();
  }
});

test('one folder of a day gives the pictures of that day', () => {
  const [date = ''] = /\d{4}-\d\d-\d\d/.exec(alarmOf(pageOf(folder))) ?? [];
  assert.is(run('monitor', 'report', 'state', '--out', 'day.html', '--images', `archive/${date}`).status, 0);
  const names = [...alarmOf(pageOf(folder, 'day.html')).matchAll(/<figcaption>(\S+) row/g)].map(([, name]) => name);
  assert.ok(names.length > 0 && names.length < 24, `${names.length}`);
  assert.equal([...new Set(names)], [`${date}.csv`]);
});
