import { CodedError } from '../base/index.js';

/** A run that is not as its plan says: a shard of another run, a damaged part, a plan that was changed. */
export class ScaleError extends CodedError {
  override readonly name = 'ScaleError';
}
