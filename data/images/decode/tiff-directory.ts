/** Directories of TIFF files (TIFF 6.0, section 2), which EXIF blocks have too. */

/** Types of values that are read here. */
export const TIFF_TYPES = { byte: 1, ascii: 2, short: 3, long: 4 } as const;

export interface TiffEntry {
  tag: number;
  /** One of `TIFF_TYPES`, or another type. */
  type: number;
  /** Number of values. */
  count: number;
  /** Where the entry has its value, or the place of its values. */
  field: number;
}

/** A TIFF file, or an EXIF block without what stands before its byte order. */
export interface TiffBlock {
  bytes: Buffer;
  view: DataView;
  little: boolean;
  /** Where the first directory is said to be; it may lie outside of the block. */
  first: number;
}

const BYTES: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4 };

/** @returns null for a block that does not begin as TIFF files do */
export function tiffBlock(bytes: Buffer): TiffBlock | null {
  const order = bytes.toString('latin1', 0, 2);
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) return null;
  const little = order === 'II';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, little, first: view.getUint32(4, little) };
}

/** The entries of the directory at `at`, as far as the block has them. */
export function* tiffEntries({ bytes, view, little }: TiffBlock, at: number): Generator<TiffEntry, void, undefined> {
  if (at + 2 > bytes.length) return;
  const end = at + 2 + 12 * view.getUint16(at, little);
  for (let entry = at + 2; entry < end && entry + 12 <= bytes.length; entry += 12) {
    yield {
      tag: view.getUint16(entry, little),
      type: view.getUint16(entry + 2, little),
      count: view.getUint32(entry + 4, little),
      field: entry + 8,
    };
  }
}

/**
 * Where the values of an entry lie.
 *
 * @returns null for other types than `TIFF_TYPES`, and for values that reach past the end of the block
 */
export function tiffValues({ bytes, view, little }: TiffBlock, { type, count, field }: TiffEntry): Buffer | null {
  const size = BYTES[type];
  if (size === undefined) return null;
  const start = size * count <= 4 ? field : view.getUint32(field, little);
  return start + size * count <= bytes.length ? bytes.subarray(start, start + size * count) : null;
}

/** The values of an entry of integers; null as for `tiffValues`, and for text. */
export function tiffIntegers(block: TiffBlock, entry: TiffEntry): number[] | null {
  const values = entry.type === TIFF_TYPES.ascii ? null : tiffValues(block, entry);
  if (values === null) return null;
  const { little } = block;
  return Array.from({ length: entry.count }, (_, i) => {
    if (entry.type === TIFF_TYPES.byte) return values[i]!;
    if (entry.type === TIFF_TYPES.short) return little ? values.readUInt16LE(2 * i) : values.readUInt16BE(2 * i);
    return little ? values.readUInt32LE(4 * i) : values.readUInt32BE(4 * i);
  });
}
