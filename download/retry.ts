/** When a download that was cut is tried again: only the policy, apart from network and clock. */

/** Tries in a row that brought not one byte, after which it is given up. */
export const FRUITLESS_TRIES = 6;
/** Tries in all, so that a server that gives a byte each time does not keep one for ever. */
export const MOST_TRIES = 100;

const FIRST_PAUSE_MS = 500;
/** No longer, whatever the server asks for: nobody watches a download that stands still for minutes. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param fruitless tries in a row without a byte, this one included; 0 where it brought some
 * @param tries in all, this one included
 * @param retryAfterMs what the server asked for; null where it did not
 * @returns milliseconds to wait before the next try; null: give up
 */
export function pauseBeforeRetry(fruitless: number, tries: number, retryAfterMs: number | null): number | null {
  if (fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES) return null;
  const own = FIRST_PAUSE_MS * 2 ** Math.max(0, fruitless - 1);
  return Math.min(LONGEST_PAUSE_MS, Math.max(own, retryAfterMs ?? 0));
}

/** `Retry-After` (RFC 9110, 10.2.3): seconds or a date. */
export function parseRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
