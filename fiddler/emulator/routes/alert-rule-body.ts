/** What clients send of an alert rule. */
import { z } from 'zod';

export const MANUAL = 'manual';
export const AUTOMATIC = 'standard_deviation_auto_threshold';

const Threshold = z.number().nullish();
const AutoParams = z
  .object({ warning_multiplier: z.number().positive().nullish(), critical_multiplier: z.number().positive().nullish() })
  .nullish();
/** Minutes. */
const Delay = z.number().int().min(0);

export const NewRule = z.looseObject({
  name: z.string().min(1),
  model_id: z.string(),
  metric_id: z.string(),
  priority: z.enum(['HIGH', 'MEDIUM', 'LOW']),
  bin_size: z.enum(['Hour', 'Day', 'Week', 'Month']),
  compare_to: z.enum(['raw_value', 'time_period']),
  condition: z.enum(['greater', 'lesser']),
  threshold_type: z
    .enum([MANUAL, AUTOMATIC])
    .nullish()
    .transform((type) => type ?? MANUAL),
  auto_threshold_params: AutoParams,
  critical_threshold: Threshold,
  warning_threshold: Threshold,
  feature_names: z.array(z.string()).nullish(),
  baseline_id: z.string().nullish(),
  segment_id: z.string().nullish(),
  compare_bin_delta: z.number().int().min(0).nullish(),
  evaluation_delay: Delay.nullish().transform((delay) => delay ?? 0),
  category: z.string().nullish(),
});
export type NewRule = z.output<typeof NewRule>;

export const RuleChange = z
  .object({
    critical_threshold: Threshold,
    warning_threshold: Threshold,
    evaluation_delay: Delay,
    auto_threshold_params: AutoParams,
    enable_notification: z.boolean(),
  })
  .partial();

export const Notification = z.object({
  emails: z.array(z.string()).default([]),
  webhooks: z.array(z.string()).default([]),
  pagerduty_services: z.array(z.string()).default([]),
  pagerduty_severity: z.string().default(''),
});
