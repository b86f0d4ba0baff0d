/**
 * PBM, PGM and PPM files to RGB, by Pillow's rules: samples are scaled to 0 to 255, except those of gray images whose
 * largest value is above 255. Pillow scales these to 0 to 65,535, and `convert('RGB')` then cuts them off at 255.
 */
import { ByteReader } from '../byte-reader.js';
import type { Raster, RasterRequest } from '../decode-options.js';
import { broken, type ImagePlace, truncated } from '../image-error.js';
import { isSpace, type NetpbmHeader, netpbmHeader, skipComment } from './netpbm-header.js';

const LONGEST_TOKEN = 10;
const HASH = 0x23;
const ZERO = 0x30;

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED` */
export function decodeNetpbm(bytes: Buffer, place: ImagePlace, { allowTruncated }: RasterRequest): Raster {
  const header = netpbmHeader(bytes, place);
  const { width, height, kind, plain } = header;
  const count = width * height * (kind === 'rgb' ? 3 : 1);
  const samples = plain ? plainSamples(bytes, header, { count, place }) : rawSamples(bytes, header, { count, place });
  if (samples.length < count && !(allowTruncated && !plain && isUnscaled(header))) {
    throw truncated(place, `${told(samples.length)} of ${told(count)} samples`);
  }
  return { width, height, data: kind === 'rgb' ? filledUp(samples, count) : spread(samples, count), alpha: null };
}

/** Pillow reads these without looking at single samples; only then does it keep the rows of a file that is cut short. */
function isUnscaled({ kind, most }: NetpbmHeader): boolean {
  return kind === 'bitmap' || most === 255;
}

/** Samples as bytes, at most `count`; of unscaled ones only whole rows. */
function rawSamples(
  bytes: Buffer,
  header: NetpbmHeader,
  { count, place }: { count: number; place: ImagePlace },
): Uint8Array {
  const { width, height, kind, most, start } = header;
  const row = kind === 'rgb' ? 3 * width : width;
  if (kind === 'bitmap') return bits(bytes.subarray(start), { width, height });
  if (most === 255) {
    const there = Math.min(count, bytes.length - start);
    return bytes.subarray(start, start + (there - (there % row)));
  }
  const wide = most > 255;
  const there = Math.min(count, Math.floor((bytes.length - start) / (wide ? 2 : 1)));
  if (there < count) throw truncated(place, `${told(there)} of ${told(count)} samples`);
  const scaled = scaledBy(header);
  const samples = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    samples[i] = scaled[wide ? bytes.readUInt16BE(start + 2 * i) : bytes[start + i]!]!;
  }
  return samples;
}

/** 1 is black. Each row begins with a new byte. */
function bits(data: Uint8Array, { width, height }: { width: number; height: number }): Uint8Array {
  const stride = Math.ceil(width / 8);
  const rows = Math.min(height, Math.floor(data.length / stride));
  const samples = new Uint8Array(rows * width);
  for (let y = 0, to = 0; y < rows; y++) {
    for (let x = 0; x < width; x++, to++) samples[to] = data[y * stride + (x >> 3)]! & (128 >> (x & 7)) ? 0 : 255;
  }
  return samples;
}

/** Samples from text: digits for a bitmap, else numbers. Comments go to the end of their line. */
function plainSamples(
  bytes: Buffer,
  header: NetpbmHeader,
  { count, place }: { count: number; place: ImagePlace },
): Uint8Array {
  const reader = new ByteReader(bytes, header.start);
  if (header.kind === 'bitmap') return plainBits(reader, { count, place });
  const scaled = scaledBy(header);
  const samples = new Uint8Array(Math.min(count, bytes.length));
  let filled = 0;
  for (; filled < count; filled++) {
    const value = plainNumber(reader, place);
    if (value === null) break;
    if (value > header.most) throw broken(place, `a sample of ${told(value)}, the largest is ${told(header.most)}`);
    samples[filled] = scaled[value]!;
  }
  return samples.subarray(0, filled);
}

function plainBits(reader: ByteReader, { count, place }: { count: number; place: ImagePlace }): Uint8Array {
  const samples = new Uint8Array(Math.min(count, reader.bytes.length));
  let filled = 0;
  for (let byte = reader.byte(); byte !== -1; byte = reader.byte()) {
    if (byte === HASH) skipComment(reader);
    else if (!isSpace(byte)) {
      if (byte !== ZERO && byte !== ZERO + 1) throw broken(place, `byte ${byte} in a bitmap of 0 and 1`);
      if (filled < count) samples[filled++] = byte === ZERO ? 255 : 0;
    }
  }
  return samples.subarray(0, filled);
}

/** Null at the end of the file. */
function plainNumber(reader: ByteReader, place: ImagePlace): number | null {
  let [value, digits] = [0, 0];
  for (let byte = reader.byte(); byte !== -1; byte = reader.byte()) {
    if (byte === HASH) skipComment(reader);
    else if (isSpace(byte)) {
      if (digits > 0) return value;
    } else {
      const digit = byte - ZERO;
      if (digit < 0 || digit > 9) throw broken(place, `byte ${byte} where a number is expected`);
      if (++digits > LONGEST_TOKEN) throw broken(place, `a number of more than ${LONGEST_TOKEN} digits`);
      value = 10 * value + digit;
    }
  }
  return digits > 0 ? value : null;
}

/** By value in the file, 0 to 65,535: the sample as a byte. */
function scaledBy({ kind, most }: NetpbmHeader): Uint8Array {
  const wide = kind === 'gray' && most > 255;
  const target = wide ? 65_535 : 255;
  const values = most > 255 ? 65_536 : 256;
  return Uint8Array.from({ length: values }, (_, value) => Math.min(255, roundHalfEven((value / most) * target)));
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Black where samples are missing. */
function filledUp(samples: Uint8Array, count: number): Uint8Array {
  const data = new Uint8Array(count);
  data.set(samples);
  return data;
}

function spread(samples: Uint8Array, count: number): Uint8Array {
  const data = new Uint8Array(3 * count);
  for (let i = 0; i < samples.length; i++) data.fill(samples[i]!, 3 * i, 3 * i + 3);
  return data;
}

const told = (value: number) => value.toLocaleString('en');
