/** Alert rules: create, list, get, change, delete, whom they notify, and their records. */
import { z } from 'zod';
import { badRequest, normal, notFound, notOffered, paginated } from '../http/envelope.js';
import { filtered, IdParams, ordered, PageQuery, parsed } from '../http/parsed.js';
import { metricOf } from '../metrics/metrics.js';
import { requestedRange } from '../metrics/time-bins.js';
import type { AlertRule } from '../store/baselines.js';
import { columnsOf, recordsOf, recordV2 } from './alert-records.js';
import type { Routes } from './context.js';
import { modelOf } from './models.js';
import { AUTOMATIC, MANUAL, NewRule, Notification, RuleChange, Views } from './views.js';

const RecordsQuery = PageQuery.extend({ start_time: z.string(), end_time: z.string() });

const FIELDS = {
  id: ({ id }: AlertRule) => id,
  name: ({ body }: AlertRule) => body['name'],
  model_id: ({ model_id }: AlertRule) => model_id,
  metric_id: ({ body }: AlertRule) => body['metric_id'],
  baseline_id: ({ body }: AlertRule) => body['baseline_id'] ?? null,
  feature_names: ({ body }: AlertRule) => body['feature_names'] ?? [],
  priority: ({ body }: AlertRule) => body['priority'],
  created_at: ({ created_at }: AlertRule) => created_at,
  updated_at: ({ updated_at }: AlertRule) => updated_at,
};

export const alertRuleRoutes: Routes = (api, { store, now }) => {
  const views = new Views(store);
  const ruleOf = (params: unknown): AlertRule => {
    const rule = store.alertRules.get(parsed(IdParams, params).id);
    if (rule === null) throw notFound('AlertRule');
    return rule;
  };
  const page = (request: { params: unknown; query: unknown }) => {
    const { start_time, end_time, ...query } = parsed(RecordsQuery, request.query, 'query');
    const range = requestedRange({ time_range: { start_time, end_time } }, now());
    return { query, records: recordsOf(store, ruleOf(request.params), range, now()) };
  };

  api.get('/v3/alert-rules', async (request) => {
    const query = parsed(PageQuery, request.query, 'query');
    const rules = ordered(filtered(store.alertRules.list(), query.filter, FIELDS), query.ordering, FIELDS);
    return paginated(rules, query, (rule) => views.alertRule(rule));
  });

  api.post('/v3/alert-rules', async (request) => {
    const { model_id, ...body } = parsed(NewRule, request.body);
    if (body.segment_id != null) throw notOffered('segments');
    checkThresholds(body);
    const model = modelOf(store, { id: model_id });
    for (const column of columnsOf(body)) {
      metricOf(store, model, { metric: body.metric_id, column, baselineId: body.baseline_id ?? null });
    }
    return normal(views.alertRule(store.alertRules.create(model_id, body)));
  });

  api.get('/v3/alert-rules/:id', async (request) => normal(views.alertRule(ruleOf(request.params))));

  api.patch('/v3/alert-rules/:id', async (request) => {
    const { id, body } = ruleOf(request.params);
    const changed = { ...(body as NewRule), ...parsed(RuleChange, request.body) };
    checkThresholds(changed);
    return normal(views.alertRule(store.alertRules.update(id, changed)));
  });

  api.delete('/v3/alert-rules/:id', async (request) => {
    if (!store.alertRules.delete(parsed(IdParams, request.params).id)) throw notFound('AlertRule');
    return normal({});
  });

  api.get('/v3/alert-rules/:id/notification', async (request) => normal(notificationOf(ruleOf(request.params))));

  api.patch('/v3/alert-rules/:id/notification', async (request) => {
    const rule = ruleOf(request.params);
    const change = parsed(Notification.partial(), request.body);
    if ((change.webhooks ?? []).length > 0) throw notOffered('webhooks');
    const notification = { ...notificationOf(rule), ...change };
    return normal(notificationOf(store.alertRules.update(rule.id, { ...rule.body, notification })));
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
