import { CodedError } from '../../errors/index.js';

/** A quickstart that cannot begin or go on: files that are missing, or a server where another one has already been. */
export class QuickstartError extends CodedError {
  override readonly name = 'QuickstartError';
}
