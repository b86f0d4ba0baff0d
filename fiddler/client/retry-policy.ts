/**
 * When to try again, and after how long: a pure function of what happened; the transport sleeps and sends.
 * Tried again: failed connections, 429, and every 5xx but 501 ("not offered"). Waits double from `firstWaitSeconds` to
 * `longestWaitSeconds`, each cut at random by up to a half, so that many clients do not come back in step; Retry-After
 * is a lower bound. The total of one request stays inside a window.
 */
export interface RetryPolicy {
  /** From the first try of a request to the end of its last wait. */
  windowSeconds: number;
  /** The same while the server has never answered this client: a mistyped URL should not take five minutes to show. */
  firstContactSeconds: number;
  firstWaitSeconds: number;
  longestWaitSeconds: number;
}

/** As the official client's window and waits, but with jitter and Retry-After. */
export const DEFAULT_RETRY: RetryPolicy = {
  windowSeconds: 300,
  firstContactSeconds: 10,
  firstWaitSeconds: 0.67,
  longestWaitSeconds: 60,
};

export type Failure =
  /** No connection was made, so nothing was sent. */
  | { kind: 'unreachable' }
  /** The connection failed after the request went out, in part or in whole, or no answer came in time. */
  | { kind: 'lost' }
  /**
   * Trying again cannot help. `sent: false`: no connection can be made (a certificate that is not trusted); `true`: the
   * request went out, and its answer cannot be read (too long).
   */
  | { kind: 'hopeless'; sent: boolean }
  | { kind: 'answer'; status: number; retryAfterSeconds: number | null };

export interface Attempt {
  /** 1 for the first try. */
  number: number;
  elapsedSeconds: number;
  /** Whether carrying the request out twice does no harm. */
  repeatable: boolean;
  /** Whether the server has ever answered this client. */
  reached: boolean;
  /** From [0, 1). */
  random: number;
}

export type Decision =
  | { next: 'wait'; seconds: number }
  /** `refused`: will be refused again; `window`: no time left; `unknown`: may have been done, must not be repeated. */
  | { next: 'give-up'; because: 'refused' | 'window' | 'unknown' };

export function decide(failure: Failure, attempt: Attempt, policy: RetryPolicy): Decision {
  if (!attempt.repeatable && mayHaveBeenDone(failure)) return { next: 'give-up', because: 'unknown' };
  if (!isTransient(failure)) return { next: 'give-up', because: 'refused' };
  const seconds = waitSeconds(failure, attempt, policy);
  const window = failure.kind === 'unreachable' && !attempt.reached ? firstContact(policy) : policy.windowSeconds;
  if (attempt.elapsedSeconds + seconds > window) return { next: 'give-up', because: 'window' };
  return { next: 'wait', seconds };
}

function isTransient(failure: Failure): boolean {
  if (failure.kind !== 'answer') return failure.kind !== 'hopeless';
  return failure.status === 429 || (failure.status >= 500 && failure.status !== 501);
}

/** A 4xx and a 501 say "not done"; another 5xx does not say. */
function mayHaveBeenDone(failure: Failure): boolean {
  if (failure.kind === 'hopeless') return failure.sent;
  return failure.kind === 'lost' || (failure.kind === 'answer' && failure.status >= 500 && failure.status !== 501);
}

function waitSeconds(failure: Failure, { number, random }: Attempt, policy: RetryPolicy): number {
  const grown = Math.min(policy.firstWaitSeconds * 2 ** (number - 1), policy.longestWaitSeconds);
  const jittered = grown * (1 - random / 2);
  const asked = failure.kind === 'answer' ? (failure.retryAfterSeconds ?? 0) : 0;
  return Math.max(asked, jittered);
}

function firstContact(policy: RetryPolicy): number {
  return Math.min(policy.firstContactSeconds, policy.windowSeconds);
}
