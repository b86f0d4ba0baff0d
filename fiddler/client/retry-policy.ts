/**
 * When to try again, and after how long: a pure function of what happened. Sleeping and sending is the transport's.
 *
 * Tried again: connections that fail, 429, and every 5xx but 501 ("not offered"). Waits grow from `firstWaitSeconds`
 * twofold to `longestWaitSeconds`, each shortened at random by up to a half, so that many clients do not come back in
 * step; what the server asks for in Retry-After is a lower bound. The total of one request stays inside a window.
 */
export interface RetryPolicy {
  /** From the first try of a request to the end of its last wait. */
  windowSeconds: number;
  /**
   * The same as long as the server has never answered this client: a mistyped URL should not take five minutes to
   * be told. Applies to servers that cannot be reached, not to those that answer.
   */
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
   * Trying again cannot help. `sent: false`: the connection can never be made as things are set up (a certificate that is
   * not trusted); `true`: the request went out, and its answer cannot be read (it is too long).
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
