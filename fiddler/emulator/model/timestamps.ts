/**
 * Reads times as Fiddler accepts them: milliseconds or seconds since 1970, distinguished by their size, or ISO 8601
 * text. Text without a zone is UTC. A model's `event_ts_format` is stored but not used, because all formats are
 * recognised without it.
 */
/** Smaller numbers are seconds. As milliseconds, the limit is in March 1973. */
const LEAST_MILLISECONDS = 1e11;
/** Larger numbers are not times. As milliseconds, the limit is in the year 5138. */
const MOST_MILLISECONDS = 1e14;

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?$/;

/** @returns milliseconds since 1970; null if the value is not a time */
export function millisecondsOf(value: unknown): number | null {
  if (value instanceof Date) return finite(value.getTime());
  if (typeof value === 'bigint') return ofNumber(Number(value));
  if (typeof value === 'number') return ofNumber(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) return ofNumber(Number(text));
  const parts = ISO.exec(text);
  if (parts === null) return null;
  const [, day, minute = '00:00', second = ':00', fraction = '', zone = 'Z'] = parts;
  const offset = zone === 'Z' || zone === 'UTC' ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  return finite(Date.parse(`${day}T${minute}${second}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`));
}

function ofNumber(value: number): number | null {
  const milliseconds = Math.abs(value) < LEAST_MILLISECONDS ? value * 1000 : value;
  return Math.abs(milliseconds) < MOST_MILLISECONDS ? finite(Math.trunc(milliseconds)) : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
