/** Turns and mirrors an image as its EXIF orientation says, as Pillow's `ImageOps.exif_transpose` does. */
import type { Image } from '../pixel-batch.js';

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

/** @returns the upright image; the image itself for orientation 1 */
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
