/**
 * Below (March 1973 as milliseconds) a number is rather a time in seconds, above (the year 5138) rather one in
 * microseconds. Both are common mistakes, and Fiddler would file such events under a wrong day without a word.
 */
const MIN_MILLISECONDS = 1e11;
const MAX_MILLISECONDS = 1e14;

export const ISO_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/** Why a value is not a time, as the end of a sentence. */
export class NotATime {
  constructor(readonly reason: string) {}
}

/**
 * @param value milliseconds, a `Date`, digits, or ISO 8601 text (`2024-05-01`, `2024-05-01 00:00:00.123456+02:00`), in
 * UTC without a zone @returns whole milliseconds; null for null, NaN, `NaT` and empty text
 */
export function toMilliseconds(value: unknown): number | null | NotATime {
  if (value === null || value === undefined || value === '' || value === 'NaT') return null;
  if (value instanceof Date) return checked(value.getTime(), value);
  if (typeof value === 'bigint') return checked(Number(value), value);
  if (typeof value === 'number') return Number.isNaN(value) ? null : checked(value, value);
  if (typeof value !== 'string') return new NotATime('is neither a number nor text');
  if (/^-?\d+(\.0*)?$/.test(value)) return checked(Number(value), value);
  if (!ISO_TIME.test(value))
    return new NotATime(`"${value.slice(0, 40)}" is neither milliseconds nor an ISO 8601 time`);
  return fromIso(value);
}

/** The same for a value that need not be a time: null for what is none. */
export function timeOf(value: unknown): number | null {
  const time = toMilliseconds(value);
  return typeof time === 'number' ? time : null;
}

function checked(milliseconds: number, given: unknown): number | NotATime {
  // A column of times, whose type may have been given to numbers of another unit.
  const shown = given instanceof Date && !Number.isNaN(milliseconds) ? given.toISOString() : String(given);
  if (Math.abs(milliseconds) < MIN_MILLISECONDS) {
    return new NotATime(`${shown} looks like seconds; milliseconds since 1970 are needed (× 1,000)`);
  }
  if (!(Math.abs(milliseconds) < MAX_MILLISECONDS)) {
    return new NotATime(`${shown} looks like micro- or nanoseconds; milliseconds since 1970 are needed`);
  }
  return Math.trunc(milliseconds);
}

/** Whether a month has such a day. `Date.parse` takes the 30th of February for the 2nd of March, without a word. */
function isDay(year: string, month: string, day: string): boolean {
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(day) <= last;
}

function fromIso(text: string): number | NotATime {
  const time = isoMilliseconds(text);
  return time === null ? new NotATime(`"${text}" is not a date of the calendar`) : checked(time, text);
}

/** ISO 8601 text as milliseconds since 1970, of any year; null for what is none, or no date of the calendar. */
export function isoMilliseconds(text: string): number | null {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] =
    ISO_TIME.exec(text) ?? [];
  if (year === undefined || !isDay(year, month!, day!)) return null;
  const milliseconds = fraction.padEnd(3, '0').slice(0, 3);
  const offset = zone === 'Z' || zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${milliseconds}${offset}`);
  return Number.isNaN(time) ? null : time;
}
