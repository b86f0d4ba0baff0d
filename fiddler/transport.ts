/** stub */
import type { ApiAnswer, ApiRequest, RequestEvent, Sender } from './request.js';
import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';
import type { Token } from './token.js';

export interface TransportOptions {
  url: string;
  token: Token;
  retry?: Partial<RetryPolicy>;
  signal?: AbortSignal;
  onRequest?: (event: RequestEvent) => void;
  clientVersion?: string;
}

export class Transport implements Sender {
  readonly retry: RetryPolicy;
  constructor(options: TransportOptions) {
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
  }
  send(_request: ApiRequest): Promise<ApiAnswer> {
    throw new Error('to come');
  }
  sleep(_seconds: number): Promise<void> {
    throw new Error('to come');
  }
  async close(): Promise<void> {}
}
