import { CodedError } from '../../base/index.js';

/** A window that cannot be explained at all: no labels, too few rows, or images of another baseline. */
export class ExplainError extends CodedError {
  override readonly name = 'ExplainError';
}
