/** The rows of one window that are compared: all, or a random draw of many. */
import type { ColumnChoice } from '../../data/index.js';
import type { Matrix64, Profile } from '../../drift/index.js';
import { shown } from '../../errors/index.js';
import { Random } from '../../random/index.js';
import { type EventFile, numberedBatches } from '../measure/index.js';
import { LEAST_ROWS } from './baseline-images.js';
import { ExplainError } from './explain-error.js';
import { eventTableRow } from './image-table.js';

/** As many as the baseline has by default; more would tell little more. */
const MOST_ROWS = 2_500;
/** The brightness of parts, which `embed` writes together with the statistics. */
const NEEDED_COLUMN = 'image_grid';

export interface WindowRows {
  /** Rows of the whole window. */
  rows: number;
  /** One row of each group: the others say little more. */
  independent: number;
  embeddings: Matrix64;
  /** As of `imageTable`. */
  table: Matrix64;
  /** How many of all rows have a label, and how many of these were predicted. */
  labelled: number;
  correct: number;
}

/** Before anything is embedded. @throws ExplainError `EXPLAIN_NO_STATISTICS`, `EXPLAIN_TOO_FEW_ROWS` */
export function checkWindows(files: readonly EventFile[]): void {
  for (const { path, rows, carried } of files) {
    if (!carried.some(({ name }) => name === NEEDED_COLUMN)) {
      const message = `${shown(path)}: the events have no statistics of their images, such as the column ${NEEDED_COLUMN}`;
      throw new ExplainError('EXPLAIN_NO_STATISTICS', message, { hint: 'Embed them without --no-statistics.' });
    }
    if (rows < LEAST_ROWS) throw tooFew(path, rows, rows);
  }
}

function tooFew(path: string, independent: number, rows: number): ExplainError {
  const found = independent === rows ? `${rows} rows` : `${independent} groups of ${rows} rows`;
  const message = `${shown(path)}: ${found}, at least ${LEAST_ROWS} are needed`;
  return new ExplainError('EXPLAIN_TOO_FEW_ROWS', message, {
    hint: 'With fewer, no cause can be shown to suffice. Take a longer span of time.',
  });
}

/** @param path of a window that `checkWindows` has passed */
export async function windowRows(
  profile: Profile,
  path: string,
  columns: ColumnChoice,
  group: string | undefined,
): Promise<WindowRows> {
  const kept: { embedding: Float32Array | Float64Array; values: Float64Array }[] = [];
  const random = new Random(0);
  const files: EventFile[] = [];
  const groups = new Set<string>();
  let [rows, independent, labelled, correct] = [0, 0, 0, 0];
  for await (const { batch } of numberedBatches(
    profile,
    [path],
    { columns, group, by: undefined, eventIds: false },
    files,
  )) {
    const { embeddings, scores, targets } = batch;
    for (let row = 0; row < embeddings.rows; row++) {
      const group = batch.groups?.[row] ?? null;
      const isKnown = group !== null && groups.has(group);
      if (group !== null) groups.add(group);
      const place = independent < MOST_ROWS ? independent : random.below(independent + 1);
      if (!isKnown && place < MOST_ROWS) {
        const embedding = embeddings.data.slice(row * embeddings.columns, (row + 1) * embeddings.columns);
        kept[place] = { embedding, values: eventTableRow(batch, row) };
      }
      rows++;
      if (!isKnown) independent++;
      const target = targets?.[row] ?? null;
      if (target === null || !scores) continue;
      labelled++;
      const own = scores.data.subarray(row * scores.columns, (row + 1) * scores.columns);
      if (profile.classes[own.indexOf(Math.max(...own))] === target) correct++;
    }
  }
  if (independent < LEAST_ROWS) throw tooFew(path, independent, rows);
  return {
    rows,
    independent,
    embeddings: joined(kept.map(({ embedding }) => embedding)),
    table: joined(kept.map(({ values }) => values)),
    labelled,
    correct,
  };
}

function joined(rows: readonly ArrayLike<number>[]): Matrix64 {
  const columns = rows[0]!.length;
  const data = new Float64Array(rows.length * columns);
  for (const [i, row] of rows.entries()) data.set(row, i * columns);
  return { rows: rows.length, columns, data };
}
