/**
 * The numbers of a stretch of production: JSD (square root, natural logarithm) and PSI (one row more in every bin) of
 * a column against a baseline, and a few without one; null where there are too few events.
 */
import { jensenShannonDistance, populationStabilityIndex } from 'image-drift/drift';
import { badRequest } from '../http/envelope.js';
import type { Store } from '../store/store.js';
import type { Baseline, Model } from '../store/tables.js';
import { ACCURACY, type Binning, baselineCounts, binningsOf, findBinning, productionCounts } from './binning.js';
import type { TimeRange } from './time-bins.js';

interface MetricRequest {
  /** As `METRICS` lists them. */
  metric: string;
  /** Id or name. */
  column: string | null;
  baselineId: string | null;
}

export type Metric = (range: TimeRange) => number | null;

export const TYPE_NAMES = {
  drift: 'Data Drift',
  performance: 'Performance',
  statistic: 'Statistic',
  service_metrics: 'Traffic',
  data_integrity: 'Data Integrity',
} as const;

interface MetricKind {
  id: string;
  name: string;
  /** Metrics of a kind stand together in a chart's menu. */
  type: keyof typeof TYPE_NAMES;
  needs_baseline: boolean;
  needs_column: boolean;
}

const NULL_COUNT = 'null_violation_count';
const NULL_SHARE = 'null_violation_percentage';

const INTEGRITY = { type: 'data_integrity', needs_baseline: false, needs_column: true } as const;

export const METRICS: readonly MetricKind[] = [
  { id: 'jsd', name: 'Jensen-Shannon Distance', type: 'drift', needs_baseline: true, needs_column: true },
  { id: 'psi', name: 'Population Stability Index', type: 'drift', needs_baseline: true, needs_column: true },
  { id: 'traffic', name: 'Traffic', type: 'service_metrics', needs_baseline: false, needs_column: false },
  { id: 'average', name: 'Average', type: 'statistic', needs_baseline: false, needs_column: true },
  { id: 'accuracy', name: 'Accuracy', type: 'performance', needs_baseline: false, needs_column: false },
  { id: NULL_COUNT, name: 'Missing Value Violation', ...INTEGRITY },
  { id: NULL_SHARE, name: '% Missing Value Violation', ...INTEGRITY },
];

/** @throws ApiFailure 400 for a metric, a column or a baseline that this model has not; 404 for an unknown baseline */
export function metricOf(store: Store, model: Model, request: MetricRequest): Metric {
  const { metric, column } = request;
  if (metric === 'traffic')
    return ({ from, to }) => store.events.count(store.environments.production(model.id), from, to);
  if (metric === 'accuracy') return accuracyOf(store, model);
  if (metric === 'average') return averageOf(store, model, column);
  if (metric === NULL_COUNT || metric === NULL_SHARE) return missingOf(store, model, column, metric === NULL_SHARE);
  if (metric !== 'jsd' && metric !== 'psi') throw badRequest(`Metric ${metric} is not offered by this emulator`);
  const binning = neededBinning(model, column);
  const baseline = neededBaseline(store, model, request.baselineId);
  const distance = metric === 'jsd' ? jsd : populationStabilityIndex;
  return (range) => {
    const production = productionCounts(store, model, binning, range);
    if (!production.some(Boolean)) return null;
    const reference = baselineCounts(store, baseline, binning, range);
    return reference.some(Boolean) ? distance(reference, production) : null;
  };
}

function jsd(baseline: readonly number[], production: readonly number[]): number {
  return jensenShannonDistance(baseline, production, { base: 'e' });
}

function accuracyOf(store: Store, model: Model): Metric {
  const binning = binningsOf(model).find(({ id }) => id === ACCURACY);
  if (!binning) throw badRequest('accuracy needs a multiclass model with target_class_order and a target');
  return (range) => {
    const [right = 0, wrong = 0] = productionCounts(store, model, binning, range);
    return right + wrong === 0 ? null : right / (right + wrong);
  };
}

function averageOf(store: Store, model: Model, name: string | null): Metric {
  const column = columnOf(model, name);
  if (column?.data_type !== 'float' && column?.data_type !== 'int')
    throw badRequest(`average: ${name} is not a number`);
  return ({ from, to }) => store.events.average(store.environments.production(model.id), column.name, from, to);
}

function columnOf({ schema }: Model, name: string | null) {
  return schema.columns.find((column) => column.name === name || column['id'] === name);
}

/** Events without a value of the column, or their share in percent. */
function missingOf(store: Store, model: Model, name: string | null, isShare: boolean): Metric {
  const column = columnOf(model, name);
  if (column === undefined) throw badRequest(`Column ${name} is none of the model`);
  const environment = store.environments.production(model.id);
  return ({ from, to }) => {
    const rows = store.events.count(environment, from, to);
    if (rows === 0) return null;
    const missing = rows - store.events.countWith(environment, column.name, column.data_type === 'vector', from, to);
    return isShare ? (100 * missing) / rows : missing;
  };
}

/** @throws ApiFailure 400 */
export function neededBinning(model: Model, column: string | null): Binning {
  const binning = column === null ? null : findBinning(model, column);
  if (binning) return binning;
  const feature = model.spec.custom_features.find(({ name }) => name === column);
  if (feature)
    throw badRequest(`Custom feature ${column} has no centroids: give the spec to model-factory and use its answer`);
  throw badRequest(`Column ${column} is none that is binned`);
}

/** @throws ApiFailure 400, 404 */
function neededBaseline(store: Store, model: Model, id: string | null): Baseline {
  if (id === null) throw badRequest('baseline_id is needed');
  const baseline = store.baselines.needed(id);
  if (baseline.model_id !== model.id) throw badRequest(`Baseline ${baseline.name} is one of another model`);
  return baseline;
}
