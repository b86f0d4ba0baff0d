/** Verification with a server whose answers are generated here, so every kind of server can be tested. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FiddlerClient, HistogramQuery, Model, SeriesQuery, ValuesQuery } from '../../../fiddler/client/index.js';
import { readJournalHeader, serverNumbers, verify } from '../../../fiddler/publish/index.js';
import { modelSpec } from '../../../fiddler/publish/onboard/spec.js';
import { publishedRows } from '../../../fiddler/publish/plan/timestamps.js';
import { binName, binStart } from '../../../fiddler/publish/verify/own.js';
import { valuesAt } from '../../../fiddler/publish/verify/server.js';
import { assert, collect, refusal, temporaryFolder, test } from '../../support/test.js';
import { tableSchema, writeEvents } from './events-fixture.js';

const folder = temporaryFolder();
const DAY = 86_400_000;
const MONDAY = Date.UTC(2026, 10, 23);
const CENTROIDS = [
  [4, 0, 0, 0, 0, 0],
  [0, 4, 0, 0, 0, 0],
  [0, 0, 4, 0, 0, 0],
];

const reference = await writeEvents(join(folder, 'reference.parquet'), { rows: 300, seed: 1 });
// The first moments of two days, and half a second before the end of the second.
const time = (row: number) => MONDAY + (row % 3 === 0 ? 0 : row % 3 === 1 ? DAY : 2 * DAY - 500);
const production = await writeEvents(join(folder, 'production.parquet'), { rows: 200, seed: 2, shift: 3, time });

function model(centroids: number[][] | null = CENTROIDS): Model {
  const table = tableSchema();
  return {
    ...{ id: 'model-id', name: 'resnet18', version: 'v1', project: { id: 'project-id', name: 'p' } },
    ...{ schema: { schema_version: 1, columns: [] }, spec: modelSpec(table, 3, centroids) },
    ...{ input_type: 'structured', task: 'multiclass_classification', task_params: null, description: null },
    ...{ event_id_col: 'event_id', event_ts_col: 'timestamp', event_ts_format: null, xai_params: null },
  };
}

interface Server {
  histograms?: boolean;
  values?: boolean;
  series?: boolean;
  /** Added to every JSD of `analytics/metrics` and `queries`. */
  off?: number;
  /** Histograms of shares instead of rows. */
  shares?: boolean;
  asked?: { histograms: HistogramQuery[]; values: ValuesQuery[]; series: SeriesQuery[] };
}

async function counts(path: string): Promise<Map<number, number[]>> {
  const found = new Map<number, number[]>();
  for (const { embeddings, timestamps } of await collect(publishedRows([path]))) {
    for (let row = 0; row < embeddings.rows; row++) {
      const distances = CENTROIDS.map((centroid) =>
        centroid.reduce((sum, value, i) => sum + (value - embeddings.data[row * embeddings.columns + i]!) ** 2, 0),
      );
      const day = timestamps[row] === null ? Number.NaN : Math.floor(timestamps[row]! / DAY) * DAY;
      const ofDay = found.get(day) ?? [0, 0, 0];
      ofDay[distances.indexOf(Math.min(...distances))]!++;
      found.set(day, ofDay);
    }
  }
  return found;
}

const baselineCounts = (await counts(reference)).get(Number.NaN)!;
const ofDays = await counts(production);

function clientOf(server: Server): FiddlerClient {
  const { histograms = true, values = true, series = true, off = 0, shares = false } = server;
  const asked = { histograms: [], values: [], series: [] } as NonNullable<Server['asked']>;
  server.asked = asked;
  const scaled = (side: number[]) => (shares ? side.map((n) => n / side.reduce((a, b) => a + b)) : side);
  const numbers = (day: number) => serverNumbers(baselineCounts, ofDays.get(day)!);
  const baseline = { id: 'baseline-id', name: 'reference' };
  const fake = {
    url: 'https://tenant.example',
    baselines: {
      byName: async (_: string, name: string) => (name === baseline.name ? baseline : null),
      async *listOf() {
        yield baseline;
      },
    },
    metrics: {
      catalogue: async () => ({ metrics: [], columns: [{ id: 'custom_feature_1', name: 'image_feature' }] }),
      async histogram(q: HistogramQuery) {
        asked.histograms.push(q);
        const day = Number(q.startTime);
        const sides = { baseline_histogram: scaled(baselineCounts), production_histogram: scaled(ofDays.get(day)!) };
        return histograms ? { bins: ['Cluster 0', 'Cluster 1', 'Cluster 2'], ...sides } : null;
      },
      async values(q: ValuesQuery) {
        asked.values.push(q);
        const { jsd, psi } = numbers(Number(q.startTime));
        return values ? [jsd + off, psi] : null;
      },
      async series(q: SeriesQuery) {
        asked.series.push(q);
        const rows = [...ofDays.keys()].map((day) => {
          const { jsd, psi } = numbers(day);
          return [new Date(day).toISOString().replace('.000Z', '+00:00'), q.metric === 'jsd' ? jsd + off : psi];
        });
        return series ? { col_names: ['timestamp', 'custom_feature_1'], data: rows } : null;
      },
    },
  };
  return fake as unknown as FiddlerClient;
}

