import { CodedError, type ErrorExitCode } from '../base/index.js';

export class UsageError extends CodedError {
  override readonly name = 'UsageError';
  override readonly exitCode: ErrorExitCode = 2;

  constructor(message: string, hint?: string) {
    super('USAGE', message, { hint });
  }
}
