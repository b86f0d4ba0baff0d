/** What is stored as the API shows it; key order as recorded. */

import * as z from 'zod';
import { timeText } from '../http/envelope.js';
import { baselineRows } from '../metrics/binning.js';
import { METRICS, TYPE_NAMES } from '../metrics/metrics.js';
import type { StoredFile } from '../store/files.js';
import type { Named, Store } from '../store/store.js';
import type { AlertRule, Baseline, Environment, Job, Model, Project } from '../store/tables.js';

export class Views {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  project({ id, name, ...times }: Project) {
    return { id, name, organization: this.#store.organization, ...dates(times) };
  }

  file({ id, filename, type, status, ...times }: StoredFile) {
    return { id, filename, type, status, ...dates(times), ...this.#authors() };
  }

  model(model: Model) {
    return {
      ...pick(model, 'id', 'name', 'schema', 'spec', 'input_type', 'task'),
      task_params: model.task_params ?? {},
      ...pick(model, 'description', 'event_id_col', 'event_ts_col', 'event_ts_format'),
      xai_params: model.xai_params ?? { custom_explain_methods: [], default_explain_method: null },
      version: model.version,
      project: projectOf(model),
      organization: this.#store.organization,
      artifact_status: 'no_model',
      artifact_files: [],
      is_binary_ranking_model: false,
      ...dates(model),
      ...this.#authors(),
    };
  }

  /** As lists have it. */
  modelSummary(model: Model) {
    const project = projectOf(model);
    return { ...pick(model, 'id', 'name', 'version'), project, project_id: model.project_id, ...dates(model) };
  }

  environment(environment: Environment) {
    const { id, name, type, model_id } = environment;
    const row_count = this.#store.events.count(id);
    return { id, name, type, row_count, ...this.#place(model_id), ...dates(environment), model_id };
  }

  baseline(baseline: Baseline) {
    const environment = this.#store.environments.get(baseline.env_id)!;
    return {
      ...pick(baseline, 'id', 'name', 'type', 'start_time', 'end_time', 'offset_delta', 'window_bin_size'),
      row_count: baselineRows(this.#store, baseline),
      environment: pick(environment, 'id', 'name', 'type'),
      ...this.#place(baseline.model_id),
      ...dates(baseline),
    };
  }

  /** @param verbose with what the work found out */
  job(job: Job, verbose: boolean) {
    // The times are those of Fiddler's list of jobs.
    const ended = job.status === 'SUCCESS' || job.status === 'FAILURE';
    return {
      ...pick(job, 'id', 'name', 'error_reason', 'error_message'),
      extras: verbose ? job.extras : {},
      ...pick(job, 'info', 'status', 'progress'),
      ...dates(job),
      completed_at: ended ? timeText(job.updated_at) : null,
    };
  }

  alertRule({ id, model_id, body, ...times }: AlertRule) {
    const rule = body as NewRule;
    const baseline = rule.baseline_id == null ? null : this.#store.baselines.get(rule.baseline_id);
    return {
      id,
      ...this.#place(model_id),
      baseline: baseline && pick(baseline, 'id', 'name'),
      segment: null,
      ...Object.fromEntries(Object.entries(RULE).map(([name, otherwise]) => [name, rule[name] ?? otherwise])),
      metric: metricView(rule.metric_id),
      ...dates(times),
      ...this.#authors(),
    };
  }

  #place(modelId: string): { model: Named & { version: string }; project: Named; organization: Named } {
    const model = this.#store.models.get(modelId)!;
    return {
      model: pick(model, 'id', 'name', 'version'),
      project: projectOf(model),
      organization: this.#store.organization,
    };
  }

  #authors() {
    return { created_by: this.#store.user, updated_by: this.#store.user };
  }
}

/** Members of a rule in their order, and what they are where the client does not say. */
const RULE = {
  ...{ name: null, priority: null, feature_names: null, bin_size: null, compare_to: null, compare_bin_delta: null },
  ...{ condition: null, evaluation_delay: 0, threshold_type: 'manual', auto_threshold_params: null },
  ...{ warning_threshold: null, critical_threshold: null, category: null, enable_notification: true },
};

function pick<T, K extends keyof T>(from: T, ...names: K[]): Pick<T, K> {
  return Object.fromEntries(names.map((name) => [name, from[name]])) as Pick<T, K>;
}

function metricView(id: string) {
  const { name, type } = METRICS.find((metric) => metric.id === id) ?? { name: id, type: 'statistic' as const };
  return { id, display_name: name, type, type_display_name: TYPE_NAMES[type] };
}

function projectOf({ project_id, project_name }: Model): Named {
  return { id: project_id, name: project_name };
}

function dates({ created_at, updated_at }: { created_at: number; updated_at: number }) {
  return { created_at: timeText(created_at), updated_at: timeText(updated_at) };
}

/** What clients send of an alert rule. */
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
