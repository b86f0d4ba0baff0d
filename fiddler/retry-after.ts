/** The Retry-After header (RFC 9110, 10.2.3): seconds, or a date. */

/**
 * Seconds to wait; null where there is no header, or none that can be read.
 *
 * A date is compared with the answer's own Date header where there is one, so that it does not matter whether the
 * clocks agree.
 */
export function retryAfterSeconds(header: string | null, dateHeader: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const until = Date.parse(text);
  // `Date.parse` also takes a bare number with a sign for a year.
  if (Number.isNaN(until) || !/[a-z]/i.test(text)) return null;
  const theirs = Date.parse(dateHeader ?? '');
  return Math.max(0, (until - (Number.isNaN(theirs) ? nowMs : theirs)) / 1000);
}
