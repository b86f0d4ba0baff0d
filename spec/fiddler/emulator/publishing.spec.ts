/** From a sample to metrics: every number is compared with one computed here in the simplest way. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { Emulator } from 'image-drift-emulator';
import { assert, suite } from '../../support/test.js';
import {
  ask,
  CLASSES,
  DAY,
  DIMENSIONS,
  data,
  finished,
  MONDAY,
  type Onboarded,
  ofFile,
  onboard,
  productionRows,
  publishFile,
  publishRows,
  type SampleRow,
  sampleRows,
  start,
  upload,
} from './support.js';

const HOUR = 3_600_000;
const NOON = MONDAY + 12 * HOUR;

interface Context {
  emulator: Emulator;
  onboarded: Onboarded;
  reference: SampleRow[];
  /** Three days from Monday; the third drifted. */
  days: SampleRow[][];
  baseline: string;
}

const publishing = suite<Context>('emulator: publishing and numbers');

publishing.before(async (context) => {
  const emulator = await start({ clock: () => MONDAY + 30 * DAY });
  const onboarded = await onboard(emulator);
  const { model } = onboarded;
  const reference = sampleRows(400, 2);
  const days = [0, 1, 2].map((day) => sampleRows(150, 10 + day, { drifted: day === 2, time: NOON + day * DAY }));
  await publishFile(emulator, model, reference, 'train_time_reference');
  await publishFile(emulator, model, days[0]!);
  await publishFile(emulator, model, days[1]!);
  const { status } = await publishRows(emulator, model, days[2]!);
  assert.is(status, 202);
  const baselines = await data(emulator, 'GET', `/v3/models/${model}/baselines`);
  Object.assign(context, { emulator, onboarded, reference, days, baseline: baselines.items[0].id });
});
publishing.after(({ emulator }) => emulator.close());

function clusterCounts(rows: readonly SampleRow[], centroids: readonly number[][]): number[] {
  const counts = centroids.map(() => 0);
  for (const { embeddings } of rows) {
    const squares = centroids.map((centroid) => centroid.reduce((sum, c, i) => sum + (c - embeddings[i]!) ** 2, 0));
    counts[squares.indexOf(Math.min(...squares))]! += 1;
  }
  return counts;
}

const shares = (counts: readonly number[]) => counts.map((count) => count / counts.reduce((a, b) => a + b));

/** As scipy.spatial.distance.jensenshannon computes it. */
function jsd(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [shares(a), shares(b)];
  const against = (x: readonly number[]) =>
    x.reduce((sum, value, i) => sum + (value > 0 ? value * Math.log((2 * value) / (p[i]! + q[i]!)) : 0), 0);
  return Math.sqrt((against(p) + against(q)) / 2);
}

function psi(a: readonly number[], b: readonly number[]): number {
  const [p, q] = [shares(a.map((n) => n + 1)), shares(b.map((n) => n + 1))];
  return p.reduce((sum, value, i) => sum + (q[i]! - value) * Math.log(q[i]! / value), 0);
}

/** Counts of one day; of a week with `bin_size`. */
const COUNTED = { column_id: 'image_feature', start_time: NOON, bin_size: 'Day', normalize: false };

/** Against the only baseline of the model. */
async function firstHistogram(emulator: Emulator, model: string, more: object = {}) {
  const { items } = await data(emulator, 'GET', `/v3/models/${model}/baselines`);
  return data(emulator, 'POST', '/v3/histograms', { ...COUNTED, baseline_id: items[0].id, ...more });
}

async function csvOf(emulator: Emulator, model_id: string, column_names: string[], more: object = {}): Promise<string> {
  const download = { model_id, env_type: 'PRODUCTION', ...more, csv: true, column_names };
  const { body } = await ask(emulator, 'POST', '/v3/analytics/download-slice-data', download);
  return new TextDecoder().decode(body);
}

const near = (found: number, expected: number, what: string) =>
  assert.ok(Math.abs(found - expected) < 1e-12, `${what}: ${found}, expected ${expected}`);

