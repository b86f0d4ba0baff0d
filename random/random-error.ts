import { CodedError } from '../errors/index.js';

/** The error for a seed that cannot start a generator. */
export class RandomError extends CodedError {
  override readonly name = 'RandomError';
}
