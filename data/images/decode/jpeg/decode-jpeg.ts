import { type Bytes, concat } from '#platform';
import { orientationOf } from '../exif.js';
import {
  broken,
  type FileFormat,
  type FileHeader,
  type ImagePlace,
  type Raster,
  type RasterRequest,
  truncated,
  unsupported,
} from '../image-format.js';
import { cmykToRgb } from '../shared.js';
import { CMYK, decodeTurbo, RGB, type TurboResult } from './turbo.js';

const SOS = 0xda;
const EOI = 0xd9;
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
const END_OF_IMAGE = 0xd9;
const ENDS_EARLY = /^(Premature end of JPEG file|Corrupt JPEG data: premature end of data segment)/;

export const jpeg: FileFormat<JpegHeader> = {
  name: 'JPEG',
  extensions: ['.jpg', '.jpeg', '.jpe', '.jfif'],
  isThis: (start) => start.startsWith('\xff\xd8\xff'),
  header: jpegHeader,
  decode: decodeJpeg,
};

export interface JpegHeader extends FileHeader {
  precision: number;
  components: readonly number[];
  /** Second byte of the frame's marker: 0xc0 baseline, 0xc2 progressive, … */
  process: number;
  firstScan: number;
}

const APP1 = 0xe1;
/** All of C0 to CF but DHT, JPG and DAC. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Markers that have no segment after them: TEM, RST0 to RST7, SOI, EOI. */
const BARE = new Set([0x01, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, EOI]);
const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';

/** Up to the first scan, as Pillow's `JpegImagePlugin`. @throws DataError `IMAGE_TRUNCATED`, `IMAGE_BROKEN` */
function jpegHeader(bytes: Bytes, place: ImagePlace): JpegHeader {
  let frame: Pick<JpegHeader, 'width' | 'height' | 'precision' | 'components' | 'process'> | null = null;
  const exif: Bytes[] = [];
  let xmp: Bytes | null = null;
  for (let at = 2; ; ) {
    const marker = nextMarker(bytes, at);
    if (marker === -1) throw truncated(place, `${bytes.length.toLocaleString('en')} bytes, none of them of a scan`);
    const type = bytes[marker + 1]!;
    if (type === SOS) {
      if (frame === null) throw broken(place, 'a scan comes before the frame header');
      const block = joined(exif);
      return { ...frame, orientation: orientationOf(block, xmp), exif: block, firstScan: marker };
    }
    if (BARE.has(type)) {
      at = marker + 2;
      continue;
    }
    const segment = segmentAt(bytes, marker, place);
    at = marker + 4 + segment.length;
    if (FRAMES.has(type)) {
      if (frame !== null) throw broken(place, 'two frame headers');
      frame = frameOf(segment, type, place);
    } else if (type === APP1) {
      const start = segment.toString('latin1', 0, XMP.length);
      if (start.startsWith(EXIF)) exif.push(exif.length === 0 ? segment : segment.subarray(EXIF.length));
      else if (start === XMP) xmp = segment.subarray(XMP.length);
    }
  }
}

/** Where the next marker is: 0xff, and a byte that is neither 0 nor 0xff. -1 where none is left. */
function nextMarker(bytes: Bytes, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const type = bytes[at + 1]!;
    if (type !== 0 && type !== 0xff) return at;
  }
  return -1;
}

function segmentAt(bytes: Bytes, marker: number, place: ImagePlace): Bytes {
  const start = marker + 2;
  const length = start + 2 <= bytes.length ? bytes.readUInt16BE(start) : Number.NaN;
  if (length < 2) throw broken(place, `a segment at byte ${marker.toLocaleString('en')} of length ${length}`);
  if (!(start + length <= bytes.length)) {
    throw truncated(place, `the segment at byte ${marker.toLocaleString('en')} reaches past the end of the file`);
  }
  return bytes.subarray(start + 2, start + length);
}

