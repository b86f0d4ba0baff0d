/** When a server wants to be asked again. */

/**
 * The Retry-After header (RFC 9110, 10.2.3) in seconds, from seconds or a date; null if there is no header that can be
 * read.
 *
 * A date is compared with the answer's own Date header where there is one, so that it does not matter whether the
 * clocks agree.
 *
 * @param header Retry-After
 * @param dateHeader Date, of the same answer
 * @param nowMs milliseconds since 1970
 */
export function retryAfterSeconds(
  header: string | null,
  dateHeader: string | null = null,
  nowMs: number = Date.now(),
): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  const until = Date.parse(text);
  // `Date.parse` also takes a bare number with a sign for a year.
  if (Number.isNaN(until) || !/[a-z]/i.test(text)) return null;
  const theirs = Date.parse(dateHeader ?? '');
  return Math.max(0, (until - (Number.isNaN(theirs) ? nowMs : theirs)) / 1000);
}
