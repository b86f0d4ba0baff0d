/** What the commands of a monitor share. */
import { CodedError, text } from '../../base/index.js';
import type { BaselineCheck } from '../../monitor/index.js';
import type { MonitorAlarm } from '../../pipeline/monitor/index.js';
import { spanText } from '../../pipeline/options/index.js';
import { Found } from '../command.js';

export const stateFlag = text().needed().flag('Folder that monitor init made');

/** The bearer token of `--notify`; it is in no file and in no list of processes. */
export function notifyToken(): string | undefined {
  const token = process.env['IMAGE_DRIFT_NOTIFY_TOKEN'];
  return token === undefined || token === '' ? undefined : token;
}

/** As `check-baseline --json` prints it. */
export function checkJson(check: BaselineCheck) {
  const { rows, effectiveRows, days, enough, rowsNeeded, daysNeeded, falseAlarmEvery, reasons } = check;
  return {
    rows,
    effective_rows: effectiveRows,
    days,
    enough,
    rows_needed: rowsNeeded,
    false_alarm_every: falseAlarmEvery > 0 ? spanText(falseAlarmEvery) : null,
    days_needed: daysNeeded,
    reasons,
  };
}

class NotNotified extends CodedError {
  override readonly name = 'NotNotified';
  override readonly exitCode = 5;
}

/** What a command ends with, after all is printed: messages that were not taken come before an alarm. */
export function endWith(notNotified: string | null, alarm: MonitorAlarm | null, failOnDrift: boolean): void {
  if (notNotified !== null) throw new NotNotified('MONITOR_NOT_NOTIFIED', notNotified);
  if (failOnDrift && alarm !== null) throw new Found(`an alarm is open since ${alarm.since}`);
}
