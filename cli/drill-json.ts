/**
 * The object that `drill --json` prints. A contract, as that of `drift --json`: names are as printed, lists keep their
 * order (levels and sizes ascend), and what is not known is null, never absent.
 */
import type { DrillTable } from '../report/index.js';

export function drillJson(table: DrillTable): unknown {
  const { images, alpha, seed, levels, windowSizes, windows, clean, rows } = table;
  return {
    images,
    alpha,
    seed,
    levels,
    window_sizes: windowSizes,
    windows,
    clean: { accuracy: clean.accuracy, alarms: byMethod(clean.alarms, ({ shares }) => shares) },
    corruptions: rows.map(({ corruption, summary, unit, strengths, accuracy, alarms, seenFrom }) => ({
      name: corruption,
      summary,
      unit,
      strengths,
      accuracy,
      alarms: byMethod(alarms, ({ shares }) => shares),
      seen_from: byMethod(seenFrom, ({ levels: found }) => found),
    })),
  };
}

function byMethod<T extends { method: string }, V>(entries: readonly T[], value: (entry: T) => V): Record<string, V> {
  return Object.fromEntries(entries.map((entry) => [entry.method, value(entry)]));
}
