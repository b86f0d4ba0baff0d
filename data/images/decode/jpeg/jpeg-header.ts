/** The header of a JPEG file: all markers up to the first scan, read as Pillow's `JpegImagePlugin` reads them. */

import { orientationOf } from '../exif.js';
import { broken, type FileHeader, type ImagePlace, truncated } from '../image-format.js';

export interface JpegComponent {
  id: number;
}

export interface JpegHeader extends FileHeader {
  /** Bits of a sample. */
  precision: number;
  components: readonly JpegComponent[];
  /** Second byte of the frame's marker: 0xc0 baseline, 0xc2 progressive, … */
  process: number;
  /** Where the marker of the first scan is. */
  firstScan: number;
}

const SOS = 0xda;
const EOI = 0xd9;
const APP1 = 0xe1;
/** All of C0 to CF but DHT, JPG and DAC. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** Markers that have no segment after them: TEM, RST0 to RST7, SOI, EOI. */
const BARE = new Set([0x01, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, EOI]);
const EXIF = 'Exif\0\0';
const XMP = 'http://ns.adobe.com/xap/1.0/\0';

/** @throws DataError `IMAGE_TRUNCATED`, `IMAGE_BROKEN` */
export function jpegHeader(bytes: Buffer, place: ImagePlace): JpegHeader {
  let frame: Pick<JpegHeader, 'width' | 'height' | 'precision' | 'components' | 'process'> | null = null;
  const exif: Buffer[] = [];
  let xmp: Buffer | null = null;
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
export function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const type = bytes[at + 1]!;
    if (type !== 0 && type !== 0xff) return at;
  }
  return -1;
}

/** What a marker's segment holds, without its length. */
export function segmentAt(bytes: Buffer, marker: number, place: ImagePlace): Buffer {
  const start = marker + 2;
  const length = start + 2 <= bytes.length ? bytes.readUInt16BE(start) : Number.NaN;
  if (length < 2) throw broken(place, `a segment at byte ${marker.toLocaleString('en')} of length ${length}`);
  if (!(start + length <= bytes.length)) {
    throw truncated(place, `the segment at byte ${marker.toLocaleString('en')} reaches past the end of the file`);
  }
  return bytes.subarray(start + 2, start + length);
}

function frameOf(segment: Buffer, process: number, place: ImagePlace) {
  const count = segment[5] ?? 0;
  if (segment.length < 6 + 3 * count) throw broken(place, `a frame header of ${segment.length} bytes`);
  const components = Array.from({ length: count }, (_, i) => ({ id: segment[6 + 3 * i]! }));
  const [height, width] = [segment.readUInt16BE(1), segment.readUInt16BE(3)];
  if (width === 0 || height === 0) throw broken(place, `a frame of ${width}×${height} pixels`);
  return { width, height, precision: segment[0]!, components, process };
}

function joined(parts: readonly Buffer[]): Buffer | null {
  return parts.length > 1 ? Buffer.concat(parts) : (parts[0] ?? null);
}