const options = { model: model(), baseline: 'reference', baselineEvents: reference, published: [production] };

test('three ways to the same number: all are asked, all agree', async () => {
  const server: Server = {};
  const { agrees, bins, offered, untimed, feature } = await verify(clientOf(server), options);
  assert.ok(agrees);
  const given = [feature, untimed, offered];
  assert.equal(given, ['image_feature', 0, { histograms: true, 'analytics/metrics': true, queries: true }]);
  const shown = bins.map(({ name, rows }) => `${name} ${rows}`);
  assert.equal(shown, ['2026-11-23 67', '2026-11-24 133']);
  for (const { start, ours, difference } of bins) {
    assert.equal([ours.baseline, ours.production], [baselineCounts, ofDays.get(start)]);
    assert.is(difference, 0);
  }
  const { histograms, values, series } = server.asked!;
  const asked = histograms.map(({ columnId, baselineId, binSize, normalize }) => [
    columnId,
    baselineId,
    binSize,
    normalize,
  ]);
  assert.equal(asked, Array(2).fill(['custom_feature_1', 'baseline-id', 'Day', false]));
  const end = (q: ValuesQuery) => new Date(q.endTime).toISOString();
  assert.equal(values.map(end), ['2026-11-23T23:59:59.000Z', '2026-11-25T00:00:00.000Z'], 'no event is left out');
  const metrics = series.map(({ metric, startTime }) => `${metric} ${startTime}`);
  assert.equal(metrics, [`jsd ${MONDAY}`, `psi ${MONDAY}`]);
});

test('briefly: the series alone where there is one, and all the rest where there is none', async () => {
  const server: Server = {};
  const brief = await verify(clientOf(server), { ...options, briefly: true });
  assert.ok(brief.agrees);
  assert.equal(brief.offered, { histograms: false, 'analytics/metrics': false, queries: true });
  const { histograms, values, series } = server.asked!;
  assert.equal([histograms.length, values.length, series.length], [0, 0, 2]);
  assert.not((await verify(clientOf({ off: 1e-3 }), { ...options, briefly: true })).agrees);

  const without = await verify(clientOf({ series: false }), { ...options, briefly: true });
  assert.ok(without.agrees);
  assert.equal(without.offered, { histograms: true, 'analytics/metrics': true, queries: false });
});

test('what a server does not offer is said, and not asked again', async () => {
  const server: Server = { histograms: false, values: false };
  const { agrees, offered, bins } = await verify(clientOf(server), options);
  assert.ok(agrees);
  assert.equal(offered, { histograms: false, 'analytics/metrics': false, queries: true });
  assert.equal([server.asked!.histograms.length, server.asked!.values.length], [1, 1]);
  assert.is(bins[0]!.server.histogram, null);
  assert.equal(Object.keys(bins[0]!.server.numbers), ['queries']);
});

test('nothing offered does not count as agreement', async () => {
  const server = { histograms: false, values: false, series: false };
  await refusal('METRICS_NOT_OFFERED', () => verify(clientOf(server), options), { exitCode: 5 });
});

test('another number is told with both histograms', async () => {
  const { agrees, bins } = await verify(clientOf({ off: 2e-6, series: false }), options);
  assert.not.ok(agrees);
  const each = bins.map((bin) => bin.agrees);
  assert.equal(each, [false, false]);
  assert.ok(Math.abs(bins[0]!.difference - 2e-6) < 1e-12);
  assert.equal(bins[0]!.server.histogram!.production, ofDays.get(bins[0]!.start));
  assert.ok((await verify(clientOf({ off: 2e-6 }), { ...options, tolerance: 1e-5 })).agrees, 'a wider tolerance');
});

