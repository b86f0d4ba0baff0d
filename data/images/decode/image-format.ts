/**
 * A format of image files; content, never a name, decides which. The caller decides whether an error ends the run or
 * rejects the image.
 */
import { type Bytes, inflate } from '#platform';
import { DataError } from '../../data-error.js';
import type { DepthRange } from '../depth.js';
import type { Image } from '../pixel-batch.js';

export interface ImagePlace {
  where: string;
  /** As messages name it: `JPEG`. */
  format: string;
}

export interface FileHeader {
  /** Pixels, before the orientation is applied. */
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8; 1 where the file has none. */
  orientation: number;
  /** The EXIF block; null or absent where the file, or its format, has none. */
  exif?: Uint8Array | null;
  /** Whether samples have 16 bits, for which weights may have a range. Default: false. */
  isDeep?: boolean;
  /** Whether it is gray of more than 8 bits, which is cut off at 255 where no range is known. Default: false. */
  isClipped?: boolean;
}

export interface RasterRequest {
  alpha: boolean;
  allowTruncated: boolean;
  /** For samples of 16 bits; undefined: as Pillow has them. */
  range: DepthRange | undefined;
  /** Whether the pixels may lie in memory of the decoder, which the next image overwrites. */
  lent: boolean;
}

export interface Raster extends Image {
  /** `[height, width]`, 0 transparent to 255 opaque, where asked for; null where every pixel is opaque. */
  alpha: Uint8Array | null;
  /** Pixels that the range cut off; undefined where there was none. */
  cutOff?: number | undefined;
}

/** All functions throw DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED`. */
export interface FileFormat<Header extends FileHeader = FileHeader> {
  name: string;
  /** The names' endings by which a folder is searched. */
  extensions: readonly string[];
  /** @param start the first 64 bytes, a character each */
  isThis(start: string): boolean;
  header(bytes: Bytes, place: ImagePlace): Header;
  decode(bytes: Bytes, header: Header, place: ImagePlace, request: RasterRequest): Raster | Promise<Raster>;
}

export function broken(place: ImagePlace, reason: string, cause?: unknown): DataError {
  return new DataError('IMAGE_BROKEN', `${named(place)}: ${reason}`, { cause });
}

export function truncated(place: ImagePlace, reason: string): DataError {
  return new DataError('IMAGE_TRUNCATED', `${named(place)}: ${reason}`, {
    hint: 'The file was cut short, for example by an interrupted download. Fetch it again.',
  });
}

/** A variant that is valid but is not decoded here, or not as Pillow decodes it. */
export function unsupported(place: ImagePlace, reason: string): DataError {
  return new DataError('IMAGE_UNSUPPORTED', `${named(place)}: ${reason}`, {
    hint: 'docs/images.md lists what is decoded. Save the image as PNG or JPEG.',
  });
}

/** Checks the checksum. @param most bytes that the header promises @param allowTruncated returns what there is */
export function inflatedPixels(
  packed: Uint8Array,
  most: number,
  place: ImagePlace,
  allowTruncated: boolean,
): Uint8Array {
  const told = (bytes: number) => bytes.toLocaleString('en');
  try {
    return inflate(packed, most, allowTruncated);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'Z_BUF_ERROR') throw truncated(place, `the image data ends early: ${told(packed.length)} bytes`);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw broken(place, `more than the ${told(most)} bytes of pixels promised`);
    if (code === 'Z_DATA_ERROR') throw broken(place, `the image data is damaged: ${message}`, error);
    throw error;
  }
}

function named({ where, format }: ImagePlace): string {
  return `${where}: ${format}`;
}
