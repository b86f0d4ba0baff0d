import { createHash } from 'node:crypto';
import * as z from 'zod';
import { badRequest, normal, notOffered, paginated, timeText } from '../http/envelope.js';
import { members, ordered, PageQuery, parsed } from '../http/parsed.js';
import { type Metric, metricOf } from '../metrics/metrics.js';
import { binsWithin, requestedRange, shiftedBin, type TimeRange } from '../metrics/time-bins.js';
import type { Store } from '../store/store.js';
import type { AlertRule } from '../store/tables.js';
import { deleteRoute, idOf, itemRoute, pageOf, type Routes } from './resource.js';
import { AUTOMATIC, MANUAL, NewRule, Notification, RuleChange } from './views.js';

const RecordsQuery = PageQuery.extend({ start_time: z.string(), end_time: z.string() });

const FIELDS = {
  ...members<AlertRule>('id', 'model_id', 'created_at', 'updated_at'),
  name: ({ body }: AlertRule) => body['name'],
  metric_id: ({ body }: AlertRule) => body['metric_id'],
  baseline_id: ({ body }: AlertRule) => body['baseline_id'] ?? null,
  feature_names: ({ body }: AlertRule) => body['feature_names'] ?? [],
  priority: ({ body }: AlertRule) => body['priority'],
};

export const alertRuleRoutes: Routes = (api, { store, views, now }) => {
  const { alertRules: rules } = store;
  const view = (rule: AlertRule) => views.alertRule(rule);
  const resource = { table: rules, view, fields: FIELDS };
  const ruleOf = (request: { params: unknown }) => rules.needed(idOf(request));
  const page = (request: { params: unknown; query: unknown }) => {
    const { start_time, end_time, ...query } = parsed(RecordsQuery, request.query, 'query');
    const range = requestedRange({ time_range: { start_time, end_time } }, now());
    return { query, records: recordsOf(store, ruleOf(request), range, now()) };
  };
  itemRoute(api, '/v3/alert-rules', resource);
  deleteRoute(api, '/v3/alert-rules', 'AlertRule', resource);

  api.get('/v3/alert-rules', async (request) => {
    const { ordering } = parsed(PageQuery, request.query, 'query');
    return pageOf(request, ordered(rules.list(), ordering, FIELDS), resource);
  });

  api.post('/v3/alert-rules', async (request) => {
    const { model_id, ...body } = parsed(NewRule, request.body);
    if (body.segment_id != null) throw notOffered('segments');
    checkThresholds(body);
    const model = store.models.needed(model_id);
    for (const column of columnsOf(body)) {
      metricOf(store, model, { metric: body.metric_id, column, baselineId: body.baseline_id ?? null });
    }
    return normal(view(rules.insert({ model_id, body })));
  });

  api.patch('/v3/alert-rules/:id', async (request) => {
    const { id, body } = ruleOf(request);
    const changed = { ...(body as NewRule), ...parsed(RuleChange, request.body) };
    checkThresholds(changed);
    return normal(view(rules.update(id, { body: changed })));
  });

  api.get('/v3/alert-rules/:id/notification', async (request) => normal(notificationOf(ruleOf(request))));

  api.patch('/v3/alert-rules/:id/notification', async (request) => {
    const rule = ruleOf(request);
    const change = parsed(Notification.partial(), request.body);
    if ((change.webhooks ?? []).length > 0) throw notOffered('webhooks');
    const notification = { ...notificationOf(rule), ...change };
    return normal(notificationOf(rules.update(rule.id, { body: { ...rule.body, notification } })));
  });

  api.get('/v3/alert-rules/:id/records', async (request) => {
    const { query, records } = page(request);
    return paginated(records, query, (record) => record);
  });

  // The official client asks the API before this one for them.
  api.get('/v2/alert-configs/:id/records', async (request) => {
    const { query, records } = page(request);
    return { ...paginated(records, query, recordV2), api_version: '2.0' };
  });
};

/** @throws ApiFailure 400 */
function checkThresholds({
  threshold_type,
  critical_threshold,
}: Pick<NewRule, 'threshold_type' | 'critical_threshold'>) {
  if (threshold_type === AUTOMATIC || typeof critical_threshold === 'number') return;
  throw badRequest(`critical_threshold: a number is needed with the threshold_type ${MANUAL}`);
}

