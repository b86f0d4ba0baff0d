import { CodedError } from '../base/index.js';

/** A checkpoint that cannot be read, trusted, recognised or converted. */
export class ConvertError extends CodedError {
  override readonly name = 'ConvertError';
}
