/**
 * Failures of Fiddler, or of the connection to it: a class for each kind, which tells a caller what to do next.
 * `code` is a finer, stable name; `status` the HTTP status (null without an answer); `reason` the server's own text
 * (null if it gave none). No error holds a header or the token.
 */
import { CodedError, type CodedErrorOptions } from '../../base/index.js';

export interface FiddlerErrorOptions extends CodedErrorOptions {
  status?: number | null;
  reason?: string | null;
  reasonCode?: string | null;
  attempts?: number;
  /** True: the same call will be refused again (exit code 4). False: it may succeed later (5). */
  permanent?: boolean;
}

export class FiddlerError extends CodedError {
  override readonly name: string = 'FiddlerError';
  override readonly exitCode: 4 | 5;
  readonly status: number | null;
  readonly reason: string | null;
  /** The server's short name of the reason: `ObjectNotFound`. */
  readonly reasonCode: string | null;
  /** Number of attempts; 0 if nothing was sent. */
  readonly attempts: number;

  constructor(code: string, message: string, options: FiddlerErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status ?? null;
    this.reason = options.reason ?? null;
    this.reasonCode = options.reasonCode ?? null;
    this.attempts = options.attempts ?? 0;
    this.exitCode = options.permanent === true ? 4 : 5;
  }
}

/** 401 `UNAUTHORIZED`: the token is wrong or expired; 403 `FORBIDDEN`: it may not do this; 407 `PROXY_UNAUTHORIZED`. */
export class Unauthorized extends FiddlerError {
  override readonly name = 'Unauthorized';
}

/** 409 `CONFLICT`: the resource already exists. */
export class Conflict extends FiddlerError {
  override readonly name = 'Conflict';
}

/** 404 `NOT_FOUND`. */
export class NotFound extends FiddlerError {
  override readonly name = 'NotFound';
}

/** 405 `UNSUPPORTED`, 501 `NOT_ENABLED`: this server does not offer the call. */
export class Unsupported extends FiddlerError {
  override readonly name = 'Unsupported';
}

/** No answer in time: `UNREACHABLE`, `TLS_FAILED`, `CONNECTION_LOST`, `RATE_LIMITED` (429), `SERVER_FAILED` (5xx). */
export class Unavailable extends FiddlerError {
  override readonly name = 'Unavailable';
}

/** Any other 4xx: `REJECTED`, `TOO_LARGE` (413). The request itself is wrong. */
export class Rejected extends FiddlerError {
  override readonly name = 'Rejected';
}

/**
 * `UNKNOWN_OUTCOME`: a request without a usable answer must not be repeated blindly, as the server may have done it:
 * look before repeating it. `cause` is the failure.
 */
export class UnknownOutcome extends FiddlerError {
  override readonly name = 'UnknownOutcome';
}
