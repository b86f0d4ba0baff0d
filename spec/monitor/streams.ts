/** Made streams of windows. */
import { Random } from '../../base/index.js';
import { type DriftBatch, fitProfile, type Profile } from '../../drift/index.js';
import { type MonitorPromise, type MonitorWindow, sumsOf } from '../../monitor/index.js';

export const DAY = 86_400_000;
export const PROMISE: MonitorPromise = {
  falseAlarmEvery: 365 * DAY,
  window: DAY,
  season: null,
  by: null,
  group: null,
};
const COLUMNS = 6;

/** @param shift of the first column */
export function rows(count: number, random: Random, shift = 0): DriftBatch {
  const data = Float32Array.from({ length: count * COLUMNS }, (_, i) => random.normal() + (i % COLUMNS ? 0 : shift));
  return { embeddings: { rows: count, columns: COLUMNS, data } };
}

/** Rows of days that follow each other, 100 each. @param shiftOf a day */
export function rowsOfDays(days: number, random: Random, shiftOf: (day: number) => number): DriftBatch {
  const batch = rows(100 * days, random);
  for (let row = 0; row < 100 * days; row++) batch.embeddings.data[row * COLUMNS]! += shiftOf(Math.floor(row / 100));
  return { ...batch, timestamps: Array.from({ length: 100 * days }, (_, row) => (row * DAY) / 100) };
}

export function windowOf(profile: Profile, day: number, batch: DriftBatch): MonitorWindow {
  return { from: day * DAY, to: (day + 1) * DAY, all: sumsOf(profile, batch), by: new Map() };
}

/** Days of 100 rows. @param shifts of each day; null for a day without rows, which has no window */
export function windowsOf(profile: Profile, shifts: readonly (number | null)[], random: Random): MonitorWindow[] {
  return shifts.flatMap((shift, day) => (shift === null ? [] : [windowOf(profile, day, rows(100, random, shift))]));
}

export const profile: Profile = fitProfile(rows(2_000, new Random(1)));
