import { CodedError, type CodedErrorOptions, type ErrorExitCode } from '../../base/index.js';

/** What a service is told of one image; `QUEUE_FULL` may be tried again. */
export class ServiceError extends CodedError {
  override readonly name = 'ServiceError';
  override readonly exitCode: ErrorExitCode;

  constructor(code: string, message: string, options: CodedErrorOptions & { exitCode?: ErrorExitCode } = {}) {
    super(code, message, options);
    this.exitCode = options.exitCode ?? 4;
  }
}
