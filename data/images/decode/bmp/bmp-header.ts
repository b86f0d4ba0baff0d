import type { Bytes } from '#platform';
import { broken, type FileHeader, type ImagePlace, truncated, unsupported } from '../image-format.js';

export interface BmpHeader extends FileHeader {
  orientation: 1;
  /** Bits a pixel: 1, 4, 8, 16, 24 or 32. */
  bits: number;
  compression: 'none' | 'rle8' | 'rle4';
  /** Whether the first row in the file is the top one. */
  topDown: boolean;
  /** Where red, green, blue and, if there is one, alpha are in a pixel of 16 bits or more. */
  layout: BmpLayout | null;
  /** Colours of pixels of up to 8 bits; null where pixels are levels of gray. RGB, 3 bytes a colour. */
  palette: Uint8Array | null;
  start: number;
}

/** `15` and `16`: bits of a pixel of two bytes. Otherwise the place of each byte in the pixel. */
export type BmpLayout = 15 | 16 | { red: number; green: number; blue: number; alpha: number | null };

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const HEADER_SIZES = new Set([CORE_HEADER, 40, 52, 56, 64, 108, 124]);
const BITS = new Set([1, 4, 8, 16, 24, 32]);
const BITFIELDS = 3;
const COMPRESSIONS = ['none', 'rle8', 'rle4', 'none'] as const;
const MOST_COLOURS = 256;

/** The masks that Pillow knows, by bits and masks in hexadecimal. */
const LAYOUTS: Readonly<Record<string, BmpLayout>> = {
  '32 ff0000 ff00 ff 0': { red: 2, green: 1, blue: 0, alpha: null },
  '32 ff000000 ff0000 ff00 0': { red: 3, green: 2, blue: 1, alpha: null },
  '32 ff000000 ff00 ff 0': { red: 3, green: 1, blue: 0, alpha: null },
  '32 ff000000 ff0000 ff00 ff': { red: 3, green: 2, blue: 1, alpha: 0 },
  '32 ff ff00 ff0000 ff000000': { red: 0, green: 1, blue: 2, alpha: 3 },
  '32 ff0000 ff00 ff ff000000': { red: 2, green: 1, blue: 0, alpha: 3 },
  '32 ff000000 ff00 ff ff0000': { red: 3, green: 1, blue: 0, alpha: 2 },
  '32 0 0 0 0': { red: 2, green: 1, blue: 0, alpha: 3 },
  '24 ff0000 ff00 ff': { red: 2, green: 1, blue: 0, alpha: null },
  '16 f800 7e0 1f': 16,
  '16 7c00 3e0 1f': 15,
};
const PLAIN_LAYOUT: BmpLayout = { red: 2, green: 1, blue: 0, alpha: null };

