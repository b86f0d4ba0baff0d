import { CodedError } from '../../base/index.js';

/** What a service is told of one image; `QUEUE_FULL`, with exit code 5, may be tried again. */
export class ServiceError extends CodedError {
  override readonly name = 'ServiceError';
}
