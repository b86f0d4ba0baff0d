/** Files whose rows are the images of a run, counted for the plan. */
import { resolve } from 'node:path';
import { isUrl, type RowFile } from '../../data/index.js';
import type { Ledger, Plan } from '../../scale/index.js';

export type PinnedRows = NonNullable<Plan['rows']>;

/** Counts the images: those of a group are taken for equally large, as only reading all would tell. */
export function pinnedRows(files: readonly RowFile[], ledger: Ledger): PinnedRows {
  return {
    files: files.map(({ file, stamp, groups }) => {
      for (const { rows, bytes } of groups) addRows(ledger, rows, bytes);
      const count = groups.reduce((sum, { rows }) => sum + rows, 0);
      return { file: isUrl(file) ? file : resolve(file), stamp, rows: count };
    }),
  };
}

function addRows(ledger: Ledger, rows: number, bytes: number): void {
  const each = Math.floor(bytes / Math.max(1, rows));
  for (let row = 1; row < rows; row++) ledger.add(each, null);
  if (rows > 0) ledger.add(bytes - each * (rows - 1), null);
}
