/** Alert rules: create, list, get, change, delete, whom they notify, and their records. */
import { z } from 'zod';
import { badRequest, normal, notOffered, paginated } from '../http/envelope.js';
import { members, ordered, PageQuery, parsed } from '../http/parsed.js';
import { metricOf } from '../metrics/metrics.js';
import { requestedRange } from '../metrics/time-bins.js';
import type { AlertRule } from '../store/tables.js';
import { columnsOf, recordsOf, recordV2 } from './alert-records.js';
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
