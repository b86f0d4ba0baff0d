import { CodedError } from '../errors/index.js';

/** A seed that no generator can be started with. */
export class RandomError extends CodedError {
  override readonly name = 'RandomError';
}
