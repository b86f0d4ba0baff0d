/** Alert rules and their records. A request for records evaluates the rule over whole bins. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { notFound } from '../http/api-failure.js';
import { normal, paginated, timeText } from '../http/envelope.js';
import { filtered } from '../http/filter.js';
import { IdParams, PageQuery, parsed } from '../http/parsed.js';
import { metricOf } from '../metrics/metrics.js';
import { binsWithin, requestedRange, shiftedBin, type TimeRange } from '../metrics/time-bins.js';
import type { AlertRule } from '../store/alert-rules.js';
import type { Store } from '../store/store.js';
import type { Routes } from './context.js';
import { modelOf } from './models.js';
import { Views } from './views.js';

const NewRule = z.looseObject({
  name: z.string().min(1),
  model_id: z.string(),
  metric_id: z.string(),
  priority: z.enum(['HIGH', 'MEDIUM', 'LOW']),
  bin_size: z.enum(['Hour', 'Day', 'Week', 'Month']),
  compare_to: z.enum(['raw_value', 'time_period']),
  condition: z.enum(['greater', 'lesser']),
  critical_threshold: z.number(),
  warning_threshold: z.number().nullish(),
  feature_names: z.array(z.string()).nullish(),
  baseline_id: z.string().nullish(),
  compare_bin_delta: z.number().int().min(1).nullish(),
});
type NewRule = z.output<typeof NewRule>;

const RecordsQuery = PageQuery.extend({ start_time: z.string(), end_time: z.string() });

const FIELDS = {
  id: ({ id }: AlertRule) => id,
  name: ({ body }: AlertRule) => body['name'],
  model_id: ({ model_id }: AlertRule) => model_id,
  metric_id: ({ body }: AlertRule) => body['metric_id'],
};

export const alertRuleRoutes: Routes = (api, { store, now }) => {
  const views = new Views(store);
  const ruleOf = (params: unknown): AlertRule => {
    const rule = store.alertRules.get(parsed(IdParams, params).id);
    if (rule === null) throw notFound('AlertRule');
    return rule;
  };

  api.get('/v3/alert-rules', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const rules = filtered(store.alertRules.list(), query.filter, FIELDS);
    return paginated(rules, query, (rule) => views.alertRule(rule));
  });

  api.post('/v3/alert-rules', async (request) => {
    const { model_id, ...body } = parsed(NewRule, request.body);
    const model = modelOf(store, { id: model_id });
    for (const column of columnsOf({ model_id, ...body } as NewRule)) {
      metricOf(store, model, { metric: body.metric_id, column, baselineId: body.baseline_id ?? null });
    }
    return normal(views.alertRule(store.alertRules.create(model_id, body)));
  });

  api.get('/v3/alert-rules/:id', async (request) => normal(views.alertRule(ruleOf(request.params))));

  api.delete('/v3/alert-rules/:id', async (request) => {
    if (!store.alertRules.delete(parsed(IdParams, request.params).id)) throw notFound('AlertRule');
    return normal({});
  });

  api.get('/v3/alert-rules/:id/records', async (request) => {
    const query = parsed(RecordsQuery, request.query, 'query');
    const rule = ruleOf(request.params);
    const range = requestedRange({ time_range: query }, now());
    return paginated(recordsOf(store, rule, range, now()), query, (record) => record);
  });
};

function columnsOf({ feature_names }: NewRule): (string | null)[] {
  return feature_names && feature_names.length > 0 ? feature_names : [null];
}

/** One record for every ended bin in which a column crossed a threshold. */
function recordsOf(store: Store, { id, model_id, body }: AlertRule, range: TimeRange, now: number) {
  const rule = { model_id, ...body } as NewRule;
  const model = modelOf(store, { id: model_id });
  return columnsOf(rule).flatMap((column) => {
    const metric = metricOf(store, model, { metric: rule.metric_id, column, baselineId: rule.baseline_id ?? null });
    return binsWithin(range, rule.bin_size).flatMap((bin) => {
      const value = bin.to <= now ? metric(bin) : null;
      if (value === null) return [];
      const before = rule.compare_to === 'time_period' ? earlier(rule, bin) : null;
      const earlierValue = before && metric(before);
      const severity = severityOf(rule, earlierValue === null ? value : value - earlierValue);
      if (severity === null) return [];
      return {
        id: stableId(`${id} ${column} ${bin.from}`),
        alert_rule_id: id,
        alert_run_start_time: bin.to,
        alert_time_bucket: bin.from,
        alert_value: value,
        baseline_time_bucket: before?.from ?? null,
        baseline_value: earlierValue,
        severity,
        feature_name: column,
        failure_reason: null,
        message: `${rule.metric_id} of ${column ?? model.name} is ${value}`,
        created_at: timeText(bin.to),
        updated_at: timeText(bin.to),
      };
    });
  });
}

function earlier(rule: NewRule, bin: TimeRange): TimeRange {
  const from = shiftedBin(bin.from, rule.bin_size, -(rule.compare_bin_delta ?? 1));
  return { from, to: shiftedBin(from, rule.bin_size, 1) };
}

function severityOf({ condition, critical_threshold, warning_threshold }: NewRule, value: number): string | null {
  const crosses = (threshold: number) => (condition === 'greater' ? value > threshold : value < threshold);
  if (crosses(critical_threshold)) return 'CRITICAL';
  return typeof warning_threshold === 'number' && crosses(warning_threshold) ? 'WARNING' : null;
}

/** A record has the same id in every request. */
function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
