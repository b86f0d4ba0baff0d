"""Drives Fiddler's official client through the alert rules of the emulator: those that `image-drift onboard --alerts` made,
and its own. Also what the emulator lacks: the answer must name it.

Usage: fiddler_alerts.py PROJECT MODEL   (FIDDLER_URL and FIDDLER_TOKEN are set; the model has events and a baseline)
Prints a line a check, then `N passed`; ends with 1 at the first failure.
"""
import logging
import os
import sys
from datetime import datetime, timedelta, timezone
from uuid import uuid4

import fiddler as fdl

passed = 0


def check(name, condition, found=None):
    global passed
    if not condition:
        sys.exit(f'FAILED {name}: {found!r}')
    passed += 1
    print(f'ok {name}')


def refused(name, words, call):
    try:
        found = call()
    except Exception as error:  # which class it is differs by call; that of a list keeps the answer for itself
        answer = getattr(error, 'response', None)
        check(name, words in f"{error} {answer.text if answer is not None else ''}", error)
        return
    check(name, False, found)


logging.disable(logging.CRITICAL)
fdl.init(url=os.environ['FIDDLER_URL'], token=os.environ['FIDDLER_TOKEN'])
project = fdl.Project.from_name(sys.argv[1])
model = fdl.Model.from_name(name=sys.argv[2], project_id=project.id)
baseline = next(iter(fdl.Baseline.list(model_id=model.id)))

ours = list(fdl.AlertRule.list(model_id=model.id))
check('the rule of onboard --alerts is listed', len(ours) == 1, ours)
check('it has its metric', ours[0].metric_id == 'jsd', ours[0].metric_id)
check('it has its column', ours[0].columns == ['image_feature'], ours[0].columns)
check('it has its baseline', str(ours[0].baseline_id) == str(baseline.id), ours[0].baseline_id)
check('its thresholds are manual', ours[0].threshold_type == 'manual', ours[0].threshold_type)
check('its thresholds are in order', 0 < ours[0].warning_threshold < ours[0].critical_threshold)
got = fdl.AlertRule.get(id_=ours[0].id)
check('it can be got', (got.name, got.critical_threshold) == (ours[0].name, ours[0].critical_threshold), got)


def rule(name, **more):
    settings = dict(
        name=name, model_id=model.id, metric_id='jsd', priority=fdl.Priority.HIGH, compare_to=fdl.CompareTo.RAW_VALUE,
        condition=fdl.AlertCondition.GREATER, bin_size=fdl.BinSize.DAY, critical_threshold=1e-9,
        columns=['image_feature'], baseline_id=baseline.id,
    )
    return fdl.AlertRule(**{**settings, **more})


drift = rule('drift', evaluation_delay=15, category='images').create()
check('a rule is created', drift.id is not None and drift.project_id == project.id)
got = fdl.AlertRule.get(id_=drift.id)
check('its fields come back', (got.evaluation_delay, got.category, got.priority) == (15, 'images', 'HIGH'), vars(got))

auto = rule(
    'auto', threshold_type=fdl.constants.alert_rule.AlertThresholdAlgo.STD_DEV_AUTO_THRESHOLD, critical_threshold=None,
    auto_threshold_params={'warning_multiplier': 2.0, 'critical_multiplier': 3.0}, metric_id='traffic', columns=None, baseline_id=None,
).create()
got = fdl.AlertRule.get(id_=auto.id)
check('automatic thresholds', got.critical_threshold is None and got.auto_threshold_params['critical_multiplier'] == 3.0)
nulls = rule('nulls', metric_id='null_violation_count', columns=['target'], baseline_id=None, critical_threshold=0).create()
check('missing values', nulls.metric_id == 'null_violation_count')
check('and what kind of metric it is', nulls._resp.metric.type_display_name == 'Data Integrity', nulls._resp.metric)
refused('a manual rule without a threshold', 'critical_threshold', rule('none', critical_threshold=None).create)
refused('a rule of a segment', 'The emulator has no segments', rule('part', segment_id=uuid4()).create)

check('by metric', [r.name for r in fdl.AlertRule.list(model_id=model.id, metric_id='traffic')] == ['auto'])
check('by column', {r.name for r in fdl.AlertRule.list(model_id=model.id, columns=['target'])} == {'nulls'})
check('by baseline', len(list(fdl.AlertRule.list(model_id=model.id, baseline_id=baseline.id))) == 2)
names = [r.name for r in fdl.AlertRule.list(model_id=model.id, ordering=['-name'])]
check('ordered', names == sorted(names, reverse=True) and len(names) == 4, names)

drift.critical_threshold, drift.warning_threshold, drift.evaluation_delay = 2e-9, 1e-9, 30
drift.update()
got = fdl.AlertRule.get(id_=drift.id)
check('update', (got.critical_threshold, got.warning_threshold, got.evaluation_delay) == (2e-9, 1e-9, 30), vars(got))
drift.disable_notifications()
drift.enable_notifications()
check('no notification at first', drift.get_notification_config().emails == [])
drift.set_notification_config(emails=['a@example.com'], pagerduty_services=['P1'], pagerduty_severity='critical')
config = drift.get_notification_config()
check('notification', (config.emails, config.pagerduty_services) == (['a@example.com'], ['P1']), config)
refused('webhooks of a rule', 'The emulator has no webhooks', lambda: drift.set_notification_config(webhooks=[uuid4()]))

now = datetime.now(timezone.utc).replace(tzinfo=None)
records = list(fdl.AlertRecord.list(alert_rule_id=drift.id, start_time=now - timedelta(days=30), end_time=now))
check('records', len(records) > 0 and all(r.severity == 'CRITICAL' and r.is_alert for r in records), records)
check('a record names its rule and column', str(records[0].alert_rule_id) == str(drift.id) and records[0].feature_name == 'image_feature')
check('and the threshold that was crossed', records[0].alert_value > records[0].critical_threshold == 2e-9)
check('records of the last week, the default', isinstance(list(fdl.AlertRecord.list(alert_rule_id=auto.id)), list))

drift.delete()
refused('a deleted rule is gone', 'not found', lambda: fdl.AlertRule.get(id_=drift.id))
check('the others stay', len(list(fdl.AlertRule.list(model_id=model.id))) == 3)

refused('segments', 'The emulator has no segments', lambda: list(fdl.Segment.list(model_id=model.id)))
refused('a segment by name', 'The emulator has no segments', lambda: fdl.Segment.from_name(name='a', model_id=model.id))
refused('a segment', 'The emulator has no segments', fdl.Segment(name='a', model_id=model.id, definition='target == 1').create)
refused('custom metrics', 'The emulator has no custom metrics', lambda: list(fdl.CustomMetric.list(model_id=model.id)))
refused('a custom metric', 'The emulator has no custom metrics', fdl.CustomMetric(name='a', model_id=model.id, definition='1').create)
refused('webhooks', 'The emulator has no webhooks', lambda: list(fdl.Webhook.list()))
refused('a surrogate', 'The emulator has no surrogate models', lambda: model.add_surrogate(dataset_id=uuid4()))
refused('deployment', 'The emulator has no model deployments', lambda: fdl.ModelDeployment.of(model_id=model.id))
print(f'{passed} passed')
