/** Prints a drill as a table for people, with a line for each corruption. */
import type { DrillTable } from '../report/index.js';
import { formatTable } from './table.js';

/**
 * The accuracy at each level, then for each window size the level from which the corruption is detected. With one
 * method this is one table; with several, the accuracies and each method have their own.
 */
export function drillTable(table: DrillTable): string {
  const [first, ...others] = table.clean.alarms.map(({ method }) => method);
  const parts =
    first !== undefined && others.length === 0
      ? [tableOf(corruptionColumn(table), accuracyColumns(table), seenColumns(table, first))]
      : [
          tableOf(corruptionColumn(table), accuracyColumns(table)),
          ...table.clean.alarms.map(
            ({ method }) => `${method}\n${tableOf(corruptionColumn(table), seenColumns(table, method))}`,
          ),
        ];
  return [...parts, `${legend(table)}\n${control(table)}`].join('\n\n');
}

/** Columns, each with its title first and its cells below. */
type Columns = readonly (readonly string[])[];

function tableOf(...groups: readonly Columns[]): string {
  const all = groups.flat();
  const rows = all[0]?.slice(1).map((_, row) => all.map((column) => column[row + 1] ?? '')) ?? [];
  return formatTable(
    all.map(([title = '']) => title),
    rows,
  );
}

function corruptionColumn({ rows }: DrillTable): Columns {
  return [['corruption', ...rows.map(({ corruption }) => corruption)]];
}

function accuracyColumns({ rows, levels }: DrillTable): Columns {
  if (rows.every(({ accuracy }) => accuracy.every((value) => value === null))) return [];
  return levels.map((level, i) => [`>level ${level}`, ...rows.map(({ accuracy }) => percent(accuracy[i] ?? null))]);
}

function seenColumns({ rows, windowSizes, windows }: DrillTable, method: string): Columns {
  return windowSizes.flatMap((size, i) => {
    if (windows[i] === 0) return [];
    const levels = rows.map(({ seenFrom }) => seenFrom.find((seen) => seen.method === method)?.levels[i] ?? '-');
    return [[`>n=${size.toLocaleString('en')}`, ...levels.map(String)]];
  });
}

function legend({ alpha, images, windowSizes, windows, levels }: DrillTable): string {
  const lines = [
    `level: accuracy of ${images.toLocaleString('en')} images at this level; ${levels.at(-1)} is the strongest. ` +
      `n: window size, and the lowest level that 80 % of windows detect (p <= ${alpha}); - means none.`,
  ];
  const left = windowSizes.filter((_, i) => windows[i] === 0).map((size) => size.toLocaleString('en'));
  if (left.length > 0) lines.push(`Too few images for windows of ${left.join(', ')}.`);
  return lines.join('\n');
}

/** The false alarms of unchanged images, without which alarms cannot be judged. */
function control({ clean, windowSizes, windows }: DrillTable): string {
  const correct = clean.accuracy === null ? '' : `${percent(clean.accuracy)} correct; `;
  const alarms = clean.alarms.map(({ method, shares }) => {
    const told = windowSizes.flatMap((size, i) => {
      const share = shares[i] ?? null;
      return windows[i] === 0 || share === null ? [] : [`n=${size.toLocaleString('en')} ${percent(share, 0)}`];
    });
    return `${method} ${told.length === 0 ? 'has nothing to compare' : told.join(', ')}`;
  });
  return `Unchanged: ${correct}false alarms: ${alarms.join('; ')}.`;
}

function percent(share: number | null, digits = 1): string {
  return share === null ? '-' : `${(100 * share).toFixed(digits)} %`;
}
