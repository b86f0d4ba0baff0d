import type { Bytes } from '#platform';
import type { Image } from '../pixel-batch.js';
import type { Raster } from './image-format.js';

/** Reads a file from front to back, as Python's file objects do: at the end, reads give fewer bytes, or none. */
export class ByteReader {
  readonly bytes: Bytes;
  at: number;

  constructor(bytes: Bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : -1;
  }

  read(count: number): Bytes {
    const part = this.bytes.subarray(this.at, this.at + count);
    this.at += part.length;
    return part;
  }
}

/** Fills `values` with numbers of up to 8 bits, the highest bits of a byte first. */
export function unpackBits(row: Uint8Array, values: Uint8Array, bits: number): Uint8Array {
  const most = 2 ** bits - 1;
  for (let i = 0; i < values.length; i++) {
    const bit = i * bits;
    values[i] = (row[bit >> 3]! >> (8 - bits - (bit & 7))) & most;
  }
  return values;
}

/** `[height, width, channels]`, 8 bits: gray, gray and alpha, RGB, or RGB and alpha. */
export interface Samples {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** @param withAlpha whether the raster gets `alpha`, where there is some */
export function rasterOf({ width, height, channels, data }: Samples, withAlpha: boolean): Raster {
  const hasAlpha = withAlpha && channels % 2 === 0;
  const alpha = hasAlpha ? new Uint8Array(width * height) : null;
  alpha?.forEach((_, i) => {
    alpha[i] = data[i * channels + channels - 1]!;
  });
  if (channels === 3) return { width, height, data, alpha };
  const rgb = new Uint8Array(3 * width * height);
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + green]!;
    rgb[to + 2] = data[from + blue]!;
  }
  return { width, height, data: rgb, alpha };
}

export interface IndexedImage {
  width: number;
  height: number;
  indices: Uint8Array;
  /** RGB, 3 bytes a colour. Colours that it lacks are black, as in Pillow. Null: indices are levels of gray. */
  palette: Uint8Array | null;
  transparent: number | null;
}

const COLOURS = 256;

/** @param withAlpha whether the raster gets `alpha`, where the image has a transparent colour */
export function indexedRaster(image: IndexedImage, withAlpha: boolean): Raster {
  const { width, height, indices, transparent } = image;
  const colours = coloursOf(image.palette);
  const data = new Uint8Array(3 * indices.length);
  for (let i = 0, at = 0; i < indices.length; i++, at += 3) {
    const colour = 3 * indices[i]!;
    data[at] = colours[colour]!;
    data[at + 1] = colours[colour + 1]!;
    data[at + 2] = colours[colour + 2]!;
  }
  const alpha = withAlpha && transparent !== null ? indices.map((index) => (index === transparent ? 0 : 255)) : null;
  return { width, height, data, alpha };
}

function coloursOf(palette: Uint8Array | null): Uint8Array {
  if (palette === null) return Uint8Array.from({ length: 3 * COLOURS }, (_, i) => i / 3);
  const colours = new Uint8Array(3 * COLOURS);
  colours.set(palette.subarray(0, colours.length));
  return colours;
}

/**
 * By the formula of Pillow's `convert('RGB')`, without ICC profiles. @param inverted `[pixels, 4]`; 255 means no ink
 */
export function cmykToRgb(inverted: Uint8Array): Uint8Array {
  const pixels = inverted.length / 4;
  const rgb = new Uint8Array(3 * pixels);
  for (let i = 0, from = 0, to = 0; i < pixels; i++, from += 4, to += 3) {
    const light = inverted[from + 3]!;
    for (let c = 0; c < 3; c++) rgb[to + c] = light - timesOf255(255 - inverted[from + c]!, light);
  }
  return rgb;
}

/** `a · b / 255`, rounded: `MULDIV255` of Pillow's ImagingUtils.h. */
function timesOf255(a: number, b: number): number {
  const sum = a * b + 128;
  return ((sum >> 8) + sum) >> 8;
}

/** How orientations 2 to 8 map the file to the upright image: sides swap, then x and y are flipped. */
const TURNS: readonly (string | undefined)[] = ',,x,x y,y,swap,swap x,swap x y,swap y'.split(',');

export function swapsSides(orientation: number): boolean {
  return TURNS[orientation]?.startsWith('swap') ?? false;
}

/** Turns and mirrors an image as Pillow's `ImageOps.exif_transpose`; `image` has three channels, or one. */
export function upright(image: Image, orientation: number): Image {
  const turn = TURNS[orientation];
  if (!turn) return image;
  const [swaps, flipsX, flipsY] = [swapsSides(orientation), turn.includes('x'), turn.includes('y')];
  const channels = image.data.length / (image.width * image.height);
  const [width, height] = swaps ? [image.height, image.width] : [image.width, image.height];
  const data = new Uint8Array(image.data.length);
  const [right, down] = [flipsX ? -channels : channels, (flipsY ? -channels : channels) * width];
  const first = channels * ((flipsX ? width - 1 : 0) + (flipsY ? width * (height - 1) : 0));
  const [alongRow, alongColumn] = swaps ? [down, right] : [right, down];
  for (let y = 0, from = 0; y < image.height; y++) {
    for (let x = 0, to = first + y * alongColumn; x < image.width; x++, from += channels, to += alongRow) {
      data[to] = image.data[from]!;
      if (channels === 1) continue;
      data[to + 1] = image.data[from + 1]!;
      data[to + 2] = image.data[from + 2]!;
    }
  }
  return { width, height, data };
}
