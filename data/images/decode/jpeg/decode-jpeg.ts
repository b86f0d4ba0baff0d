/** JPEG files to RGB, as Pillow decodes them. */

import { cmykToRgb } from '../cmyk.js';
import type { Raster, RasterRequest } from '../decode-options.js';
import { broken, type ImagePlace, truncated, unsupported } from '../image-error.js';
import { type JpegHeader, jpegHeader } from './jpeg-header.js';
import { jpegScans } from './jpeg-scans.js';
import { CMYK, decodeTurbo, RGB, type TurboResult } from './turbo.js';

/** Baseline, extended and progressive, with Huffman coding. */
const DECODED = new Set([0xc0, 0xc1, 0xc2]);
/** SOF9 and SOF10. */
const ARITHMETIC = new Set([0xc9, 0xca]);
/** Each scan visits every block, however few bytes it has. */
const MOST_PIXELS_OF_ALL_SCANS = 5_000_000_000;

/** Warnings about the header, after which every pixel is what the encoder meant. */
const HARMLESS = /^(Warning: unknown JFIF|Unknown Adobe color transform)/;
/** Bytes between the image and the marker of its end. */
const LEFT_OVER = /^Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9/;
const END_OF_IMAGE = Buffer.of(0xff, 0xd9);
const ENDS_EARLY = /^(Premature end of JPEG file|Corrupt JPEG data: premature end of data segment)/;

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export function decodeJpeg(bytes: Buffer, place: ImagePlace, { allowTruncated, lent }: RasterRequest): Raster {
  const header = jpegHeader(bytes, place);
  checkVariant(header, place);
  const scans = jpegScans(bytes, header, place);
  checkWork(header, scans.count, place);
  const { width, height, components } = header;
  const four = components.length === 4;
  const result = decodeTurbo(bytes, { width, height, pixels: four ? CMYK : RGB, lent });
  const pixels = checkedPixels(result, { bytes, place, allowTruncated });
  if (!scans.complete) throw truncated(place, `${scans.count} scans, which lack a part of the image`);
  return { width, height, data: four ? cmykToRgb(pixels) : pixels, alpha: null };
}

function checkVariant({ precision, components, process }: JpegHeader, place: ImagePlace): void {
  if (precision !== 8) throw unsupported(place, `${precision} bits a sample, not 8`);
  if (![1, 3, 4].includes(components.length))
    throw unsupported(place, `${components.length} components, not 1, 3 or 4`);
  if (ARITHMETIC.has(process)) throw unsupported(place, 'arithmetic coding');
  if (!DECODED.has(process)) throw unsupported(place, `process SOF${process - 0xc0}, not baseline or progressive`);
}

function checkWork({ width, height }: JpegHeader, scans: number, place: ImagePlace): void {
  if (width * height * scans <= MOST_PIXELS_OF_ALL_SCANS) return;
  throw unsupported(place, `${scans.toLocaleString('en')} scans of ${width}×${height} pixels, as no encoder writes`);
}

/** libjpeg goes on after a warning, and so does Pillow, but the pixels may then be anything. */
function checkedPixels(
  { pixels, warnings, message }: TurboResult,
  { bytes, place, allowTruncated }: { bytes: Buffer; place: ImagePlace; allowTruncated: boolean },
): Uint8Array {
  if (pixels === null) throw broken(place, message || 'the decoder finds another image size than the header has');
  if (warnings === 0 || allowTruncated) return pixels;
  if (warnings === 1 && (HARMLESS.test(message) || isPadding(message, bytes))) return pixels;
  if (ENDS_EARLY.test(message)) throw truncated(place, `the file ends before the image does (${message})`);
  throw broken(place, message);
}

/** Some cameras fill up files with zeros. Other bytes are image data that a damaged file has left over. */
function isPadding(message: string, bytes: Buffer): boolean {
  const count = Number(LEFT_OVER.exec(message)?.[1] ?? Number.NaN);
  const end = bytes.lastIndexOf(END_OF_IMAGE);
  return count <= end && bytes.subarray(end - count, end).every((byte) => byte === 0);
}