publishing('the factory tells types, ranges and clusters', async ({ emulator, onboarded }) => {
  const model = await data(emulator, 'GET', `/v3/models/${onboarded.model}`);
  const columns = new Map(model.schema.columns.map((column: { name: string }) => [column.name, column]));
  const of = (name: string) => columns.get(name) as Record<string, unknown>;
  assert.equal([of('embeddings')['data_type'], of('embeddings')['n_dimensions']], ['vector', DIMENSIONS]);
  assert.equal([of('target')['data_type'], of('target')['categories']], ['category', CLASSES]);
  assert.equal([of('image_url')['data_type'], of('event_id')['data_type']], ['str', 'str']);
  assert.is(of('timestamp')['data_type'], 'int');
  const { min, max, bins } = of('car') as { min: number; max: number; bins: number[] };
  const scores = sampleRows(300, 1).map((row) => row['car'] as number);
  assert.equal([min, max], [Math.min(...scores), Math.max(...scores)]);
  assert.is(bins.length, 11);
  near(bins[3]!, min + 0.3 * (max - min), 'fourth edge');
  const lengths = onboarded.centroids.map((centroid) => centroid.length);
  assert.equal(lengths, [DIMENSIONS, DIMENSIONS, DIMENSIONS]);
});

publishing('a dataset and its baseline come of themselves, and count what was published', async (context) => {
  const { emulator, onboarded, baseline } = context;
  const { items } = await data(emulator, 'GET', `/v3/models/${onboarded.model}/environments?type=PRE_PRODUCTION`);
  assert.equal([items.length, items[0].name, items[0].row_count], [1, 'train_time_reference', 400]);
  const found = await data(emulator, 'GET', `/v3/baselines/${baseline}`);
  assert.equal([found.name, found.type, found.row_count], ['train_time_reference', 'STATIC', 400]);
  assert.is(await productionRows(emulator, onboarded.model), 450);
});

publishing('histograms: shares by cluster, or counts', async ({ emulator, onboarded, reference, days, baseline }) => {
  const ask = { baseline_id: baseline, column_id: 'image_feature', start_time: '2026-01-07T05:00:00', bin_size: 'Day' };
  const shared = await data(emulator, 'POST', '/v3/histograms', ask);
  assert.equal(shared.bins, ['Cluster 1', 'Cluster 2', 'Cluster 3']);
  assert.equal(shared.baseline_histogram, shares(clusterCounts(reference, onboarded.centroids)));
  assert.equal(shared.production_histogram, shares(clusterCounts(days[2]!, onboarded.centroids)));
  const counted = await data(emulator, 'POST', '/v3/histograms', { ...ask, bin_size: 'Week', normalize: false });
  assert.equal(counted.production_histogram, clusterCounts(days.flat(), onboarded.centroids));
  const classes = await data(emulator, 'POST', '/v3/histograms', { ...ask, column_id: 'target', normalize: false });
  const counts = CLASSES.map((name) => days[2]!.filter(({ target }) => target === name).length);
  assert.equal(classes.production_histogram, counts);
});

publishing('series by day: JSD and PSI, null where nothing happened', async (context) => {
  const { emulator, onboarded, reference, days, baseline } = context;
  const of = { model_id: onboarded.model, baseline_id: baseline, viz_type: 'line' };
  const time_range = { start_time: '2026-01-05T00:00:00', end_time: '2026-01-08T23:59:59' };
  const { results } = await data(emulator, 'POST', '/v3/queries', {
    project_id: onboarded.project,
    query_type: 'MONITORING',
    filters: { time_range, time_zone: 'Etc/GMT', bin_size: 'Day' },
    queries: [
      { ...of, query_key: 'a', metric: 'jsd', columns: ['image_feature'] },
      { ...of, query_key: 'b', metric: 'psi', columns: ['image_feature'] },
      { ...of, query_key: 'c', metric: 'traffic', columns: [] },
      { ...of, query_key: 'd', metric: 'accuracy', columns: [] },
    ],
  });
  const expected = clusterCounts(reference, onboarded.centroids);
  assert.equal(results.a.col_names, ['timestamp', 'image_feature']);
  assert.is(results.a.data[0][0], '2026-01-05T00:00:00+00:00');
  for (const [day, rows] of days.entries()) {
    const counts = clusterCounts(rows, onboarded.centroids);
    near(results.a.data[day][1], jsd(expected, counts), `JSD of day ${day}`);
    near(results.b.data[day][1], psi(expected, counts), `PSI of day ${day}`);
    assert.is(results.c.data[day][1], 150);
    assert.is(results.d.data[day][1], 1, 'the highest score is that of the target in these rows');
  }
  assert.equal([results.a.data.length, results.a.data[3][1], results.c.data[3][1]], [4, null, 0]);
  assert.ok(results.a.data[2][1] > 5 * results.a.data[0][1]);
});

