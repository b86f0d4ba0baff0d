import { CodedError } from '../base/index.js';

/** A profile without what a monitor needs, or a promise that cannot be kept. */
export class MonitorError extends CodedError {
  override readonly name = 'MonitorError';
}
