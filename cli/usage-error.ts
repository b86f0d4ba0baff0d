import { CodedError, type ErrorExitCode } from '../base/index.js';

/** The command line itself is wrong: an unknown flag, a missing argument, a value out of range. */
export class UsageError extends CodedError {
  override readonly name = 'UsageError';
  override readonly exitCode: ErrorExitCode = 2;

  constructor(message: string, hint?: string) {
    super('USAGE', message, { hint });
  }
}
