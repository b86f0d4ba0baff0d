/** From the pixels that sharp gives to those of this program. */
import type { Raster } from './decode-options.js';
import { broken, type ImagePlace } from './image-error.js';
import type { SharpPixels } from './sharp.js';

/**
 * @param pixels of 1 to 4 channels: gray, gray and alpha, RGB, RGB and alpha
 * @param expected what the header says, and whether alpha is wanted
 */
export function rasterOf(
  pixels: SharpPixels,
  expected: { width: number; height: number; alpha: boolean; place: ImagePlace },
): Raster {
  const { width, height, channels, data } = pixels;
  if (width !== expected.width || height !== expected.height) {
    const header = `${expected.width}×${expected.height}`;
    throw broken(expected.place, `${width}×${height} pixels, the header promises ${header}`);
  }
  const rgb = new Uint8Array(3 * width * height);
  const [green, blue] = channels >= 3 ? [1, 2] : [0, 0];
  for (let from = 0, to = 0; to < rgb.length; from += channels, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + green]!;
    rgb[to + 2] = data[from + blue]!;
  }
  const hasAlpha = expected.alpha && channels % 2 === 0;
  const alpha = hasAlpha ? new Uint8Array(width * height) : null;
  alpha?.forEach((_, i) => {
    alpha[i] = data[i * channels + channels - 1]!;
  });
  return { width, height, data: rgb, alpha };
}
