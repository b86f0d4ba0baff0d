import { UsageError } from './usage-error.js';

/** A moment as a flag has it, ms since 1970: ISO 8601, UTC where no zone is given, or milliseconds. @throws UsageError */
export function timeOf(flag: string, text: string): number {
  const zoned = /[zZ]|[+-]\d\d:?\d\d$/.test(text) || /^\d{4}-\d\d-\d\d$/.test(text) ? text : `${text}Z`;
  const value = /^\d{12,14}$/.test(text) ? Number(text) : Date.parse(zoned);
  if (!Number.isFinite(value)) {
    throw new UsageError(`--${flag} ${text}: ISO 8601 such as 2026-11-25T12:00:00Z, or milliseconds, is needed`);
  }
  return value;
}
