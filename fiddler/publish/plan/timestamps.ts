/**
 * When events happened: as their own column says, or spread over days as Fiddler's image-monitoring quickstart does
 * it: each file is a week, each of its days a sample of its rows, drawn without replacement within the day, and all
 * rows of a day have one timestamp. A row can come on several days; each such copy is an event of its own.
 */
import { createHash } from 'node:crypto';
import { Random } from '../../../base/index.js';
import type { SettledTimestamps, SpreadTimestamps, TimestampPlan } from '../options/index.js';
import { PublishError } from '../publish-error.js';

export const DAY_MS = 86_400_000;
/** The quickstart's: 6 days of a week, 1,000 rows a day. */
const QUICKSTART_DAYS = 6;
const QUICKSTART_ROWS = 1_000;
const DAYS_A_FILE = 7;
/** Ten years a file: more is a mistyped number. */
const MAX_DAYS = 3_660;

/** Unmistakably a copy's id, not an event's. */
const COPY_DOMAIN = 'image-drift/event-copy/1';

/** @throws PublishError `PUBLISH_DAYS` for an invalid count */
export function planDays(wanted: Partial<Omit<SpreadTimestamps, 'from'>> = {}): SpreadTimestamps {
  const { days = QUICKSTART_DAYS, rowsPerDay = QUICKSTART_ROWS, seed = 0, until = null } = wanted;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw new PublishError('PUBLISH_DAYS', `${days} days: from 1 to ${MAX_DAYS.toLocaleString('en')} are possible`);
  }
  if (!Number.isInteger(rowsPerDay) || rowsPerDay < 1) {
    throw new PublishError('PUBLISH_DAYS', `${rowsPerDay} rows a day: a whole number of at least 1 is needed`);
  }
  return { from: 'spread', days, rowsPerDay, seed, until };
}

export function settle(plan: TimestampPlan, now: number): SettledTimestamps {
  return plan.from === 'column' ? plan : { ...plan, until: plan.until ?? Math.trunc(now) };
}

/**
 * The quickstart's times: `now - (files - 1 - file) · 7 days - day · 1 day`, so that the last file is the newest week
 * and day 0 its newest day. Where a file has more than 7 days, the files follow each other without a gap.
 */
export function dayStamp(plan: { days: number; until: number }, files: number, file: number, day: number): number {
  const period = Math.max(DAYS_A_FILE, plan.days) * DAY_MS;
  return plan.until - (files - 1 - file) * period - day * DAY_MS;
}

/** @throws PublishError `PUBLISH_DAY_TOO_LARGE` */
export function checkDayFits({ rowsPerDay }: { rowsPerDay: number }, file: { path: string; rows: number }): void {
  if (rowsPerDay <= file.rows) return;
  const message = `${file.path}: ${file.rows.toLocaleString('en')} rows, ${rowsPerDay.toLocaleString('en')} are wanted for a day`;
  throw new PublishError('PUBLISH_DAY_TOO_LARGE', message, {
    hint: 'Ask for fewer rows a day: no row comes twice on one day.',
  });
}

/** The rows of one day, ascending: `rowsPerDay` of `rows`, every choice equally likely, the same at every run. */
export function rowsOfDay(
  plan: Pick<SpreadTimestamps, 'days' | 'rowsPerDay' | 'seed'>,
  rows: number,
  file: number,
  day: number,
): Uint32Array {
  const stream = file * plan.days + day;
  return Random.stream(plan.seed, stream).sample(rows, plan.rowsPerDay).sort();
}

/** The id of an event's copy on one day: 32 hex digits, the same for the same event and time on every machine. */
export function copyId(eventId: string, timestamp: number): string {
  const hash = createHash('sha256');
  for (const field of [COPY_DOMAIN, eventId, String(timestamp)]) {
    const bytes = Buffer.from(field, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.byteLength);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex').slice(0, 32);
}
