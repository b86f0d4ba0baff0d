/** Record batches of an Arrow file as columns, one batch at a time. Buffers are flechette's; what they claim is checked. */
import {
  type Batch,
  type Column,
  CompressionType,
  type DataType,
  setCompressionCodec,
  type Table,
  Type,
  tableFromIPC,
} from '@uwdata/flechette';
import type { RandomAccessFile } from '../../files/index.js';
import type { CarriedColumn } from '../carried.js';
import { DataError } from '../data-error.js';
import { decompress, loadCodec } from '../parquet/codecs.js';
import { lz4Frame } from './lz4-frame.js';
import { type ArrowMessage, arrowMessages, damaged } from './messages.js';

/** A batch's buffers are decompressed one at a time. */
const MAX_BUFFER_BYTES = 2 ** 30;
/** Every buffer begins with the number of its bytes after decompression. */
const SIZE_BYTES = 8;

setCompressionCodec(CompressionType.LZ4_FRAME, codec(lz4Frame));
setCompressionCodec(
  CompressionType.ZSTD,
  codec((bytes, size) => decompress('ZSTD', bytes, size, MAX_BUFFER_BYTES)),
);

function codec(decode: (bytes: Uint8Array, size: number) => Uint8Array) {
  return {
    decode(bytes: Uint8Array): Uint8Array {
      const size = Number(new DataView(bytes.buffer, bytes.byteOffset - SIZE_BYTES).getBigInt64(0, true));
      if (!(size >= 0 && size <= MAX_BUFFER_BYTES)) throw new RangeError(`a buffer of ${size} bytes`);
      // A copy where the bytes do not begin where their numbers may.
      const output = decode(bytes, size);
      return output.byteOffset % SIZE_BYTES === 0 ? output : output.slice();
    },
    encode(): Uint8Array {
      throw new Error('nothing is compressed here');
    },
  };
}

export interface ArrowColumn {
  name: string;
  type: CarriedColumn['type'];
  isVector: boolean;
}

/** One value a row: text, number, bigint, boolean, or an array of numbers; null where there is none. */
export interface ArrowValues {
  rows: number;
  /** For each column, the value of a row. */
  at: readonly ((row: number) => unknown)[];
}

export class ArrowFile {
  readonly columns: readonly ArrowColumn[];
  readonly rows: number;
  readonly #file: RandomAccessFile;
  readonly #messages: readonly ArrowMessage[];

  private constructor(file: RandomAccessFile, messages: readonly ArrowMessage[], columns: readonly ArrowColumn[]) {
    this.#file = file;
    this.#messages = messages;
    this.columns = columns;
    this.rows = messages.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** @throws DataError `ARROW_FORMAT`, `ARROW_DAMAGED`, `ARROW_BATCH_TOO_LARGE` */
  static async open(file: RandomAccessFile): Promise<ArrowFile> {
    const messages = await arrowMessages(file);
    // Which compression a batch has is known when its columns are asked for. Without this one, all others can be read.
    await loadCodec('ZSTD').catch(() => undefined);
    const [schema] = messages;
    if (schema === undefined) throw new DataError('ARROW_DAMAGED', `${file.path}: no schema`);
    const { fields } = decoded(file, schema, [await bytesOf(file, schema)]).schema;
    return new ArrowFile(file, messages, fields.map(columnOf));
  }

  /** @throws DataError `ARROW_DAMAGED`, naming where the batch begins */
  async *batches(): AsyncGenerator<ArrowValues, void, undefined> {
    const before: Uint8Array[] = [];
    for (const message of this.#messages) {
      const bytes = await bytesOf(this.#file, message);
      if (message.kind !== 'records') {
        before.push(bytes);
        continue;
      }
      const table = decoded(this.#file, message, [...before, bytes]);
      yield { rows: message.rows, at: table.children.map((column) => this.#valuesOf(column, message)) };
    }
  }

  #valuesOf(column: Column<unknown>, message: ArrowMessage): (row: number) => unknown {
    const [batch] = column.data as readonly Batch<unknown>[];
    if (batch === undefined) throw damaged(this.#file, message.begin, 'it has too few columns');
    const at = isVectorType(column.type) ? vectorsOf(batch) : (row: number) => batch.at(row);
    return (row) => {
      try {
        return at(row);
      } catch (error) {
        throw damaged(this.#file, message.begin, (error as Error).message);
      }
    };
  }
}

async function bytesOf(file: RandomAccessFile, { begin, end }: ArrowMessage): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - begin);
  await file.readInto(bytes, begin);
  return bytes;
}

function decoded(file: RandomAccessFile, message: ArrowMessage, bytes: Uint8Array[]): Table {
  try {
    return tableFromIPC(bytes, { useBigInt: true });
  } catch (error) {
    throw damaged(file, message.begin, (error as Error).message);
  }
}

function columnOf({ name, type }: { name: string; type: DataType }): ArrowColumn {
  return { name, type: carriedType(type), isVector: isVectorType(type) };
}

const CARRIED: Readonly<Record<number, CarriedColumn['type']>> = {
  [Type.Bool]: 'boolean',
  [Type.Int]: 'integer',
  [Type.Float]: 'float',
  [Type.Decimal]: 'float',
  [Type.Date]: 'timestamp',
  [Type.Timestamp]: 'timestamp',
  [Type.Utf8]: 'string',
  [Type.LargeUtf8]: 'string',
  [Type.Utf8View]: 'string',
};

function carriedType(type: DataType): CarriedColumn['type'] {
  const { typeId } = type;
  if (typeId === Type.Dictionary) return carriedType((type as { dictionary: DataType }).dictionary);
  return CARRIED[typeId] ?? 'other';
}

const LISTS: readonly number[] = [Type.List, Type.LargeList, Type.FixedSizeList];

function isVectorType(type: DataType): boolean {
  const { children = [] } = type as { children?: readonly { type: DataType }[] };
  const item = children[0]?.type.typeId;
  return LISTS.includes(type.typeId) && (item === Type.Float || item === Type.Int);
}

/** Lists of numbers. Offsets that lead elsewhere than to the values that are there are refused before they are followed. */
function vectorsOf(batch: Batch<unknown>): (row: number) => ArrayLike<unknown> | null {
  const items = batch.children?.[0] as Batch<unknown> | undefined;
  const { stride } = batch.type as { stride?: number };
  const available = Math.min(items?.length ?? 0, items?.values?.length ?? 0);
  const offset = (row: number) => (stride === undefined ? Number(batch.offsets?.[row]) : row * stride);
  return (row) => {
    if (batch.nullCount > 0 && !batch.isValid(row)) return null;
    const [begin, end] = [offset(row), offset(row + 1)];
    if (!(begin >= 0 && end >= begin && end <= available)) {
      throw new RangeError(`row ${row} has values ${begin} to ${end} of ${available}`);
    }
    const values = (items as Batch<unknown>).slice(begin, end);
    return values instanceof BigInt64Array || values instanceof BigUint64Array ? Array.from(values, Number) : values;
  };
}
