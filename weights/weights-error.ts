import { CodedError } from '../base/index.js';

/** The error for a weights folder that cannot be trusted, or tensors that cannot be stored. */
export class WeightsError extends CodedError {
  override readonly name = 'WeightsError';
}
