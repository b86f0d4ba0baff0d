/** Events from Arrow's IPC files and streams, Feather's second version among them: rows out of one batch at a time. */
import type { RandomAccessFile } from '../../files/index.js';
import { ArrowFile } from '../arrow/batches.js';
import { checkColumnsOnce, MAX_COLUMNS, tooManyColumns } from '../rows/column-names.js';
import { emptyTable, type RowTable, type TableRow } from '../rows/row-table.js';
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
    rows: () => readRows(arrow),
  };
}

async function* readRows(arrow: ArrowFile): AsyncGenerator<TableRow, void, undefined> {
  let first = 0;
  for await (const { rows, at } of arrow.batches()) {
    for (let row = 0; row < rows; row++) yield { line: first + row, values: at.map((valueAt) => valueAt(row)) };
    first += rows;
  }
}
