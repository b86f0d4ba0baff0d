import { CodedError } from '../errors/index.js';

/** A weights folder that cannot be trusted, or tensors that cannot be stored in one. */
export class WeightsError extends CodedError {
  override readonly name = 'WeightsError';
}
