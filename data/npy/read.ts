import { DataError } from '../data-error.js';
import { ByteStream } from './byte-stream.js';
import { decodeNpyValues, type NpyValues } from './dtype.js';
import {
  NPY_PREFIX_BYTES,
  type NpyHeader,
  npyDataOffset,
  npyRowCount,
  npyRowLength,
  parseNpyHeader,
} from './header.js';

export interface NpyRows {
  firstRow: number;
  rows: number;
  /** `[rows, …shape[1:]]`, row-major, whatever the order in the file; the receiver's own. */
  values: NpyValues;
}

export interface NpyArray {
  header: NpyHeader;
  /**
   * Batches of `size`, the last one shorter; once only. Reading to the last row checks the file to its end.
   * @param end row to end before; default: the number of rows
   * @param room where the bytes of a batch go; default: a new array
   */
  rows(size: number, first?: number, end?: number, room?: Room): AsyncGenerator<NpyRows, void, undefined>;
  /** For a reader that has seen enough, with the header alone or within `rows`. */
  close(): Promise<void>;
}

/** Gives an array of so many bytes, from the start of a buffer. */
export type Room = (bytes: number) => Uint8Array;

const newRoom: Room = (bytes) => new Uint8Array(bytes);

export type NpySource = (offset: number) => AsyncIterable<Uint8Array>;

/** One batch of rows; a thousand images of 600 × 600 are 1 GiB. More is a mistaken batch size or a hostile shape. */
const MAX_BATCH_BYTES = 2 ** 30;
/** An array in Fortran order has to be in memory whole before its first row is known. */
const MAX_FORTRAN_BYTES = 2 ** 29;

/**
 * Reads the header; the elements follow when `rows` is iterated. @throws DataError `NPY_…`
 * @param chunks the file from its start; `where` names it in errors, e.g. `images.npz arr_0.npy`
 * @param fileBytes length of the file or inflated member where known: a lying header is then found before any row
 * @param from the file from an offset on; null where it can only be read from its start
 */
export async function readNpy(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  fileBytes: number | null,
  from: NpySource | null = null,
): Promise<NpyArray> {
  const stream = new ByteStream(chunks);
  try {
    const header = await readHeader(stream, where);
    // Rows that take no bytes could be promised without end.
    if (npyRowCount(header) > 0 && npyRowLength(header) === 0) {
      throw new DataError('NPY_SHAPE', `${where}: rows without elements, shape [${header.shape.join(', ')}]`);
    }
    if (fileBytes !== null) checkLength(header, fileBytes - header.dataOffset, where);
    return {
      header,
      rows: (size, first = 0, end = npyRowCount(header), room = newRoom) => {
        if (!(Number.isSafeInteger(size) && size > 0)) throw new RangeError(`${size} rows a batch`);
        if (!(first >= 0 && first <= end && end <= npyRowCount(header)))
          throw new RangeError(`rows ${first} to ${end}`);
        const asked = { size, first, end, room };
        return isFortran(header)
          ? readFortran(stream, header, where, asked)
          : readC(stream, header, where, asked, from);
      },
      close: () => stream.close(),
    };
  } catch (error) {
    await stream.close();
    throw error;
  }
}

async function readHeader(stream: ByteStream, where: string): Promise<NpyHeader> {
  const prefix = new Uint8Array(NPY_PREFIX_BYTES);
  const offset = npyDataOffset(prefix.subarray(0, await stream.readInto(prefix)), where);
  const bytes = new Uint8Array(Math.max(offset, NPY_PREFIX_BYTES));
  bytes.set(prefix);
  const read = NPY_PREFIX_BYTES + (await stream.readInto(bytes.subarray(NPY_PREFIX_BYTES)));
  return parseNpyHeader(bytes.subarray(0, read), where);
}

/** In one dimension both orders are the same. */
function isFortran(header: NpyHeader): boolean {
  return header.fortranOrder && header.shape.length > 1;
}

function checkLength(header: NpyHeader, dataBytes: number, where: string): void {
  const rowBytes = npyRowLength(header) * header.type.itemBytes;
  if (npyRowCount(header) * rowBytes === dataBytes) return;
  const [rows, each, there] = [npyRowCount(header), rowBytes, dataBytes].map((n) => n.toLocaleString('en'));
  throw new DataError(
    dataBytes < npyRowCount(header) * rowBytes ? 'NPY_TRUNCATED' : 'NPY_TOO_LONG',
    `${where}: ${rows} rows of ${each} bytes promised by the header, ${there} bytes in the file`,
  );
}

interface AskedRows {
  size: number;
  first: number;
  end: number;
  room: Room;
}

