/** Images whose pixels are numbers of colours, as in GIF and BMP. */
import type { Raster } from './decode-options.js';

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
