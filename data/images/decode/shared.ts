/** What the decoders of several formats share: a reader of bytes, colours by number, CMYK, and turned images. */

import type { Image } from '../pixel-batch.js';
import type { Raster } from './image-format.js';

/** Reads a file from front to back, as Python's file objects do: at the end, reads give fewer bytes, or none. */
export class ByteReader {
  readonly bytes: Buffer;
  /** Where the next read begins. */
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** The next byte; -1 at the end. */
  byte(): number {
    return this.at < this.bytes.length ? this.bytes[this.at++]! : -1;
  }

  /** The next bytes, fewer where the file ends. */
  read(count: number): Buffer {
    const part = this.bytes.subarray(this.at, this.at + count);
    this.at += part.length;
    return part;
  }
}

export interface IndexedImage {
  width: number;
  height: number;
  /** `[height, width]`. */
  indices: Uint8Array;
  /** RGB, 3 bytes a colour. Colours that it lacks are black, as in Pillow. Null: indices are levels of gray. */
  palette: Uint8Array | null;
  /** The index of transparent pixels. */
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
 * CMYK to RGB by the formula of Pillow's `convert('RGB')`, which knows no ICC profile.
 *
 * @param inverted `[pixels, 4]` as JPEG files hold it: 255 means no ink
 * @returns `[pixels, 3]`
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

/** How one orientation maps a pixel of the file to the upright image. */
interface Turn {
  /** Width and height change places. */
  swaps: boolean;
  flipsX: boolean;
  flipsY: boolean;
}

/** The turns of orientations 2 to 8. In the upright image, flips come after the swap. */
const TURNS: Readonly<Record<number, Turn>> = {
  2: { swaps: false, flipsX: true, flipsY: false },
  3: { swaps: false, flipsX: true, flipsY: true },
  4: { swaps: false, flipsX: false, flipsY: true },
  5: { swaps: true, flipsX: false, flipsY: false },
  6: { swaps: true, flipsX: true, flipsY: false },
  7: { swaps: true, flipsX: true, flipsY: true },
  8: { swaps: true, flipsX: false, flipsY: true },
};

/** Whether height and width of the upright image are those of the file in the other order. */
export function swapsSides(orientation: number): boolean {
  return TURNS[orientation]?.swaps ?? false;
}

/**
 * Turns and mirrors an image as its EXIF orientation says, as Pillow's `ImageOps.exif_transpose` does.
 *
 * @returns the upright image; the image itself for orientation 1
 */
export function upright(image: Image, orientation: number): Image {
  const turn = TURNS[orientation];
  if (turn === undefined) return image;
  const { swaps, flipsX, flipsY } = turn;
  const [width, height] = swaps ? [image.height, image.width] : [image.width, image.height];
  const data = new Uint8Array(image.data.length);
  const [right, down] = [flipsX ? -3 : 3, (flipsY ? -3 : 3) * width];
  const first = (flipsX ? 3 * (width - 1) : 0) + (flipsY ? 3 * width * (height - 1) : 0);
  const [alongRow, alongColumn] = swaps ? [down, right] : [right, down];
  for (let y = 0, from = 0; y < image.height; y++) {
    for (let x = 0, to = first + y * alongColumn; x < image.width; x++, from += 3, to += alongRow) {
      data[to] = image.data[from]!;
      data[to + 1] = image.data[from + 1]!;
      data[to + 2] = image.data[from + 2]!;
    }
  }
  return { width, height, data };
}
