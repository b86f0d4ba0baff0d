/** Errors of one image file. They are data errors: the caller decides whether one ends the run or rejects the image. */
import { DataError } from '../../data-error.js';
import { FORMAT_NAMES, type ImageFormat } from './image-format.js';

/** How errors name the image: its place (path, member of an archive or URL), and its format. */
export interface ImagePlace {
  where: string;
  format: ImageFormat;
}

/** The file breaks the rules of its format. */
export function broken(place: ImagePlace, reason: string, cause?: unknown): DataError {
  return new DataError('IMAGE_BROKEN', `${named(place)}: ${reason}`, { cause });
}

/** The file ends before its image does. */
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

function named({ where, format }: ImagePlace): string {
  return `${where}: ${FORMAT_NAMES[format]}`;
}
