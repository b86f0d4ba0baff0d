/**
 * Image files under keys, in one order on every machine. They have any size and format, and are read one by one; a
 * broken one is a fact about the data, not the end of the run. Arrays (npz, npy) are an `ImageSet` instead.
 */
import { type CodedError, shown } from '../../../base/index.js';
import type { CarriedColumn, CarriedValue } from '../../carried.js';

/** Class number, class name, or null for an image without a label. */
export type Label = number | string | null;

/** Where an image lies, for another process to find it. */
export interface ImagePin {
  /** Full path or URL of the image file, or of the archive that it is in. */
  file: string;
  /** Name of the member of an archive; null where the file is the image. */
  member: string | null;
  /** Bytes of the image; null where the source does not say. */
  bytes: number | null;
  stamp: string | null;
  modified: number | null;
}

/** Why an image that is listed can never be read; null where it cannot be found again. */
export type Unpinned = CodedError | null;

/** A larger file is no photograph: 100 million pixels take 400 MB uncompressed. */
export const MAX_IMAGE_BYTES = 2 ** 29;

export interface ImageHandle {
  /** Where it lies on this machine as a file of its own, which a thread may read; otherwise left out. */
  readonly path?: string | undefined;
  /** The bytes of the image file. @throws CodedError if they cannot be had; exit code 4: they never can */
  read(): Promise<Uint8Array>;
  /** When the file was last changed, milliseconds since 1970; null where the source does not say. */
  modified(): Promise<number | null>;
  /** Another text when the image may have changed: size and time of its file, or of the archive; null for a single one at a URL. */
  stamp(): Promise<string | null>;
  pin(): Promise<ImagePin | Unpinned>;
}

export interface ImageEntry extends ImageHandle {
  /** Path relative to the source, with `/`; or the URL. No other entry of the listing has it. */
  readonly key: string;
  readonly label: Label;
  /** A value for each of the listing's columns. */
  readonly values: readonly CarriedValue[];
}

/**
 * Where the images of a listing can be found again: in a folder or under a prefix of a bucket, by their keys, or by
 * listing the inputs once more; null for what was given once, on stdin or at a URL with a password or a signature.
 */
export type ListingOrigin = { folder: string } | { inputs: readonly string[] } | null;

export interface RowFile {
  /** Path or URL, as it was given. */
  file: string;
  /** Another text when the file may have changed. */
  stamp: string | null;
  /** Rows that follow each other, and how many bytes their images have together. */
  groups: readonly { rows: number; bytes: number }[];
}

/** Image files of a source, in the order of their keys, compared as bytes. */
export interface ImageListing {
  /** How messages name the source. */
  readonly where: string;
  /** Name of the whole set: the last two parts of its path. It stays the same when the data moves to another machine. */
  readonly name: string;
  /** Number of images, at least 1. */
  readonly count: number;
  /** Whether labels are class numbers or class names; null where there are none. */
  readonly labels: 'index' | 'name' | null;
  /** Columns that the source has beside its images, carried along into the events. */
  readonly columns: readonly CarriedColumn[];
  readonly origin: ListingOrigin;
  /** What a person should know about how the source was read. */
  readonly notices: readonly string[];
  /** The files whose rows are the images, in this order; left out where images are files or members of archives. */
  readonly rowFiles?: readonly RowFile[];
  /** All images in order, at each call. @param first number of the one to begin with, counted from 0; default 0 */
  entries(first?: number): AsyncIterable<ImageEntry> | Iterable<ImageEntry>;
  close(): Promise<void>;
}

/** How messages name one image of a listing: by its path where it is a file in a folder, else by its source and its key. */
export function entryPlace(
  { where, origin }: Pick<ImageListing, 'where' | 'origin'>,
  { key }: Pick<ImageEntry, 'key'>,
): string {
  if (origin === null || !('folder' in origin)) return `${where} ${shown(key)}`;
  const { folder } = origin;
  return folder === '.' ? shown(key) : `${folder}${folder.endsWith('/') ? '' : '/'}${shown(key)}`;
}

/** Keys are in the order of their UTF-8 bytes; UTF-16's differs only where a surrogate meets a unit from U+E000 on. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [left, right] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (left !== right) return byteOrder(left) - byteOrder(right);
  }
  return a.length - b.length;
}

function byteOrder(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
