/** What the resources ask the transport for, and what it tells an observer. Nothing here is sent. */

import type { RetryPolicy } from './retry-policy.js';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface ApiRequest {
  method: Method;
  /** From `/v3/` on, its parts percent-encoded (`apiPath`). */
  path: string;
  /** In the order of the wire. */
  query?: readonly (readonly [name: string, value: string])[];
  body?: RequestBody;
  /** Whether carrying it out twice does no harm: then it is tried again also after an answer that was lost. */
  repeatable: boolean;
  /** Longest silence of the server after the request went out. Default 100 s. */
  answerSeconds?: number;
  /** Largest answer that is read. */
  maxAnswerBytes?: number;
}

export interface RequestBody {
  contentType: string;
  bytes: string | Uint8Array<ArrayBuffer>;
}

export interface ApiAnswer {
  status: number;
  /** The Date header, as it came. */
  date: string | null;
  bytes: Uint8Array<ArrayBuffer>;
  attempts: number;
  asked: string;
}

/** One try of a request, told when it ended. Holds no header. */
export interface RequestEvent {
  method: Method;
  /** With the query. */
  path: string;
  /** 1 for the first try. */
  attempt: number;
  /** Null where no answer came. */
  status: number | null;
  seconds: number;
  bytesOut: number;
  bytesIn: number;
  /** Why it failed, null where it did not. */
  failure: string | null;
  /** Until the next try, null where there is none. */
  waitSeconds: number | null;
}

/** What a resource needs of the transport. */
export interface Sender {
  /** The answer, always a 2xx. @throws FiddlerError of the kind; `UnknownOutcome` if not repeatable and maybe done */
  send(request: ApiRequest): Promise<ApiAnswer>;
  /** Waits; throws the abort signal's reason when that comes first. */
  sleep(seconds: number): Promise<void>;
  /** What others wrote, without the token. */
  redact(text: string): string;
  /** The same for names and ids: a short token may be a part of one. */
  redactName(text: string): string;
  readonly retry: RetryPolicy;
}

/** `apiPath('models', id, 'metrics')` → `/v3/models/<id>/metrics`, each part percent-encoded. */
export function apiPath(...parts: string[]): string {
  return `/v3/${parts.map(encodeURIComponent).join('/')}`;
}

/** `?a=1&b=2`, percent-encoded (a space as `%20`), or nothing. */
export function queryText(query: readonly (readonly [name: string, value: string])[] = []): string {
  if (query.length === 0) return '';
  return `?${query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;
}