publishing('single values over any stretch of time, ragged ends included', async (context) => {
  const { emulator, onboarded, reference, days, baseline } = context;
  const distanceOf = { id: 'jsd', column: 'image_feature', baseline_id: baseline };
  const values = (start_time: string, end_time: string) =>
    data(emulator, 'POST', '/v3/analytics/metrics', {
      ...{ model_id: onboarded.model, env_type: 'PRODUCTION', time_range: { start_time, end_time } },
      metrics: [distanceOf, { id: 'traffic' }, { id: 'average', column: 'car' }],
    });
  const [distance, traffic, mean] = await values('2026-01-05T11:59:59.999Z', '2026-01-06T12:00:00.001Z');
  const rows = [...days[0]!, ...days[1]!];
  near(distance, jsd(clusterCounts(reference, onboarded.centroids), clusterCounts(rows, onboarded.centroids)), 'JSD');
  assert.is(traffic, 300);
  near(mean, rows.reduce((sum, row) => sum + (row['car'] as number), 0) / 300, 'mean');
  assert.equal(await values('2026-01-05T12:00:00.001Z', '2026-01-06T12:00:00Z'), [null, 0, null]);
});

publishing('a rolling baseline is the window before, a static one its stretch of production', async (context) => {
  const { emulator, onboarded, days } = context;
  const { model } = onboarded;
  const create = (body: object) =>
    data(emulator, 'POST', '/v3/baselines', { model_id: model, env_type: 'PRODUCTION', env_id: null, ...body });
  const rolling = await create({ name: 'one_day_back', type: 'ROLLING', window_bin_size: 'Day', offset_delta: 1 });
  const fixed = await create({ name: 'monday', type: 'STATIC', start_time: MONDAY, end_time: MONDAY + DAY });
  assert.is(fixed.row_count, 150);
  const histogram = (baseline_id: string) =>
    data(emulator, 'POST', '/v3/histograms', { ...COUNTED, baseline_id, start_time: NOON + 2 * DAY });
  assert.equal((await histogram(rolling.id)).baseline_histogram, clusterCounts(days[1]!, onboarded.centroids));
  assert.equal((await histogram(fixed.id)).baseline_histogram, clusterCounts(days[0]!, onboarded.centroids));
  const taken = { name: 'monday', model_id: model, type: 'STATIC', env_type: 'PRODUCTION', start_time: 1, end_time: 2 };
  assert.is((await ask(emulator, 'POST', '/v3/baselines', taken)).status, 409);
});

publishing(
  'the catalogue names the custom feature; asking for what is not there is a 400',
  async ({ emulator, onboarded, baseline }) => {
    const { metrics, columns } = await data(emulator, 'GET', `/v3/models/${onboarded.model}/metrics`);
    assert.equal(columns[0], { id: 'image_feature', name: 'image_feature', data_type: 'custom feature' });
    const found = metrics.find(({ id }: { id: string }) => id === 'jsd');
    const has = ['image_feature', 'target', 'image_url'].map((name) => found.columns.includes(name));
    assert.equal(has, [true, true, false]);
    const range = { start_time: '2026-01-05T00:00:00', end_time: '2026-01-06T00:00:00' };
    for (const metric of [
      { id: 'jsd', column: 'image_url', baseline_id: baseline },
      { id: 'jsd', column: 'image_feature' },
      { id: 'auc' },
    ]) {
      const body = { model_id: onboarded.model, env_type: 'PRODUCTION', time_range: range, metrics: [metric] };
      assert.is((await ask(emulator, 'POST', '/v3/analytics/metrics', body)).status, 400, JSON.stringify(metric));
    }
  },
);

publishing('rows come back as they went in, in parquet and csv', async ({ emulator, onboarded, days }) => {
  const time_filter = { start_time: '2026-01-05 00:00:00', end_time: '2026-01-06 00:00:00', time_zone: 'UTC' };
  const all = { fetch_vectors: true, column_names: null };
  const body = { model_id: onboarded.model, env_type: 'PRODUCTION', time_filter, ...all };
  const { body: bytes } = await ask(emulator, 'POST', '/v3/analytics/download-slice-data', body);
  const rows = await parquetReadObjects({ file: bytes.buffer, compressors });
  assert.is(rows.length, 150);
  const sent = days[0]![7]!;
  const { timestamp, ...rest } = rows[7]!;
  assert.is(timestamp, BigInt(sent.timestamp));
  assert.equal(rest, Object.fromEntries(Object.entries(sent).filter(([name]) => name !== 'timestamp')));
  const csv = await csvOf(emulator, onboarded.model, ['event_id', 'target'], { ...body, num_samples: 2 });
  const first = days[0]!.slice(0, 2).map(({ event_id, target }) => `${event_id},${target}`);
  assert.is(csv, `event_id,target\n${first.join('\n')}\n`);
  const unknown = { ...body, column_names: ['no_such'] };
  assert.is((await ask(emulator, 'POST', '/v3/analytics/download-slice-data', unknown)).status, 400);
});

