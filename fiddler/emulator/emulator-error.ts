/** What keeps the emulator from starting; what a client did wrong is an `ApiFailure` instead. */
import { CodedError, type CodedErrorOptions, type ErrorExitCode } from 'image-drift/base';

export class EmulatorError extends CodedError {
  override readonly name = 'EmulatorError';
  /** Faults are a flag's value, so a mistake in them is one of usage. */
  override readonly exitCode: ErrorExitCode;

  constructor(code: string, message: string, options: CodedErrorOptions = {}) {
    super(code, message, options);
    this.exitCode = code === 'FAULTS_INVALID' ? 2 : 4;
  }
}
