import { ask, deleteOnce, jsonBody } from './answer.js';
import { filterOf, listAll } from './lists.js';
import { apiPath, type Sender } from './request.js';
import { type AlertRecord, type AlertRule, alertRecord, alertRule, type NewAlertRule } from './schemas/metrics.js';

export class AlertRules {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Names of rules need not be distinct, so it is never repeated. @throws UnknownOutcome: look at the list then */
  create(wanted: NewAlertRule): Promise<AlertRule> {
    const request = {
      method: 'POST',
      path: apiPath('alert-rules'),
      body: jsonBody(creation(wanted)),
      repeatable: false,
    } as const;
    return ask(this.#sender, request, alertRule);
  }

  list({ modelId }: { modelId?: string } = {}): AsyncIterable<AlertRule> {
    const rules = modelId === undefined ? [] : [{ field: 'model_id', value: modelId }];
    return listAll(this.#sender, ['alert-rules'], [filterOf(...rules)], alertRule);
  }

  /** @throws NotFound */
  get(id: string): Promise<AlertRule> {
    return ask(this.#sender, { method: 'GET', path: apiPath('alert-rules', id), repeatable: true }, alertRule);
  }

  /** @throws NotFound */
  delete(id: string): Promise<void> {
    return deleteOnce(this.#sender, apiPath('alert-rules', id));
  }

  /** What a rule found in a range of time. */
  records(id: string, { start, end }: { start: Date; end: Date }): AsyncIterable<AlertRecord> {
    const range = [
      ['start_time', start.toISOString()],
      ['end_time', end.toISOString()],
    ] as const;
    return listAll(this.#sender, ['alert-rules', id, 'records'], range, alertRecord);
  }
}

/** Members in the wire's order, and further ones as they are given. */
function creation({ baseline_id, ...wanted }: NewAlertRule): object {
  const { name, model_id, metric_id, priority, compare_to, condition, bin_size, ...rest } = wanted;
  const { segment_id, threshold_type, auto_threshold_params, critical_threshold, warning_threshold, ...more } = rest;
  const { feature_names, compare_bin_delta, evaluation_delay, category, ...others } = more;
  return {
    ...{ name, model_id, metric_id, priority, compare_to, condition, bin_size },
    segment_id: segment_id ?? null,
    threshold_type: threshold_type ?? 'manual',
    auto_threshold_params: auto_threshold_params ?? null,
    critical_threshold: critical_threshold ?? null,
    warning_threshold: warning_threshold ?? null,
    feature_names: feature_names ?? null,
    compare_bin_delta: compare_bin_delta ?? null,
    evaluation_delay: evaluation_delay ?? 0,
    category: category ?? null,
    ...(baseline_id === undefined ? {} : { baseline_id }),
    ...others,
  };
}
