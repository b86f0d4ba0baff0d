import { CodedError } from '../../base/index.js';

/** Exit code 5 where the server, or not knowing what it did, is the reason; 4 for what is wrong here. */
export class PublishError extends CodedError {
  override readonly name = 'PublishError';
}

/** The code of the error for a run that was stopped by its signal; everything that was done is in the journal. */
export const INTERRUPTED = 'PUBLISH_INTERRUPTED';
