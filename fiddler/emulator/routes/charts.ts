import * as z from 'zod';
import { badRequest, normal } from '../http/envelope.js';
import { parsed } from '../http/parsed.js';
import { baselineCounts, productionCounts } from '../metrics/binning.js';
import { METRICS, metricOf, neededBinning } from '../metrics/metrics.js';
import {
  BIN_SIZES,
  binStart,
  binsWithin,
  checkTimeZone,
  requestedRange,
  requestedTime,
  shiftedBin,
} from '../metrics/time-bins.js';
import type { Model } from '../store/tables.js';
import type { Context, Routes } from './resource.js';

/** Fiddler's limits for a chart. */
const MAX_QUERIES = 20;
const MAX_COLUMNS = 20;

const Range = z.object({
  start_time: z.union([z.string(), z.number()]),
  end_time: z.union([z.string(), z.number()]),
});

const Query = z.object({
  query_key: z.string(),
  model_id: z.string(),
  baseline_id: z.string().nullish(),
  metric: z.string(),
  columns: z.array(z.string()).max(MAX_COLUMNS).nullish(),
  viz_type: z.string().nullish(),
});
type Query = z.output<typeof Query>;

const Queries = z.object({
  project_id: z.string(),
  query_type: z.literal('MONITORING', { error: 'only MONITORING is offered by this emulator' }),
  filters: z.looseObject({
    time_label: z.string().nullish(),
    time_range: Range.nullish(),
    time_zone: z.string().nullish(),
    bin_size: z.enum(BIN_SIZES),
  }),
  queries: z.array(Query).min(1).max(MAX_QUERIES),
});
type Filters = z.output<typeof Queries>['filters'];

const HistogramQuery = z.object({
  baseline_id: z.string(),
  column_id: z.string(),
  start_time: z.union([z.string(), z.number()]),
  bin_size: z.enum(BIN_SIZES),
  time_zone: z.string().nullish(),
  max_bins: z.number().int().min(1).nullish(),
  normalize: z.boolean().nullish(),
});

const Values = z.object({
  model_id: z.string(),
  env_type: z.literal('PRODUCTION', { error: 'only PRODUCTION is offered by this emulator' }),
  time_range: Range,
  metrics: z
    .array(z.object({ id: z.string(), column: z.string().nullish(), baseline_id: z.string().nullish() }))
    .min(1)
    .max(MAX_QUERIES),
});

export const chartRoutes: Routes = (api, context) => {
  const { store, now } = context;

  api.post('/v3/queries', async (request) => {
    const { project_id, query_type, filters, queries } = parsed(Queries, request.body);
    checkTimeZone(filters.time_zone);
    const { id, name } = store.projects.needed(project_id);
    const results = Object.fromEntries(queries.map((query) => [query.query_key, series(context, query, filters)]));
    return normal({ organization: store.organization, project: { id, name }, query_type, filters, results });
  });

  api.post('/v3/histograms', async (request) => {
    const body = parsed(HistogramQuery, request.body);
    checkTimeZone(body.time_zone);
    const baseline = store.baselines.needed(body.baseline_id);
    const model = store.models.needed(baseline.model_id);
    const binning = neededBinning(model, body.column_id);
    const from = binStart(requestedTime('start_time', body.start_time), body.bin_size);
    const bin = { from, to: shiftedBin(from, body.bin_size, 1) };
    const scaled = body.normalize === false ? (counts: number[]) => counts : shares;
    return normal({
      organization: store.organization,
      project: { id: model.project_id, name: model.project_name },
      model: nameOf(model),
      baseline: { id: baseline.id, name: baseline.name },
      column_id: binning.id,
      bins: binning.labels,
      baseline_histogram: scaled(baselineCounts(store, baseline, binning, bin)),
      production_histogram: scaled(productionCounts(store, model, binning, bin)),
      num_actual_bins: binning.labels.length,
    });
  });

  api.post('/v3/analytics/metrics', async (request) => {
    const { model_id, time_range, metrics } = parsed(Values, request.body);
    const model = store.models.needed(model_id);
    const range = requestedRange({ time_range }, now());
    return normal(
      metrics.map(({ id, column = null, baseline_id: baselineId = null }) =>
        metricOf(store, model, { metric: id, column, baselineId })(range),
      ),
    );
  });
};

/** One row a bin: when it begins, then the metric of each column, null where there were no events. */
function series({ store, now }: Context, query: Query, filters: Filters) {
  const { query_key, metric, viz_type = null, baseline_id: baselineId = null } = query;
  const model = store.models.needed(query.model_id);
  const columns = query.columns ?? [];
  const kind = METRICS.find(({ id }) => id === metric);
  if (kind?.needs_column && columns.length === 0) throw badRequest(`columns: ${metric} needs one`);
  const asked = kind?.needs_column ? columns : [null];
  const metrics = asked.map((column) => metricOf(store, model, { metric, column, baselineId }));
  const data = binsWithin(requestedRange(filters, now()), filters.bin_size).map((bin) => [
    new Date(bin.from).toISOString().replace('.000Z', '+00:00'),
    ...metrics.map((of) => of(bin)),
  ]);
  const baseline = baselineId === null ? null : store.baselines.get(baselineId);
  return {
    query_key,
    model: nameOf(model),
    baseline: baseline && { id: baseline.id, name: baseline.name },
    metric,
    viz_type,
    columns,
    col_names: ['timestamp', ...asked.map((column) => column ?? metric)],
    data,
  };
}

function nameOf({ id, name, version }: Model) {
  return { id, name, version };
}

function shares(counts: number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}
