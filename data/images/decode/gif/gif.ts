/** The first image of a GIF file on its canvas, as Pillow decodes it. Later frames are not looked at. */
import type { Bytes } from '#platform';
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
import { gifPixels } from '../lzw.js';
import { ByteReader, indexedRaster } from '../shared.js';

export interface GifHeader extends FileHeader {
  /** Size of the canvas, pixels. It is as large as the first image needs, whatever the screen size says. */
  width: number;
  height: number;
  orientation: 1;
  frame: { x: number; y: number; width: number; height: number };
  interlaced: boolean;
  /** RGB, 3 bytes a colour; null where pixels are levels of gray. */
  palette: Bytes | null;
  transparent: number | null;
  codeBits: number;
  firstBlock: number;
}

const SCREEN_BYTES = 13;
const IMAGE_BYTES = 9;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const COMMENT = 0xfe;
const APPLICATION = 0xff;
const HAS_PALETTE = 128;
const INTERLACED = 64;
const NETSCAPE = 'NETSCAPE2.0';

export const gif: FileFormat<GifHeader> = {
  name: 'GIF',
  extensions: ['.gif'],
  isThis: (start) => start.startsWith('GIF87a') || start.startsWith('GIF89a'),
  header: gifHeader,
  decode: decodeGif,
};

/** All up to the pixels of the first image, read as Pillow's `GifImagePlugin` reads it. */
function gifHeader(bytes: Bytes, place: ImagePlace): GifHeader {
  if (bytes.length < SCREEN_BYTES) throw truncated(place, `${bytes.length} bytes, a header has ${SCREEN_BYTES}`);
  const reader = new ByteReader(bytes, SCREEN_BYTES);
  const flags = bytes[10]!;
  const palette = flags & HAS_PALETTE ? readPalette(reader, flags) : null;
  const transparent = skipToImage(reader, place);
  return imageHeader(reader, { palette, transparent, screen: bytes }, place);
}

/** Reads extensions and stray bytes. @returns the transparent index of the last graphic control */
function skipToImage(reader: ByteReader, place: ImagePlace): number | null {
  let transparent: number | null = null;
  for (;;) {
    const kind = reader.byte();
    if (kind === -1 || kind === TRAILER) throw truncated(place, 'the file ends before the first image');
    if (kind === IMAGE) return transparent;
    if (kind === EXTENSION) transparent = readExtension(reader, place) ?? transparent;
  }
}

function readExtension(reader: ByteReader, place: ImagePlace): number | null {
  const label = reader.byte();
  if (label === -1) throw truncated(place, 'the file ends in an extension');
  let block = nextBlock(reader);
  if (label === COMMENT) {
    while (block !== null) block = nextBlock(reader);
    return null;
  }
  let transparent: number | null = null;
  if (label === GRAPHIC_CONTROL && block !== null) {
    if (block.length < 4) throw broken(place, `a graphic control of ${block.length} bytes, not 4`);
    if (block[0]! & 1) transparent = block[3]!;
  } else if (label === APPLICATION && block?.toString('latin1').startsWith(NETSCAPE)) nextBlock(reader);
  while (nextBlock(reader) !== null);
  return transparent;
}

/** Null for the empty block that ends a list of them, and at the end of the file. */
function nextBlock(reader: ByteReader): Bytes | null {
  const length = reader.byte();
  const block = length > 0 ? reader.read(length) : null;
  return block?.length ? block : null;
}

function imageHeader(
  reader: ByteReader,
  { palette, transparent, screen }: { palette: Bytes | null; transparent: number | null; screen: Bytes },
  place: ImagePlace,
): GifHeader {
  const descriptor = reader.read(IMAGE_BYTES);
  if (descriptor.length < IMAGE_BYTES) throw truncated(place, 'the file ends in the header of the first image');
  const [x, y, width, height] = [0, 2, 4, 6].map((at) => descriptor.readUInt16LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const flags = descriptor[8]!;
  const own = flags & HAS_PALETTE ? readPalette(reader, flags) : null;
  const codeBits = reader.byte();
  // Pillow takes the file's palette even where the image has its own, of grays; but not for transparency.
  const fallsBack = (flags & HAS_PALETTE) !== 0 && own === null && palette !== null;
  if (fallsBack && transparent !== null) throw unsupported(place, 'transparency beside a palette of grays');
  if (width === 0 || height === 0) throw broken(place, `a first image of ${width}×${height} pixels`);
  if (codeBits === -1) throw truncated(place, 'the file ends before the pixels of the first image');
  return {
    width: Math.max(screen.readUInt16LE(6), x + width),
    height: Math.max(screen.readUInt16LE(8), y + height),
    orientation: 1,
    frame: { x, y, width, height },
    interlaced: (flags & INTERLACED) !== 0,
    palette: own ?? palette,
    ...{ transparent, codeBits, firstBlock: reader.at },
  };
}

/** Null for colours that are their own numbers: Pillow then takes pixels as levels of gray. */
function readPalette(reader: ByteReader, flags: number): Bytes | null {
  const palette = reader.read(3 << ((flags & 7) + 1));
  return palette.every((value, i) => value === Math.floor(i / 3)) ? null : palette;
}

/** First row and distance of the rows of each pass of an interlaced image. */
const PASSES = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

function decodeGif(bytes: Bytes, header: GifHeader, place: ImagePlace, { alpha }: RasterRequest): Raster {
  const { width, height, frame, palette, transparent, codeBits, firstBlock } = header;
  if (codeBits < 1 || codeBits > 8) throw broken(place, `codes of ${codeBits} bits, not 1 to 8`);
  const count = frame.width * frame.height;
  const pixels = gifPixels(bytes, firstBlock, { codeBits, count, place });
  const indices = new Uint8Array(width * height).fill(transparent ?? 0);
  rowsOf(header).forEach((row, i) => {
    const at = (frame.y + row) * width + frame.x;
    indices.set(pixels.subarray(i * frame.width, (i + 1) * frame.width), at);
  });
  return indexedRaster({ width, height, indices, palette, transparent }, alpha);
}

function rowsOf({ frame: { height }, interlaced }: GifHeader): number[] {
  if (!interlaced) return Array.from({ length: height }, (_, row) => row);
  return PASSES.flatMap(([first, step]) =>
    Array.from({ length: Math.max(0, Math.ceil((height - first) / step)) }, (_, i) => first + i * step),
  );
}