test('histograms of shares give the distance, not the PSI', async () => {
  const { agrees, bins } = await verify(clientOf({ shares: true, values: false, series: false }), options);
  assert.ok(agrees, String(bins[0]!.difference));
  assert.ok(Number.isNaN(bins[0]!.server.numbers.histograms!.psi));
});

test('a server without a value for a day of ours does not agree', async () => {
  const client = clientOf({ histograms: false, series: false });
  client.metrics.values = async () => [null, null];
  const { agrees, bins } = await verify(client, options);
  assert.not.ok(agrees);
  assert.is(bins[0]!.difference, Number.POSITIVE_INFINITY);
});

test('a model without centroids, a baseline that is not there, events without a time', async () => {
  const without = await refusal('MODEL_NO_CENTROIDS', () => verify(clientOf({}), { ...options, model: model(null) }));
  assert.match(without.hint ?? '', /onboard/);
  const missing = await refusal('BASELINE_MISSING', () => verify(clientOf({}), { ...options, baseline: 'other' }));
  assert.match(missing.hint ?? '', /There is: reference/);
  await refusal('VERIFY_NO_TIMES', () => verify(clientOf({}), { ...options, published: [reference] }));
});

test('times that were spread when publishing are spread again', async () => {
  const plan = { from: 'spread', days: 2, rowsPerDay: 100, seed: 5, until: MONDAY + 3_600_000 } as const;
  const rows = await collect(publishedRows([reference, production], plan));
  const perDay = new Map<number, number>();
  for (const { timestamps } of rows) for (const at of timestamps) perDay.set(at!, (perDay.get(at!) ?? 0) + 1);
  const days = [...perDay].sort(([a], [b]) => a - b).map(([at, count]) => `${(plan.until - at) / DAY}: ${count}`);
  assert.equal(days, ['8: 100', '7: 100', '1: 100', '0: 100']);
});

test('days and weeks begin in UTC, weeks on Monday', () => {
  assert.is(binName(binStart(MONDAY + DAY - 1, 'Day')), '2026-11-23');
  assert.is(binName(binStart(MONDAY + 6.5 * DAY, 'Week')), '2026-11-23');
  assert.is(binName(binStart(MONDAY - 1, 'Week')), '2026-11-16');
  assert.is(binName(binStart(-1, 'Day')), '1969-12-31');
});

test('a series is read by its heads, in any form of time; what is not there is NaN', () => {
  const data = [
    ['2026-11-23T00:00:00+00:00', 9, 0.1],
    ['2026-11-24 00:00:00', 9, null],
    [MONDAY + 2 * DAY, 9, 0.3],
  ];
  const starts = [0, 1, 2, 3].map((day) => MONDAY + day * DAY);
  const found = valuesAt({ col_names: ['timestamp', 'x', 'f'], data }, ['f'], starts);
  assert.equal(found, [0.1, Number.NaN, 0.3, Number.NaN]);
});

test('a journal tells which files were published, and with which times', async () => {
  const header = {
    ...{ journal: 'image-drift publish', version: 1, server: 'https://tenant.example', organization: null },
    model: { id: 'm', name: 'resnet18', version: 'v1', project: null },
    environment: { type: 'PRODUCTION', name: null },
    files: [{ path: production, sha256: 'a', bytes: 1 }],
    timestamps: { from: 'spread', days: 6, rowsPerDay: 1_000, seed: 0, until: MONDAY },
    ...{ plan: 'p', chunks: 1, rows: 6_000, at: '2026-11-23T00:00:00.000Z' },
  };
  const path = join(folder, 'journal');
  const write = (first: object) =>
    writeFileSync(path, `${JSON.stringify(first)}\n{"chunk":0,"state":"sending","at":""}\n`);
  write(header);
  const { files, timestamps } = await readJournalHeader(path);
  assert.equal([files[0]!.path, timestamps], [production, header.timestamps]);
  write({ ...header, environment: { type: 'PRE_PRODUCTION', name: 'reference' } });
  await refusal('JOURNAL_OF_BASELINE', () => readJournalHeader(path));
  write({ some: 'thing' });
  await refusal('JOURNAL_NOT_OURS', () => readJournalHeader(path));
  await refusal('JOURNAL_NOT_OURS', () => readJournalHeader(production));
});
