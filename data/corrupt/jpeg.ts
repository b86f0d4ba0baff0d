/**
 * JPEG compression as ImageNet-C's `jpeg_compression`: encoded at a quality, decoded again. Quality scales the tables of
 * the standard as the IJG's libjpeg does. Colour is kept at full resolution (4:4:4), which is what jpeg-js writes;
 * ImageNet-C's files have it halved (4:2:0), and lose a little more at the edges of coloured things.
 */
import jpeg from 'jpeg-js';
import type { Image } from '../images/pixel-batch.js';

/** @param quality of the IJG's scale, 1 to 100 */
export function compressJpeg(image: Image, quality: number): Image {
  const { height, width, data } = image;
  const { data: encoded } = jpeg.encode({ width, height, data: withAlpha(data) }, quality);
  const decoded = jpeg.decode(encoded, { useTArray: true, formatAsRGBA: false });
  return { height, width, data: decoded.data };
}

/** RGB to RGBA, which is what the encoder takes. */
function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from]!;
    rgba[to + 1] = rgb[from + 1]!;
    rgba[to + 2] = rgb[from + 2]!;
  }
  return rgba;
}