function frameOf(segment: Bytes, process: number, place: ImagePlace) {
  const count = segment[5] ?? 0;
  if (segment.length < 6 + 3 * count) throw broken(place, `a frame header of ${segment.length} bytes`);
  const components = Array.from({ length: count }, (_, i) => segment[6 + 3 * i]!);
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  if (width === 0 || height === 0) throw broken(place, `a frame of ${width}×${height} pixels`);
  return { width, height, precision: segment[0]!, components, process };
}

function joined(parts: readonly Bytes[]): Bytes | null {
  return parts.length > 1 ? concat(parts) : (parts[0] ?? null);
}

function decodeJpeg(
  bytes: Bytes,
  header: JpegHeader,
  place: ImagePlace,
  { allowTruncated, lent }: RasterRequest,
): Raster {
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
  { bytes, place, allowTruncated }: { bytes: Bytes; place: ImagePlace; allowTruncated: boolean },
): Uint8Array {
  if (pixels === null) throw broken(place, message || 'the decoder finds another image size than the header has');
  if (warnings === 0 || allowTruncated) return pixels;
  if (warnings === 1 && (HARMLESS.test(message) || isPadding(message, bytes))) return pixels;
  if (ENDS_EARLY.test(message)) throw truncated(place, `the file ends before the image does (${message})`);
  throw broken(place, message);
}

/** Some cameras fill up files with zeros. Other bytes are image data that a damaged file has left over. */
function isPadding(message: string, bytes: Bytes): boolean {
  const count = Number(LEFT_OVER.exec(message)?.[1] ?? Number.NaN);
  let end = bytes.length - 2;
  while (end >= 0 && !(bytes[end] === 0xff && bytes[end + 1] === END_OF_IMAGE)) end--;
  return count <= end && bytes.subarray(end - count, end).every((byte) => byte === 0);
}

interface JpegScans {
  count: number;
  /** Whether every coefficient of every component is there in full precision. */
  complete: boolean;
}

const COEFFICIENTS = 64;
const isRestart = (type: number) => type >= 0xd0 && type <= 0xd7;
const isProgressive = (process: number) => (process & 3) === 2;

/**
 * Reads the headers of all scans up to the end of the image. Entropy-coded data is skipped. libjpeg decodes an image
 * of which scans are missing without a warning, and smooths it in a way that differs between versions.
 */
function jpegScans(bytes: Bytes, header: JpegHeader, place: ImagePlace): JpegScans {
  /** By component: a byte a coefficient, 1 where its last bit has come. */
  const arrived = new Map(header.components.map((id) => [id, new Uint8Array(COEFFICIENTS)]));
  let count = 0;
  let at = header.firstScan;
  for (;;) {
    const marker = nextMarker(bytes, at);
    const type = marker === -1 ? EOI : bytes[marker + 1]!;
    if (type === EOI) break;
    at = marker + 2;
    if (isRestart(type)) continue;
    if (type === SOS) {
      count++;
      takeScan(segmentAt(bytes, marker, place), header, arrived, place);
    } else if (at + 2 <= bytes.length) at += bytes.readUInt16BE(at);
  }
  return { count, complete: [...arrived.values()].every((coefficients) => coefficients.every((there) => there === 1)) };
}

function takeScan(
  segment: Bytes,
  { process }: JpegHeader,
  arrived: ReadonlyMap<number, Uint8Array>,
  place: ImagePlace,
): void {
  const components = segment[0] ?? 0;
  if (segment.length < 4 + 2 * components) throw broken(place, `a scan header of ${segment.length} bytes`);
  const [first, last, bits] = segment.subarray(1 + 2 * components);
  const [from, to] = isProgressive(process) ? [first!, last!] : [0, COEFFICIENTS - 1];
  if (isProgressive(process) && (bits! & 15) !== 0) return;
  for (let i = 0; i < components; i++) arrived.get(segment[1 + 2 * i]!)?.fill(1, from, to + 1);
}
