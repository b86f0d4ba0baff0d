/** The drill table as csv (RFC 4180), for plotting: a line for each corruption, level, method and window size. */
import { type CsvValue, csvToRead } from '../../base/index.js';
import type { DrillTable } from '../../report/index.js';

const COLUMNS = [
  'corruption',
  'level',
  'strength',
  'unit',
  'accuracy',
  'method',
  'window_size',
  'windows',
  'alarm_share',
] as const;

type Line = Record<(typeof COLUMNS)[number], CsvValue>;

/** The unchanged images come first, as corruption `none` of level 0. Unknown values are empty. */
export function drillCsv(table: DrillTable): string {
  return csvToRead(COLUMNS, lines(table));
}

function* lines({ clean, rows, levels, windowSizes, windows }: DrillTable): Generator<Line, void, undefined> {
  const none = { corruption: 'none', level: 0, strength: null, unit: null, accuracy: clean.accuracy };
  for (const { method, shares } of clean.alarms) {
    for (const [s, size] of windowSizes.entries()) {
      yield { ...none, method, window_size: size, windows: windows[s]!, alarm_share: shares[s] ?? null };
    }
  }
  for (const { corruption, strengths, unit, accuracy, alarms } of rows) {
    for (const [l, level] of levels.entries()) {
      const cell = { corruption, level, strength: strengths[l]!, unit, accuracy: accuracy[l] ?? null };
      for (const { method, shares } of alarms) {
        for (const [s, size] of windowSizes.entries()) {
          yield { ...cell, method, window_size: size, windows: windows[s]!, alarm_share: shares[l]?.[s] ?? null };
        }
      }
    }
  }
}
