import { CodedError } from '../base/index.js';

/** A network, tap or input size that does not exist or does not fit; weights that do not fit their network. */
export class GraphError extends CodedError {
  override readonly name = 'GraphError';
}