publishing('alert records tell the days that crossed the threshold', async ({ emulator, onboarded, baseline }) => {
  const rule = await data(emulator, 'POST', '/v3/alert-rules', {
    ...{ name: 'image drift', model_id: onboarded.model, metric_id: 'jsd', feature_names: ['image_feature'] },
    ...{ baseline_id: baseline, priority: 'HIGH', bin_size: 'Day', compare_to: 'raw_value', condition: 'greater' },
    ...{ warning_threshold: 0.2, critical_threshold: 0.3 },
  });
  const path = `/v3/alert-rules/${rule.id}/records?start_time=2026-01-01T00:00:00Z&end_time=2026-02-01T00:00:00Z`;
  const { items } = await data(emulator, 'GET', path);
  const found = items.map((of: { alert_time_bucket: number; severity: string }) => [of.alert_time_bucket, of.severity]);
  assert.equal(found, [[MONDAY + 2 * DAY, 'CRITICAL']]);
  assert.is((await ask(emulator, 'GET', `/v3/alert-rules/${rule.id}/records`)).status, 400);
  const old = await data(emulator, 'GET', path.replace('/v3/alert-rules', '/v2/alert-configs'));
  assert.equal([old.items[0].alert_config_uuid, old.items[0].critical_threshold], [rule.id, 0.3]);
  const shown = { display_name: 'Jensen-Shannon Distance', type: 'drift', type_display_name: 'Data Drift' };
  assert.equal(rule.metric, { id: 'jsd', ...shown });
  await data(emulator, 'PATCH', `/v3/alert-rules/${rule.id}`, { critical_threshold: 0.8, warning_threshold: 0.79 });
  assert.equal((await data(emulator, 'GET', path)).items, []);
  const without = await ask(emulator, 'PATCH', `/v3/alert-rules/${rule.id}`, { critical_threshold: null });
  assert.is(without.status, 400);
  await data(emulator, 'DELETE', `/v3/alert-rules/${rule.id}`);
  assert.is((await ask(emulator, 'GET', `/v3/alert-rules/${rule.id}`)).status, 404);
});

publishing(
  'automatic thresholds follow from the days before, and missing values are counted',
  async ({ emulator, onboarded }) => {
    const rule = (more: object) =>
      data(emulator, 'POST', '/v3/alert-rules', {
        ...{ name: 'auto', model_id: onboarded.model, priority: 'LOW', bin_size: 'Day', compare_to: 'raw_value' },
        ...{ condition: 'greater', critical_threshold: null, ...more },
      });
    const records = async ({ id }: { id: string }) => {
      const range = 'start_time=2026-01-01T00:00:00Z&end_time=2026-02-01T00:00:00Z';
      return (await data(emulator, 'GET', `/v3/alert-rules/${id}/records?${range}`)).items;
    };
    const threshold_type = 'standard_deviation_auto_threshold';
    const auto = await rule({ metric_id: 'traffic', threshold_type });
    // There are no events in the 30 days before the first day; before the second, on one of 30.
    const [first, second] = await records(auto);
    assert.equal([first.alert_value, first.critical_threshold, first.severity], [150, 0, 'CRITICAL']);
    const deviation = Math.sqrt(150 ** 2 / 30 - (150 / 30) ** 2);
    assert.ok(Math.abs(second.critical_threshold - (150 / 30 + 3 * deviation)) < 1e-9);
    assert.ok(Math.abs(second.warning_threshold - (150 / 30 + 2 * deviation)) < 1e-9);
    const nulls = { metric_id: 'null_violation_count', feature_names: ['target'], condition: 'lesser' };
    const counted = await records(await rule({ ...nulls, critical_threshold: 1 }));
    assert.ok(counted.length > 0);
    assert.ok(counted.every((of: { alert_value: number }) => of.alert_value === 0));
  },
);

