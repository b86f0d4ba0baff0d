import { UsageError } from './usage-error.js';

/**
 * A moment as a flag has it, ms since 1970: ISO 8601, UTC where no zone is given, or milliseconds. Nothing else:
 * `Date.parse` alone takes "week 5" for a day in May 2001.
 * @throws UsageError
 */
export async function timeOf(flag: string, text: string): Promise<number> {
  const { isoMilliseconds } = await import('../data/index.js');
  const time = /^\d{12,14}$/.test(text) ? Number(text) : isoMilliseconds(text.toUpperCase());
  if (time !== null) return time;
  throw new UsageError(`--${flag} ${text}: ISO 8601 such as 2026-11-25T12:00:00Z, or milliseconds, is needed`);
}
