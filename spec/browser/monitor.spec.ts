import { Random } from '../../base/index.js';
import { encodePng } from '../../data/index.js';
import { type MonitorPageData, type MonitorSeries, renderMonitorPage } from '../../report/index.js';
import { assert } from '../support/test.js';
import { inChromium } from './chromium.js';
import { open, PHONE, textOf, violations } from './opened-report.js';

const DAY = 86_400_000;
const FIRST = Date.UTC(2025, 0, 6);
const DAYS = 365;
const iso = (day: number) => new Date(FIRST + day * DAY).toISOString();

function series(name: string, seed: number, changed: readonly [number, number] | null): MonitorSeries {
  const random = new Random(seed);
  const points = Array.from({ length: DAYS }, (_, day) => {
    const [begin, end] = changed ?? [DAYS, DAYS];
    const moved = day >= begin && day < end ? 2.5 * Math.min(1, (day - begin) / 8) : 0;
    const ratio = day >= 200 && day < 203 ? null : 0.1 + 0.4 * random.uniform() + moved;
    return { from: FIRST + day * DAY, to: FIRST + (day + 1) * DAY, ratio };
  });
  return { name, points };
}

function picture(seed: number) {
  const random = new Random(seed);
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, () => random.below(256));
  const uri = `data:image/png;base64,${Buffer.from(encodePng({ width: 48, height: 48, data })).toString('base64')}`;
  return { uri, width: 48, height: 48, name: `day.parquet row ${seed}` };
}

/** A year of eight cameras: one camera fogged in spring, and all images became darker in November. */
function year(): MonitorPageData {
  const cameras = Array.from({ length: 8 }, (_, i) => series(`camera ${i + 1}`, i + 1, i === 2 ? [100, 130] : null));
  const whole = series('All images', 20, [310, 365]);
  const alarm = { accuracy: null, note: null, noPictures: null, pictures: [] };
  return {
    made: iso(DAYS),
    state: '/srv/monitor/line-3',
    promise:
      'in quiet, the chance of an alarm within T is at most 1 - exp(-T / 365d), over all blocks and values together',
    window: '1d',
    rows: 36_500,
    rejected: 12,
    last: iso(DAYS),
    by: 'camera',
    whole,
    parts: cameras,
    alarms: [
      {
        ...alarm,
        ...{
          raised: iso(106),
          since: iso(101),
          sinceLow: iso(99),
          sinceHigh: iso(102),
          acknowledged: iso(131),
          until: iso(131),
          block: 'images',
        },
        by: 'camera camera 3',
        cause: ['blurred: sharpness down 93 %'],
        belowSince: iso(131),
        noPictures: 'None of the tables of these days is there unchanged, so there are no pictures.',
      },
      {
        ...alarm,
        ...{
          raised: iso(316),
          since: iso(310),
          sinceLow: iso(309),
          sinceHigh: iso(312),
          acknowledged: null,
          until: null,
          block: 'embedding',
        },
        by: null,
        cause: ['darker: mean brightness 0.22 → 0.08', 'more of cluster 3: 12 → 31 %'],
        accuracy: { value: 0.81, low: null, high: 0.84 },
        belowSince: null,
        pictures: Array.from({ length: 24 }, (_, i) => picture(i + 1)),
      },
    ],
    windows: whole.points.map(({ ratio }, day) => {
      return { from: iso(day), rows: 100, statistic: ratio && 21 * ratio, limit: 21, alarmed: (ratio ?? 0) > 1 };
    }),
  };
}

const page = inChromium('page of a monitor');

page('a year of eight cameras: no request, no script, no complaint, and axe finds nothing', async (context) => {
  const html = renderMonitorPage(year());
  const opened = await open(context, html, { viewport: { width: 1280, height: 900 } });
  assert.equal(opened.complaints, []);
  assert.equal(opened.requests, []);
  assert.not.match(html, '<script');
  assert.is(await textOf(opened.page.locator('h1')), 'Alarm: embedding changed since 2025-11-12');
  assert.is(await opened.page.locator('.monitor-part').count(), 8);
  assert.is(await opened.page.locator('#timeline .monitor-span').count(), 2);
  assert.equal(await violations(opened.page), []);
  await opened.page.close();
});

page('from an alarm in the timeline to its pictures in two clicks', async (context) => {
  const { page: tab } = await open(context, renderMonitorPage(year()));
  await tab.getByRole('link', { name: 'embedding, since 2025-11-12' }).click();
  await tab.locator('#alarm-2 summary').click();
  const pictures = tab.locator('#alarm-2 img');
  assert.is(await pictures.count(), 24);
  assert.ok(await pictures.first().isVisible());
  assert.match(await textOf(tab.locator('#alarm-1')), 'None of the tables of these days');
  assert.match(await textOf(tab.locator('#alarm-2')), 'Below its limitnot yet');
  assert.match(await textOf(tab.locator('#alarm-1')), 'Below its limitsince 2025-05-17');
  assert.equal(await violations(tab), []);
  await tab.close();
});

page('a phone has no more to scroll sideways, in both schemes', async (context) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page: tab } = await open(context, renderMonitorPage(year()), { viewport: PHONE, colorScheme });
    assert.ok((await tab.evaluate<number>('document.documentElement.scrollWidth')) <= PHONE.width);
    assert.equal(await violations(tab), []);
    await tab.close();
  }
});
