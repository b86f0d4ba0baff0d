/** Turns stored events back into columns, and columns into parquet or csv. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { csvText } from 'image-drift/base';
import { badRequest } from '../http/api-failure.js';
import type { EventRow } from '../model/event-row.js';
import type { Model } from '../store/models.js';

export interface OutputColumn {
  name: string;
  kind: 'DOUBLE' | 'STRING' | 'INT64' | 'BOOLEAN' | 'VECTOR';
  values: unknown[];
}

/**
 * @param names null for all columns of the model, including times and event ids
 * @param vectors whether to include vectors
 * @throws ApiFailure 400 for an unknown name
 */
export function tableOf(
  model: Model,
  events: readonly EventRow[],
  names: readonly string[] | null,
  vectors: boolean,
): OutputColumn[] {
  const { event_ts_col, event_id_col, schema } = model;
  const known = new Map<string, OutputColumn['kind']>();
  for (const { name, data_type } of schema.columns) known.set(name, kindOf(data_type));
  if (event_id_col) known.set(event_id_col, 'STRING');
  if (event_ts_col) known.set(event_ts_col, 'INT64');
  return (names ?? [...known.keys()]).flatMap((name) => {
    const kind = known.get(name);
    if (kind === undefined) throw badRequest(`column_names: ${name} is not a column of the model`);
    if (kind === 'VECTOR' && !vectors) return [];
    return [{ name, kind, values: events.map((event) => cell(model, event, name, kind)) }];
  });
}

function kindOf(dataType: string): OutputColumn['kind'] {
  if (dataType === 'vector') return 'VECTOR';
  if (dataType === 'int' || dataType === 'float') return 'DOUBLE';
  return dataType === 'bool' ? 'BOOLEAN' : 'STRING';
}

function cell(
  { event_ts_col, event_id_col }: Model,
  event: EventRow,
  name: string,
  kind: OutputColumn['kind'],
): unknown {
  if (name === event_ts_col) return BigInt(event.time);
  if (name === event_id_col) return event.eventId;
  if (kind === 'VECTOR') {
    const vector = event.vectors.get(name);
    return vector ? Array.from(vector) : null;
  }
  const value = event.fields[name] ?? null;
  return kind === 'STRING' && value !== null ? String(value) : value;
}

export function parquetOf(table: readonly OutputColumn[]): ArrayBuffer {
  const columns = table.map(({ name, values }) => ({ name, data: values }));
  const schema = table.flatMap(({ name, kind }) => elementsOf(name, kind));
  return parquetWriteBuffer({
    columnData: columns,
    schema: [{ name: 'schema', num_children: table.length }, ...schema],
  });
}

type Elements = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>;

function elementsOf(name: string, kind: OutputColumn['kind']): Elements {
  const repetition_type = 'OPTIONAL';
  switch (kind) {
    case 'VECTOR':
      return [
        { name, repetition_type, num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'DOUBLE', repetition_type },
      ];
    case 'STRING':
      return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type }];
    default:
      return [{ name, type: kind, repetition_type }];
  }
}

export function csvOf(table: readonly OutputColumn[]): string {
  const rows = table[0]?.values.length ?? 0;
  const lines = [table.map(({ name }) => csvText(name)).join(',')];
  for (let row = 0; row < rows; row++) lines.push(table.map(({ values }) => csvText(shown(values[row]))).join(','));
  return `${lines.join('\n')}\n`;
}

function shown(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}
