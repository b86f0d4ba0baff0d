/**
 * The messages of an Arrow IPC file or stream, found without reading what they hold: a schema, dictionaries and record
 * batches, so that memory holds one batch at a time. Follows "Serialization and Interprocess Communication (IPC)" of the
 * Arrow columnar format, versions V4 and V5; the headers are FlatBuffers.
 */
import type { RandomAccessFile } from '../../files/index.js';
import { DataError } from '../data-error.js';

export interface ArrowMessage {
  kind: 'schema' | 'dictionary' | 'records';
  /** Where the message begins in the file, with the length in front of it. */
  begin: number;
  end: number;
  /** Rows of a record batch; 0 for the others. */
  rows: number;
}

const MAGIC = 'ARROW1';
const MAGIC_OF_FEATHER_1 = 'FEA1';
/** The magic and two bytes of padding. */
const FILE_HEADER_BYTES = 8;
const CONTINUATION = -1;
const KINDS: Readonly<Record<number, ArrowMessage['kind']>> = { 1: 'schema', 2: 'dictionary', 3: 'records' };
/** The schema of 65,536 columns takes about 10 MB. */
const MAX_HEADER_BYTES = 64 * 2 ** 20;
/** A batch is held in memory. pandas puts 65,536 rows in one: with 2,048 values each, 512 MiB. */
const MAX_MESSAGE_BYTES = 2 ** 30;
const MAX_MESSAGES = 1_000_000;

/** @throws DataError `ARROW_FORMAT` (no Arrow file), `ARROW_DAMAGED`, `ARROW_BATCH_TOO_LARGE` */
export async function arrowMessages(file: RandomAccessFile): Promise<ArrowMessage[]> {
  const messages: ArrowMessage[] = [];
  for (let at = await beginOf(file); ; ) {
    const message = await messageAt(file, at);
    if (message === null) return messages;
    messages.push(message);
    if (messages.length > MAX_MESSAGES) throw damaged(file, at, `more than ${MAX_MESSAGES} messages`);
    if (messages[0]?.kind !== 'schema') throw damaged(file, at, 'the first message is no schema');
    at = message.end;
  }
}

async function beginOf(file: RandomAccessFile): Promise<number> {
  const head = Buffer.from(await file.read(0, Math.min(FILE_HEADER_BYTES, file.size))).toString('latin1');
  if (head.startsWith(MAGIC)) return FILE_HEADER_BYTES;
  if (head.startsWith('\xff\xff\xff\xff')) return 0;
  if (head.startsWith(MAGIC_OF_FEATHER_1)) {
    throw new DataError('ARROW_FORMAT', `${file.path}: is Feather of the first version`, {
      hint: 'Write the second version, which has been the default of pandas and pyarrow since 2020.',
    });
  }
  throw new DataError('ARROW_FORMAT', `${file.path}: no Arrow file, it does not begin with ${MAGIC}`);
}

/** Null at the end of all messages. */
async function messageAt(file: RandomAccessFile, begin: number): Promise<ArrowMessage | null> {
  if (begin === file.size) return null;
  const prefix = viewOf(await piece(file, begin, begin, 8));
  if (prefix.getInt32(0, true) !== CONTINUATION) throw damaged(file, begin, 'no message begins there');
  const headerBytes = prefix.getInt32(4, true);
  if (headerBytes === 0) return null;
  if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) throw damaged(file, begin, `a header of ${headerBytes} bytes`);
  const header = viewOf(await piece(file, begin, begin + 8, headerBytes));
  try {
    const root = table(header, header.getUint32(0, true));
    const kind = KINDS[root.byte(1)];
    const bodyBytes = root.long(3);
    const end = begin + 8 + headerBytes + bodyBytes;
    if (kind === undefined) throw new RangeError(`a message of kind ${root.byte(1)}`);
    if (bodyBytes < 0 || end > file.size) throw new RangeError(`a message of ${bodyBytes} bytes`);
    if (end - begin > MAX_MESSAGE_BYTES) throw tooLarge(file, begin, end - begin);
    const rows = kind === 'records' ? root.table(2).long(0) : 0;
    if (!(rows >= 0)) throw new RangeError(`${rows} rows`);
    return { kind, begin, end, rows };
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw damaged(file, begin, (error as Error).message);
  }
}

async function piece(file: RandomAccessFile, message: number, begin: number, length: number): Promise<Uint8Array> {
  if (begin + length > file.size) throw damaged(file, message, `it goes on beyond the ${file.size} bytes of the file`);
  return file.read(begin, length);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A FlatBuffers table: its fields by number, zero where they are left out. */
interface FlatTable {
  byte(field: number): number;
  long(field: number): number;
  /** @throws RangeError where it is left out */
  table(field: number): FlatTable;
}

function table(view: DataView, at: number): FlatTable {
  const vtable = at - view.getInt32(at, true);
  const fields = (view.getUint16(vtable, true) - 4) / 2;
  const place = (field: number) => (field < fields ? view.getUint16(vtable + 4 + 2 * field, true) : 0);
  return {
    byte: (field) => (place(field) === 0 ? 0 : view.getUint8(at + place(field))),
    long: (field) => (place(field) === 0 ? 0 : Number(view.getBigInt64(at + place(field), true))),
    table: (field) => {
      if (place(field) === 0) throw new RangeError(`field ${field} is missing`);
      const target = at + place(field);
      return table(view, target + view.getUint32(target, true));
    },
  };
}

export function damaged({ path }: RandomAccessFile, at: number, why: string): DataError {
  return new DataError('ARROW_DAMAGED', `${path}: the message at byte ${at.toLocaleString('en')} is damaged: ${why}`);
}

function tooLarge({ path }: RandomAccessFile, at: number, bytes: number): DataError {
  const [is, most] = [bytes, MAX_MESSAGE_BYTES].map(
    (count) => `${Math.ceil(count / 2 ** 20).toLocaleString('en')} MiB`,
  );
  return new DataError('ARROW_BATCH_TOO_LARGE', `${path}: a batch of ${is} at byte ${at}, at most ${most} are read`, {
    hint: 'Write smaller batches, for instance with chunksize=10000 of pyarrow.feather.write_feather.',
  });
}
