import { AtomicFile } from '../../files/index.js';
import type { SchemaElement } from '../parquet/hyparquet-writer.js';
import { ParquetOutput, writeTextChunk } from '../parquet/output.js';
import { writeValueChunk } from '../parquet/value-chunk.js';

export interface FlatColumn {
  name: string;
  /** `integer`: whole numbers up to 2^53. */
  type: 'string' | 'integer';
}

const GROUP_ROWS = 16_384;

type Value = string | number | null;

export class ParquetTableWriter {
  rows = 0;
  readonly #file: AtomicFile;
  readonly #elements: readonly SchemaElement[];
  readonly #parquet: ParquetOutput;
  #columns: Value[][];

  private constructor(file: AtomicFile, columns: readonly FlatColumn[]) {
    this.#file = file;
    this.#elements = columns.map(element);
    this.#parquet = new ParquetOutput([{ name: 'schema', num_children: columns.length }, ...this.#elements], []);
    this.#columns = columns.map(() => []);
  }

  static async create(path: string, columns: readonly FlatColumn[]): Promise<ParquetTableWriter> {
    return new ParquetTableWriter(await AtomicFile.create(path), columns);
  }

  /** @param values one for each column. @returns a promise to wait for where rows are written to the file */
  write(values: readonly Value[]): Promise<void> | void {
    for (let column = 0; column < values.length; column++) this.#columns[column]!.push(values[column]!);
    this.rows++;
    if (this.rows % GROUP_ROWS === 0) return this.#endGroup();
  }

  async commit(): Promise<void> {
    if (this.rows % GROUP_ROWS > 0) await this.#endGroup();
    this.#parquet.finish();
    await this.#file.write(this.#parquet.take());
    await this.#file.commit();
  }

  /** Leaves nothing behind; harmless after `commit`. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #endGroup(): Promise<void> {
    const columns = this.#columns;
    this.#columns = columns.map(() => []);
    this.#parquet.writeGroup(
      columns[0]?.length ?? 0,
      this.#elements.map((column, at) => (writer) => {
        const values = columns[at]!;
        if (column.type === 'BYTE_ARRAY') {
          const texts = values as (string | null)[];
          return writeTextChunk(writer, column, texts) ?? writeValueChunk(writer, column, texts);
        }
        const whole = values.map((value) => (value === null ? null : BigInt(value)));
        return writeValueChunk(writer, column, whole);
      }),
    );
    await this.#file.write(this.#parquet.take());
  }
}

function element({ name, type }: FlatColumn): SchemaElement {
  const repetition_type = 'OPTIONAL';
  if (type === 'integer') return { name, type: 'INT64', repetition_type };
  const logical_type = { type: 'STRING' } as const;
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type, repetition_type };
}
