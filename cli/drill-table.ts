/** Prints a drill as a table for people, with a line for each corruption. */
import type { DrillTable } from '../report/index.js';
import { type Column, formatTable } from './table.js';

/**
 * The accuracy at each level, then for each window size the level from which the corruption is detected. With one
 * method this is one table; with several, the accuracies and each method have their own.
 */
export function drillTable(table: DrillTable): string {
  const [first, ...others] = table.clean.alarms.map(({ method }) => method);
  const parts =
    first !== undefined && others.length === 0
      ? [formatTable(...joined(corruptionColumn(table), accuracyColumns(table), seenColumns(table, first)))]
      : [
          formatTable(...joined(corruptionColumn(table), accuracyColumns(table))),
          ...table.clean.alarms.map(
            ({ method }) => `${method}\n${formatTable(...joined(corruptionColumn(table), seenColumns(table, method)))}`,
          ),
        ];
  return [...parts, `${legend(table)}\n${control(table)}`].join('\n\n');
}

/** Columns with their cells, top to bottom. */
type Filled = readonly { column: Column; cells: readonly string[] }[];

function joined(...groups: readonly Filled[]): [Column[], string[][]] {
  const all = groups.flat();
  const rows = all[0]?.cells.map((_, row) => all.map(({ cells }) => cells[row] ?? '')) ?? [];
  return [all.map(({ column }) => column), rows];
}

function corruptionColumn({ rows }: DrillTable): Filled {
  return [{ column: { title: 'corruption' }, cells: rows.map(({ corruption }) => corruption) }];
}

function accuracyColumns({ rows, levels }: DrillTable): Filled {
  if (rows.every(({ accuracy }) => accuracy.every((value) => value === null))) return [];
  return levels.map((level, i) => ({
    column: { title: `level ${level}`, align: 'right' },
    cells: rows.map(({ accuracy }) => percent(accuracy[i] ?? null)),
  }));
}

function seenColumns({ rows, windowSizes, windows }: DrillTable, method: string): Filled {
  return windowSizes.flatMap((size, i) => {
    if (windows[i] === 0) return [];
    const levels = rows.map(({ seenFrom }) => seenFrom.find((seen) => seen.method === method)?.levels[i] ?? null);
    return [
      {
        column: { title: `n=${size.toLocaleString('en')}`, align: 'right' as const },
        cells: levels.map((level) => (level === null ? '-' : String(level))),
      },
    ];
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
