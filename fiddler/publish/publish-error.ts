import { CodedError, type CodedErrorOptions, type ErrorExitCode } from '../../base/index.js';

export interface PublishErrorOptions extends CodedErrorOptions {
  /** 5 where the server, or not knowing what it did, is the reason; 4 (the default) for what is wrong here. */
  exitCode?: ErrorExitCode;
}

export class PublishError extends CodedError {
  override readonly name = 'PublishError';
  override readonly exitCode: ErrorExitCode;

  constructor(code: string, message: string, options: PublishErrorOptions = {}) {
    super(code, message, options);
    this.exitCode = options.exitCode ?? 4;
  }
}

/** The code of the error for a run that was stopped by its signal; everything that was done is in the journal. */
export const INTERRUPTED = 'PUBLISH_INTERRUPTED';
