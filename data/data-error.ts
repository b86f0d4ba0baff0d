import { CodedError } from '../base/index.js';

/** Arrays, images or event tables that are broken, of another kind than needed, or at odds with each other. */
export class DataError extends CodedError {
  override readonly name = 'DataError';
}