/** @throws DataError `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export function bmpHeader(bytes: Bytes, place: ImagePlace): BmpHeader {
  const size = bytes.length >= FILE_HEADER + 4 ? bytes.readUInt32LE(FILE_HEADER) : 0;
  if (size !== 0 && !HEADER_SIZES.has(size)) throw broken(place, `a header of ${size.toLocaleString('en')} bytes`);
  if (size === 0 || bytes.length < FILE_HEADER + size) throw truncated(place, 'the file ends in its header');
  const info = size === CORE_HEADER ? coreInfo(bytes) : fullInfo(bytes);
  const { width, height, bits, compression } = info;
  if (width === 0 || height === 0) throw broken(place, `${width}×${height} pixels`);
  if (!BITS.has(bits)) throw unsupported(place, `${bits} bits a pixel`);
  const named = COMPRESSIONS[compression];
  if (named === undefined) throw unsupported(place, `compression ${compression}`);
  if (named !== 'none' && bits > 8) throw broken(place, `run lengths with ${bits} bits a pixel`);
  const masksBehind = compression === BITFIELDS && size < 52 ? 12 : 0;
  const layout = bits > 8 ? layoutOf(bytes, { size, bits, compression }, place) : null;
  if (bits <= 8 && compression === BITFIELDS) throw broken(place, `bit masks with ${bits} bits a pixel`);
  const behind = FILE_HEADER + size + masksBehind;
  const palette = bits <= 8 ? paletteOf(bytes.subarray(behind), info, place) : null;
  return {
    ...{ width, height, orientation: 1, bits, compression: named, topDown: info.topDown, layout },
    palette: palette?.colours ?? null,
    start: startOf(bytes, { size, behind, paletteBytes: palette?.bytes ?? 0 }),
  };
}

interface Info {
  width: number;
  height: number;
  bits: number;
  compression: number;
  topDown: boolean;
  colours: number;
  colourBytes: number;
}

function coreInfo(bytes: Bytes): Info {
  const [width, height, , bits] = [18, 20, 22, 24].map((at) => bytes.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return { width, height, bits, compression: 0, topDown: false, colours: 2 ** Math.min(bits, 8), colourBytes: 3 };
}

function fullInfo(bytes: Bytes): Info {
  const topDown = bytes[FILE_HEADER + 11] === 0xff;
  const height = bytes.readUInt32LE(22);
  const bits = bytes.readUInt16LE(28);
  return {
    width: bytes.readUInt32LE(18),
    height: topDown ? 2 ** 32 - height : height,
    bits,
    compression: bytes.readUInt32LE(30),
    topDown,
    colours: bytes.readUInt32LE(46) || 2 ** Math.min(bits, 8),
    colourBytes: 4,
  };
}

function layoutOf(
  bytes: Bytes,
  { size, bits, compression }: { size: number; bits: number; compression: number },
  place: ImagePlace,
): BmpLayout {
  if (compression !== BITFIELDS) return bits === 16 ? 15 : PLAIN_LAYOUT;
  const masks = FILE_HEADER + 40;
  const count = bits === 32 ? 4 : 3;
  if (bytes.length < masks + 4 * count) throw truncated(place, 'the file ends in its bit masks');
  const words = Array.from({ length: count }, (_, i) => (i === 3 && size < 56 ? 0 : bytes.readUInt32LE(masks + 4 * i)));
  const layout = LAYOUTS[[bits, ...words.map((word) => word.toString(16))].join(' ')];
  if (layout === undefined) throw unsupported(place, `bit masks ${words.map((word) => word.toString(16)).join(', ')}`);
  return layout;
}

/** Null colours: the palette is a ramp of gray, and Pillow then takes pixels as levels. */
function paletteOf(
  bytes: Bytes,
  { bits, compression, colours: count, colourBytes }: Info,
  place: ImagePlace,
): { colours: Uint8Array | null; bytes: number } {
  if (count > MOST_COLOURS) throw unsupported(place, `${count.toLocaleString('en')} colours`);
  if (bytes.length < count * colourBytes) throw truncated(place, 'the file ends in its palette');
  const colours = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) colours[3 * i + c] = bytes[i * colourBytes + 2 - c]!;
  const ramp = count === 2 ? 255 : 1;
  const gray = colours.every((value, i) => value === ramp * Math.floor(i / 3));
  if (gray && !takesGray({ bits, compression, count })) {
    throw unsupported(place, `a palette of ${count} grays with ${bits} bits a pixel`);
  }
  const asLevels = gray && bits > 1;
  return { colours: asLevels ? null : grayBits(colours, gray), bytes: count * colourBytes };
}

/** Pillow takes two grays as one bit a pixel and more grays as bytes, whatever the bits a pixel. */
function takesGray({ bits, compression, count }: { bits: number; compression: number; count: number }): boolean {
  if (count <= 2) return bits === 1 && compression === 0;
  return bits === 8 || compression !== 0;
}

/** With one bit a pixel, 1 is white, even where the palette has one colour only. */
function grayBits(colours: Uint8Array, gray: boolean): Uint8Array {
  return gray ? Uint8Array.of(0, 0, 0, 255, 255, 255) : colours;
}

function startOf(
  bytes: Bytes,
  { size, behind, paletteBytes }: { size: number; behind: number; paletteBytes: number },
): number {
  const told = bytes.readUInt32LE(10);
  if (told === 0) return behind + paletteBytes;
  return told === FILE_HEADER + size ? told + paletteBytes : told;
}
