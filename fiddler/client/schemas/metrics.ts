/** Measurements of the server. They are not in the public part of the API, so a server may lack any of them. */
import * as z from 'zod';
import { date, type EnvironmentType, named, orEmpty, orNull } from './common.js';

export const baseline = z.looseObject({
  id: z.string(),
  name: z.string(),
  /** `STATIC` or `ROLLING` */
  type: z.string(),
  environment: z.looseObject({ id: z.string(), name: z.string().nullish(), type: z.string().nullish() }).nullish(),
  row_count: orNull(z.number()),
  start_time: z.union([z.number(), z.string()]).nullish(),
  end_time: z.union([z.number(), z.string()]).nullish(),
  offset_delta: orNull(z.number()),
  window_bin_size: orNull(z.string()),
  model: named.nullish(),
});
export type Baseline = z.output<typeof baseline>;

export type WindowBinSize = 'Hour' | 'Day' | 'Week' | 'Month';

export interface NewBaseline {
  name: string;
  model_id: string;
  type: 'STATIC' | 'ROLLING';
  env_type: EnvironmentType;
  /** The dataset, for PRE_PRODUCTION. */
  env_id?: string | null;
  /** Epoch milliseconds. */
  start_time?: number;
  /** Epoch milliseconds. */
  end_time?: number;
  offset_delta?: number;
  window_bin_size?: WindowBinSize;
}

export const alertRule = z.looseObject({ id: z.string(), name: z.string() });
export type AlertRule = z.output<typeof alertRule>;

export const alertRecord = z.looseObject({
  id: z.union([z.string(), z.number()]),
  alert_value: z.number().nullish(),
  alert_time_bucket: date,
  baseline_value: z.number().nullish(),
  severity: z.string().nullish(),
  message: z.string().nullish(),
});
export type AlertRecord = z.output<typeof alertRecord>;

/** As in the official client, omitted members are sent as null, except `baseline_id`. */
export interface NewAlertRule {
  name: string;
  model_id: string;
  /** `jsd`, `psi`, … */
  metric_id: string;
  feature_names?: readonly string[];
  baseline_id?: string;
  priority: 'HIGH' | 'MEDIUM' | 'LOW';
  bin_size: WindowBinSize;
  compare_to: 'raw_value' | 'time_period';
  compare_bin_delta?: number;
  condition: 'greater' | 'lesser';
  /** Default `manual`. The other one follows the standard deviation of the metric. */
  threshold_type?: 'manual' | 'standard_deviation_auto_threshold';
  auto_threshold_params?: { warning_multiplier?: number; critical_multiplier?: number } | null;
  warning_threshold?: number;
  /** Needed if `threshold_type` is `manual`. */
  critical_threshold?: number;
  segment_id?: string;
  /** Minutes; default 0. */
  evaluation_delay?: number;
  category?: string;
}

const catalogueEntry = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  data_type: z.string().nullish(),
});
export const catalogue = z.looseObject({
  metrics: orEmpty(catalogueEntry),
  columns: orEmpty(catalogueEntry),
});
export type MetricCatalogue = z.output<typeof catalogue>;

export const histogram = z.looseObject({
  bins: z.array(z.unknown()),
  baseline_histogram: z.array(z.number()),
  production_histogram: z.array(z.number()),
  num_actual_bins: z.number().nullish(),
});
export type Histogram = z.output<typeof histogram>;

export const series = z.looseObject({
  /** Names of the columns of `data`. The first column is the time. */
  col_names: z.array(z.string()),
  data: z.array(z.array(z.unknown())),
});
export type Series = z.output<typeof series>;

/** A point in time, sent in UTC with a precision of one second. */
export type Instant = Date | number;
export type MetricBinSize = WindowBinSize | 'Quarter';

export interface HistogramQuery {
  baselineId: string;
  columnId: string;
  /** Start of the time bin. */
  startTime: Instant;
  binSize: MetricBinSize;
  /** Default 50. */
  maxBins?: number;
  /** Whether to return shares instead of counts; default true. */
  normalize?: boolean;
}

export interface SeriesQuery {
  projectId: string;
  modelId: string;
  baselineId?: string;
  /** `jsd`, `psi`, `traffic`, … */
  metric: string;
  /** Ids of columns. */
  columns: readonly string[];
  startTime: Instant;
  endTime: Instant;
  binSize: MetricBinSize;
}

export interface ValuesQuery {
  modelId: string;
  envType?: EnvironmentType;
  startTime: Instant;
  endTime: Instant;
  metrics: readonly { id: string; column?: string; baselineId?: string }[];
}
