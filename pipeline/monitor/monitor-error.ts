import { CodedError } from '../../base/index.js';

/** A STATE that cannot be used, or not with what it was given; exit code 5 where it may be tried again. */
export class MonitorStateError extends CodedError {
  override readonly name = 'MonitorStateError';
}

/** A file of the folder that cannot be read. */
export function damagedState(message: string): MonitorStateError {
  return new MonitorStateError('MONITOR_STATE_DAMAGED', message, {
    hint: 'Take the folder from a backup, or make a new monitor and give it the events again.',
  });
}
