import { CodedError, type CodedErrorOptions, type ErrorExitCode } from '../../base/index.js';

interface DownloadErrorOptions extends CodedErrorOptions {
  /** Whether the same command may succeed later; default false. */
  mayRetry?: boolean | undefined;
}

export class DownloadError extends CodedError {
  override readonly name = 'DownloadError';
  override readonly exitCode: ErrorExitCode;

  constructor(code: string, message: string, options: DownloadErrorOptions = {}) {
    super(code, message, options);
    this.exitCode = options.mayRetry ? 5 : 4;
  }
}
