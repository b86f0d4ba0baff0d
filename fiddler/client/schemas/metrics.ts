/** Measurements of the server. They are not in the public part of the API, so a server may lack any of them. */
import { z } from 'zod';
import type { WindowBinSize } from './baseline.js';
import { orEmpty } from './common.js';
import type { EnvironmentType } from './events.js';

export const catalogueEntry = z.looseObject({
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