publishing('what the emulator lacks is answered by its name', async ({ emulator, onboarded }) => {
  const lacking = [
    ['/v3/segments', 'segments'],
    [`/v3/models/${onboarded.model}/custom-metrics`, 'custom metrics'],
    ['/v2/webhooks', 'webhooks'],
    ['/v3/analytics/feature-impact', 'predictions and explanations'],
  ] as const;
  for (const [path, what] of lacking) {
    const { status, body } = await ask(emulator, 'POST', path, {});
    assert.is(status, 501, path);
    assert.match(JSON.stringify(body), `The emulator has no ${what}`);
  }
  assert.is((await ask(emulator, 'GET', '/v3/nothing')).status, 404);
});

publishing('csv, odd values and files in parts are taken, too', async ({ emulator }) => {
  const { model } = await onboard(emulator, 'oddities');
  const csv = [
    'embeddings,bird,car,plane,target,image_url,timestamp,event_id,unknown',
    '"[1, 2, 3, 4, 5, 6, 7, 8]",0.1,0.2,0.7,plane,"a,""b""",2026-01-05 09:00:00+00:00,o1,x',
    '"[1, 2]",abc,,9,zebra,b,1767603600,o2,x',
    '',
  ].join('\n');
  const filename = 'events.csv';
  const { id: file_id } = await data(emulator, 'POST', '/v3/files/multipart-init', { filename });
  const parts: { number: number; id: string }[] = [];
  for (const [index, text] of [csv.slice(0, 100), csv.slice(100)].entries()) {
    const form = new FormData();
    form.append('file', new Blob([text]), `part_${index + 1}_${filename}`);
    form.append('file_id', file_id);
    form.append('part_number', String(index + 1));
    const { part_id } = await data(emulator, 'POST', '/v3/files/multipart-upload', form);
    parts.push({ number: index + 1, id: part_id });
  }
  const early = ofFile(model, file_id);
  assert.is((await ask(emulator, 'POST', '/v3/events', early)).status, 400, 'published before it was complete');
  const wrong = { file_id, parts: [...parts].reverse() };
  assert.is((await ask(emulator, 'POST', '/v3/files/multipart-complete', wrong)).status, 400);
  const complete = await data(emulator, 'POST', '/v3/files/multipart-complete', { file_id, parts });
  assert.is(complete.status, 'SUCCESSFUL');
  assert.equal(await data(emulator, 'POST', '/v3/files/multipart-complete', { file_id, parts }), complete);
  const job = await finished(emulator, (await data(emulator, 'POST', '/v3/events', early)).job.id);
  const { rows, stored: kept, type_violations, range_violations, missing_values } = job.extras;
  // abc is not a number; the short vector, 9 and zebra are out of range, and so are the first row's scores if the sample's were not as low.
  assert.equal([rows, kept, type_violations, missing_values], [2, 2, 1, 1]);
  assert.ok(range_violations >= 3);
  const time = Date.UTC(2026, 0, 5, 9);
  const stored = await csvOf(emulator, model, ['timestamp', 'image_url', 'event_id']);
  assert.is(stored, `timestamp,image_url,event_id\n${time},"a,""b""",o1\n${time},b,o2\n`);
});

publishing('updates change targets and metadata alone, and the counts with them', async ({ emulator }) => {
  const { model } = await onboard(emulator, 'updates');
  const rows = sampleRows(20, 5, { time: NOON });
  await publishFile(emulator, model, rows, 'reference');
  await publishRows(emulator, model, rows);
  const update = (body: object) =>
    ask(emulator, 'PATCH', '/v3/events', { model_id: model, env_type: 'PRODUCTION', env_name: null, ...body });
  const events = rows.map(({ event_id }) => ({ event_id, target: 'car', plane: 77 }));
  const { body } = await update({ source: { type: 'EVENTS', events } });
  assert.is(body.data.event_ids.length, 20);
  assert.equal((await firstHistogram(emulator, model, { column_id: 'target' })).production_histogram, [0, 20, 0]);
  assert.not.match(await csvOf(emulator, model, ['plane']), /77/);
  const source = { type: 'EVENTS', events: [{ event_id: 'x' }] };
  assert.is((await update({ source, env_type: 'PRE_PRODUCTION', env_name: 'reference' })).status, 400);
});

