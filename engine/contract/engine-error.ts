import { CodedError } from '../../base/index.js';

/** An engine that is missing or fails, or a batch, option or precision that it cannot take. */
export class EngineError extends CodedError {
  override readonly name = 'EngineError';
}
