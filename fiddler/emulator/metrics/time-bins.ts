/** The time bins of charts, in UTC: hours, days, weeks from Monday, months, quarters. */
import { badRequest } from '../http/envelope.js';
import { millisecondsOf } from '../model/values.js';

export const BIN_SIZES = ['Hour', 'Day', 'Week', 'Month', 'Quarter'] as const;
type BinSize = (typeof BIN_SIZES)[number];

export interface TimeRange {
  /** Milliseconds, included. */
  from: number;
  /** Milliseconds, excluded. */
  to: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** The first Monday of 1970: the 5th of January. */
const FIRST_MONDAY = 4 * DAY;
const MONTHS: Partial<Record<BinSize, number>> = { Month: 1, Quarter: 3 };
const LENGTHS: Partial<Record<BinSize, number>> = { Hour: HOUR, Day: DAY, Week: WEEK };

/** More than ten years by hour. Without a limit, a request for a million years would never end. */
const MAX_BINS = 100_000;

export function binStart(time: number, size: BinSize): number {
  const length = LENGTHS[size];
  if (length !== undefined) {
    const origin = size === 'Week' ? FIRST_MONDAY : 0;
    return Math.floor((time - origin) / length) * length + origin;
  }
  const date = new Date(time);
  const months = MONTHS[size] as number;
  return Date.UTC(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / months) * months);
}

/** The start of the bin `by` bins later. @param start the start of a bin */
export function shiftedBin(start: number, size: BinSize, by: number): number {
  const length = LENGTHS[size];
  if (length !== undefined) return start + by * length;
  const date = new Date(start);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + by * (MONTHS[size] as number));
}

/** All bins that a range touches, each in full. @throws ApiFailure 400 beyond `MAX_BINS` */
export function binsWithin({ from, to }: TimeRange, size: BinSize): TimeRange[] {
  const bins: TimeRange[] = [];
  for (let start = binStart(from, size); start < to; ) {
    const next = shiftedBin(start, size, 1);
    bins.push({ from: start, to: next });
    if (bins.length > MAX_BINS) throw badRequest(`time_range: more than ${MAX_BINS} bins of a ${size}`);
    start = next;
  }
  return bins;
}

/** Days that a `time_label` covers. `today`, `yesterday` and `ytd` depend on the clock and are not here. */
const LABEL_DAYS: Readonly<Record<string, number>> = { '7d': 7, '30d': 30, '90d': 90, '6m': 182, '12m': 365 };

interface RequestedRange {
  time_label?: string | null | undefined;
  time_range?: { start_time: string | number; end_time: string | number } | null | undefined;
}

/** @throws ApiFailure 400 */
export function requestedRange({ time_label: label, time_range: range }: RequestedRange, now: number): TimeRange {
  if (range) {
    const from = requestedTime('time_range.start_time', range.start_time);
    const to = requestedTime('time_range.end_time', range.end_time);
    if (to < from) throw badRequest('time_range: ends before it starts');
    return { from, to };
  }
  if (!label) throw badRequest('Either time_range or time_label is needed');
  const today = binStart(now, 'Day');
  if (label === 'today') return { from: today, to: today + DAY };
  if (label === 'yesterday') return { from: today - DAY, to: today };
  if (label === 'ytd') return { from: Date.UTC(new Date(now).getUTCFullYear(), 0), to: now };
  const days = LABEL_DAYS[label];
  if (days === undefined) throw badRequest(`time_label: ${label} is unknown`);
  return { from: today - (days - 1) * DAY, to: today + DAY };
}

/** @throws ApiFailure 400 */
export function requestedTime(what: string, value: unknown): number {
  const time = millisecondsOf(value);
  if (time === null) throw badRequest(`${what}: ${String(value).slice(0, 40)} is not a time`);
  return time;
}

/** Refuses other time zones than UTC, because the chart would silently be wrong. */
export function checkTimeZone(zone: string | null | undefined): void {
  if (!zone || ['Etc/GMT', 'Etc/UTC', 'GMT', 'UTC'].includes(zone)) return;
  throw badRequest(`time_zone: ${zone} is not offered by this emulator, only UTC`);
}
