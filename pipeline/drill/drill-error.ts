import { CodedError } from '../../errors/index.js';

/** A drill that cannot be held: too few images for a window, or more of them than fit in memory. */
export class DrillError extends CodedError {
  override readonly name = 'DrillError';
}