async function* readC(
  whole: ByteStream,
  header: NpyHeader,
  where: string,
  { size, first, end, room }: AskedRows,
  from: NpySource | null,
): AsyncGenerator<NpyRows> {
  const count = npyRowCount(header);
  const rowBytes = npyRowLength(header) * header.type.itemBytes;
  const stream = await atRow(whole, header, first * rowBytes, from);
  try {
    for (let firstRow = first; firstRow < end; firstRow += size) {
      const rows = Math.min(size, end - firstRow);
      const length = rows * rowBytes;
      const bytes = await readBytes(stream, header, where, firstRow * rowBytes, length, MAX_BATCH_BYTES, room);
      // The last batch is only given away when the file has proven whole.
      if (firstRow + rows === count) await checkEnd(stream, header, where);
      yield { firstRow, rows, values: decodeNpyValues(header.type, bytes, where) };
    }
    if (count === 0) await checkEnd(stream, header, where);
  } finally {
    await stream.close();
  }
}

/** @param offset of the first byte that is asked for, from the first row on */
async function atRow(
  stream: ByteStream,
  { dataOffset }: NpyHeader,
  offset: number,
  from: NpySource | null,
): Promise<ByteStream> {
  if (offset === 0) return stream;
  if (from === null) {
    // What is cut off is told where its bytes are missed.
    await stream.skip(offset);
    return stream;
  }
  await stream.close();
  return new ByteStream(from(dataOffset + offset));
}

async function* readFortran(
  stream: ByteStream,
  header: NpyHeader,
  where: string,
  asked: AskedRows,
): AsyncGenerator<NpyRows> {
  try {
    const total = npyRowCount(header) * npyRowLength(header) * header.type.itemBytes;
    const bytes = await readBytes(stream, header, where, 0, total, MAX_FORTRAN_BYTES);
    await checkEnd(stream, header, where);
    yield* fortranRows(decodeNpyValues(header.type, bytes, where), header.shape, asked);
  } finally {
    await stream.close();
  }
}

/** An array in Fortran order (first axis fastest), of two axes at least, as rows in C order. */
function* fortranRows(
  values: NpyValues,
  shape: readonly number[],
  { size, first, end }: AskedRows,
): Generator<NpyRows> {
  const count = shape[0]!;
  const axes = shape.slice(1);
  const strides = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, length) => product * length, 1));
  const rowLength = axes.reduce((product, length) => product * length, 1);
  for (let firstRow = first; firstRow < end; firstRow += size) {
    const rows = Math.min(size, end - firstRow);
    const batch = emptyLike(values, rows * rowLength);
    for (let inFile = 0; inFile < rowLength; inFile++) {
      let [inRow, rest] = [0, inFile];
      for (const [axis, length] of axes.entries()) {
        inRow += (rest % length) * strides[axis]!;
        rest = Math.floor(rest / length);
      }
      for (let row = 0; row < rows; row++) batch[row * rowLength + inRow] = values[inFile * count + firstRow + row]!;
    }
    yield { firstRow, rows, values: batch };
  }
}

/** Typed so that elements of the one can be put into the other. */
function emptyLike(values: NpyValues, length: number): (string | number)[] & NpyValues {
  const empty = Array.isArray(values)
    ? new Array<string>(length)
    : new (values.constructor as new (length: number) => Exclude<NpyValues, string[]>)(length);
  return empty as (string | number)[] & NpyValues;
}

async function readBytes(
  stream: ByteStream,
  header: NpyHeader,
  where: string,
  offset: number,
  length: number,
  limit: number,
  room = newRoom,
): Promise<Uint8Array> {
  if (length > limit) {
    const [wanted, most] = [length.toLocaleString('en'), limit.toLocaleString('en')];
    throw limit === MAX_FORTRAN_BYTES
      ? new DataError('NPY_FORTRAN_TOO_LARGE', `${where}: ${wanted} bytes in Fortran order, at most ${most} are read`, {
          hint: 'Save np.ascontiguousarray(array): an array in C order is read as a stream, however large.',
        })
      : new DataError(
          'NPY_BATCH_TOO_LARGE',
          `${where}: ${wanted} bytes in one batch of rows, at most ${most} are read`,
          { hint: 'Ask for fewer rows a batch.' },
        );
  }
  const bytes = room(length);
  const read = await stream.readInto(bytes);
  if (read < length) checkLength(header, offset + read, where);
  return bytes;
}

async function checkEnd(stream: ByteStream, header: NpyHeader, where: string): Promise<void> {
  if (await stream.atEnd()) return;
  const promised = npyRowCount(header) * npyRowLength(header) * header.type.itemBytes;
  throw new DataError(
    'NPY_TOO_LONG',
    `${where}: ${promised.toLocaleString('en')} bytes promised by the header, more in the file`,
  );
}
