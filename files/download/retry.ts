/** Decides when an interrupted download is tried again. Only the policy, without network or clock. */

/** Tries in a row without a single byte before the download is given up. */
export const FRUITLESS_TRIES = 6;
/** Tries in all. Without this limit, a server that sends one byte each time could keep a download going for ever. */
export const MOST_TRIES = 100;

const FIRST_PAUSE_MS = 500;
/** The limit holds whatever the server asks for: a download that pauses for minutes looks broken. */
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param fruitless tries in a row without a byte, this one included; 0 if it brought some
 * @param tries in all, this one included
 * @param retryAfter seconds that the server asked for; null if it did not
 * @returns milliseconds to wait before the next try; null: give up
 */
export function pauseBeforeRetry(fruitless: number, tries: number, retryAfter: number | null): number | null {
  if (fruitless >= FRUITLESS_TRIES || tries >= MOST_TRIES) return null;
  const own = FIRST_PAUSE_MS * 2 ** Math.max(0, fruitless - 1);
  return Math.min(LONGEST_PAUSE_MS, Math.max(own, 1000 * (retryAfter ?? 0)));
}
