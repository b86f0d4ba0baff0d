import { z } from 'zod';
import type { WindowBinSize } from './baseline.js';
import { date } from './common.js';

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
