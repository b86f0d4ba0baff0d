import { CodedError } from '../../base/index.js';

/** Labels that no accuracy can be computed from: of unknown events, of unknown classes, or chosen by how images look. */
export class LabelError extends CodedError {
  override readonly name = 'LabelError';
}