function notificationOf({ body }: AlertRule): z.output<typeof Notification> {
  return parsed(Notification, body['notification'] ?? {});
}

// The records of a rule. They are computed when they are asked for, over whole bins that have ended.

/** Bins before the one that is judged, from which automatic thresholds follow, and how many of them need a value. */
const BINS_BEFORE = 30;
const LEAST_BINS = 2;
/** Those of the official client's example. */
const MULTIPLIERS = { warning: 2, critical: 3 };

type AlertRecord = ReturnType<typeof recordsOf>[number];

export function columnsOf({ feature_names }: Pick<NewRule, 'feature_names'>): (string | null)[] {
  return feature_names && feature_names.length > 0 ? feature_names : [null];
}

/** One record for every ended bin in which a column crossed a threshold. */
export function recordsOf(store: Store, { id, model_id, body }: AlertRule, range: TimeRange, now: number) {
  const rule = body as NewRule;
  const model = store.models.needed(model_id);
  return columnsOf(rule).flatMap((column) => {
    const metric = metricOf(store, model, { metric: rule.metric_id, column, baselineId: rule.baseline_id ?? null });
    return binsWithin(range, rule.bin_size).flatMap((bin) => {
      const value = bin.to <= now ? metric(bin) : null;
      if (value === null) return [];
      const before = rule.compare_to === 'time_period' ? earlier(rule, bin, rule.compare_bin_delta || 1) : null;
      const earlierValue = before && metric(before);
      const compared = earlierValue === null ? value : value - earlierValue;
      const thresholds = thresholdsOf(rule, metric, bin);
      const severity = thresholds && severityOf(rule, thresholds, compared);
      if (severity === null) return [];
      return {
        id: stableId(`${id} ${column} ${bin.from}`),
        alert_rule_id: id,
        alert_run_start_time: bin.to,
        alert_time_bucket: bin.from,
        alert_value: value,
        warning_threshold: thresholds?.warning ?? null,
        critical_threshold: thresholds?.critical ?? null,
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

/** As version 2 of the API has a record. */
export function recordV2({ id, alert_rule_id, failure_reason, ...record }: AlertRecord) {
  return {
    ...record,
    uuid: id,
    alert_config_uuid: alert_rule_id,
    alert_config_revision: 1,
    is_alert: true,
    failure_reason: failure_reason ?? 'NA',
    alert_record_main_version: 1,
    alert_record_sub_version: 1,
  };
}

function earlier({ bin_size }: NewRule, bin: TimeRange, by: number): TimeRange {
  const from = shiftedBin(bin.from, bin_size, -by);
  return { from, to: shiftedBin(from, bin_size, 1) };
}

interface Thresholds {
  warning: number | null;
  critical: number;
}

/** The rule's own, or mean ± multiplier × standard deviation of the bins before; null where these are too few. */
function thresholdsOf(rule: NewRule, metric: Metric, bin: TimeRange): Thresholds | null {
  const { threshold_type, critical_threshold, warning_threshold, auto_threshold_params: params, condition } = rule;
  if (threshold_type !== AUTOMATIC)
    return { warning: warning_threshold ?? null, critical: critical_threshold as number };
  const values = Array.from({ length: BINS_BEFORE }, (_, i) => metric(earlier(rule, bin, i + 1))).filter(
    (value) => value !== null,
  );
  if (values.length < LEAST_BINS) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const beyond = (multiplier: number) => mean + (condition === 'greater' ? 1 : -1) * multiplier * deviation;
  return {
    warning: beyond(params?.warning_multiplier ?? MULTIPLIERS.warning),
    critical: beyond(params?.critical_multiplier ?? MULTIPLIERS.critical),
  };
}

function severityOf({ condition }: NewRule, { warning, critical }: Thresholds, value: number): string | null {
  const crosses = (threshold: number) => (condition === 'greater' ? value > threshold : value < threshold);
  if (crosses(critical)) return 'CRITICAL';
  return warning !== null && crosses(warning) ? 'WARNING' : null;
}

/** A record has the same id in every request. */
function stableId(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
