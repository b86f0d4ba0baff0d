import { CodedError } from '../../base/index.js';

/** A drill that cannot run: too few images for a window, or more images than fit in memory. */
export class DrillError extends CodedError {
  override readonly name = 'DrillError';
}
