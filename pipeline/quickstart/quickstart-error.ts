import { CodedError } from '../../base/index.js';

/** A quickstart that cannot begin or continue: files are missing, or another quickstart has used the server already. */
export class QuickstartError extends CodedError {
  override readonly name = 'QuickstartError';
}