publishing('deleting by id and by time takes the counts along', async ({ emulator }) => {
  const { model } = await onboard(emulator, 'deletes');
  await publishFile(emulator, model, sampleRows(30, 5, { time: NOON }), 'reference');
  await publishRows(emulator, model, sampleRows(30, 6, { time: NOON }));
  await publishRows(emulator, model, sampleRows(10, 7, { time: NOON + DAY }));
  const remove = async (body: object) => {
    const { job } = await data(emulator, 'DELETE', '/v3/events', { model_id: model, update_metrics: true, ...body });
    return finished(emulator, job.id);
  };
  assert.is((await remove({ event_ids: ['e6-0', 'e6-1', 'none'] })).extras.deleted, 2);
  assert.is(await productionRows(emulator, model), 38);
  const day = { start_time: '2026-01-06T00:00:00Z', end_time: '2026-01-07T00:00:00Z' };
  assert.is((await remove({ time_range: day })).extras.deleted, 10);
  const { production_histogram } = await firstHistogram(emulator, model, { bin_size: 'Week' });
  const left = production_histogram.reduce((a: number, b: number) => a + b);
  assert.is(left, 28);
  for (const wrong of [{}, { event_ids: ['a'], time_range: day }]) {
    assert.is((await ask(emulator, 'DELETE', '/v3/events', { model_id: model, ...wrong })).status, 400);
  }
});

publishing('the same events twice are twice there, unless deduplication is on', async ({ emulator }) => {
  const rows = sampleRows(40, 8, { time: NOON });
  const { model } = await onboard(emulator, 'twice');
  for (let turn = 0; turn < 2; turn++) await publishFile(emulator, model, rows);
  assert.is(await productionRows(emulator, model), 80);

  const strict = await start({ deduplicate: true });
  const other = await onboard(strict);
  for (let turn = 0; turn < 2; turn++) await publishFile(strict, other.model, [...rows, rows[0]!]);
  const { event_ids } = (await publishRows(strict, other.model, rows)).body.data;
  const sent = rows.map(({ event_id }) => event_id);
  assert.equal(event_ids, sent);
  assert.is(await productionRows(strict, other.model), 40);
  await strict.close();
});

publishing('new centroids or columns count everything anew', async ({ emulator }) => {
  const { model } = await onboard(emulator, 'patched');
  await publishFile(emulator, model, sampleRows(30, 5, { time: NOON }), 'reference');
  const { spec, schema } = await data(emulator, 'GET', `/v3/models/${model}`);
  const [feature] = spec.custom_features;
  const centroids = [feature.centroids[0], feature.centroids[0].map((value: number) => value + 1_000)];
  const custom_features = [{ ...feature, n_clusters: 2, centroids }];
  const patch = { description: 'moved', spec: { ...spec, custom_features } };
  const patched = await data(emulator, 'PATCH', `/v3/models/${model}`, patch);
  assert.equal([patched.description, patched.event_id_col, patched.version], ['moved', 'event_id', 'v1']);
  assert.equal(patched.schema, schema);
  assert.equal((await firstHistogram(emulator, model)).baseline_histogram, [30, 0]);
});

publishing(
  'a model without centroids, a spec that contradicts its schema, a sample too small',
  async ({ emulator, onboarded }) => {
    const { schema, spec } = await data(emulator, 'GET', `/v3/models/${onboarded.model}`);
    const of = { project_id: onboarded.project, schema };
    const create = (name: string, changed: object) =>
      ask(emulator, 'POST', '/v3/models', { name, ...of, spec: { ...spec, ...changed } });
    const [feature] = spec.custom_features;
    const bare = await create('bare', { custom_features: [{ ...feature, centroids: null }] });
    assert.is(bare.status, 200);
    const { items } = await data(emulator, 'GET', `/v3/models/${bare.body.data.id}/metrics`);
    assert.is(items, undefined);
    assert.is((await create('stray', { outputs: ['no_such_column'] })).status, 400);
    assert.is((await create('short', { custom_features: [{ ...feature, centroids: [[1, 2]] }] })).status, 400);
    assert.is((await create('resnet18', {})).status, 409);
    const file_id = await upload(emulator, new TextEncoder().encode('embeddings,target\n"[1, 2]",a\n'), 'tiny.csv');
    const asked = { file_id, spec: { custom_features: [{ ...feature, centroids: null }] } };
    const factory = await ask(emulator, 'POST', '/v3/model-factory', asked);
    assert.is(factory.status, 400);
    assert.match(factory.body.error.message, /image_feature/);
  },
);
