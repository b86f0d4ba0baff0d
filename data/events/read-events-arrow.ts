/** Events from Arrow's IPC files and streams, Feather's second version among them: rows out of one batch at a time. */
import type { RandomAccessFile } from '../../files/index.js';
import { ArrowFile } from '../arrow/batches.js';
import { checkColumnsOnce, MAX_COLUMNS, tooManyColumns } from '../rows/column-names.js';
import { emptyTable, type RowTable } from '../rows/row-table.js';
import type { EventSource, OpenEventsOptions } from './event-source.js';
import { openRowEvents } from './read-events-rows.js';

export function openArrowEvents(path: string, options: OpenEventsOptions): Promise<EventSource> {
  return openRowEvents(path, openArrowRows, options);
}

async function openArrowRows(file: RandomAccessFile): Promise<RowTable> {
  const arrow = await ArrowFile.open(file);
  const columns = arrow.columns.map(({ name }) => name);
  if (columns.length > MAX_COLUMNS) throw tooManyColumns(file.path, columns.length);
  checkColumnsOnce(file.path, columns);
  if (arrow.rows === 0) throw emptyTable(file.path);
  return {
    columns,
    rowCount: arrow.rows,
    rowName: 'row',
    types: new Map(arrow.columns.map(({ name, type }) => [name, type])),
    vectors: arrow.columns.filter(({ isVector }) => isVector).map(({ name }) => name),
    batches: () => readRows(arrow),
  };
}

/** Rows that are made at once: a batch of the file may hold all of them. */
const ROWS_AT_ONCE = 64;

async function* readRows(arrow: ArrowFile): ReturnType<RowTable['batches']> {
  let first = 0;
  for await (const { rows, at } of arrow.batches()) {
    for (let begin = 0; begin < rows; begin += ROWS_AT_ONCE) {
      yield Array.from({ length: Math.min(ROWS_AT_ONCE, rows - begin) }, (_, i) => ({
        line: first + begin + i,
        values: at.map((valueAt) => valueAt(begin + i)),
      }));
    }
    first += rows;
  }
}
