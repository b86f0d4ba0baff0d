/** What keeps the emulator from starting; what a client did wrong is an `ApiFailure` instead. */
import { CodedError } from '../errors/index.js';

export class EmulatorError extends CodedError {
  override readonly name = 'EmulatorError';
}
