/** TIFF files to RGB, as Pillow decodes them: the first page, turned as its orientation says. */
import { cmykToRgb } from '../cmyk.js';
import type { Raster, RasterRequest } from '../decode-options.js';
import type { ImagePlace } from '../image-error.js';
import { upright } from '../orient.js';
import { type SharpPixels, sharpPixels } from '../sharp.js';
import { rasterOf } from '../sharp-raster.js';
import { type TiffHeader, tiffHeader } from './tiff-header.js';

const CMYK = 5;

/** @throws DataError `IMAGE_NEEDS_SHARP`, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`, `IMAGE_UNSUPPORTED` */
export async function decodeTiff(bytes: Buffer, place: ImagePlace, { alpha }: RasterRequest): Promise<Raster> {
  const header = tiffHeader(bytes, place);
  const isCmyk = header.photometric === CMYK;
  const pixels = await sharpPixels(bytes, place, isCmyk ? 'cmyk' : 'srgb');
  const raster = rasterOf(isCmyk ? fromCmyk(pixels) : pixels, { ...storedSize(header), alpha, place });
  const image = upright(raster, header.stored);
  const turnedAlpha = raster.alpha && turned(raster, raster.alpha, header.stored);
  return { width: image.width, height: image.height, data: image.data, alpha: turnedAlpha };
}

function storedSize({ width, height, stored }: TiffHeader): { width: number; height: number } {
  return stored >= 5 && stored <= 8 ? { width: height, height: width } : { width, height };
}

function fromCmyk({ width, height, data }: SharpPixels): SharpPixels {
  const inverted = data.map((ink) => 255 - ink);
  return { width, height, channels: 3, data: cmykToRgb(inverted) };
}

/** Alpha turned with the pixels: as an image whose three channels are alpha. */
function turned({ width, height }: Raster, alpha: Uint8Array, orientation: number): Uint8Array {
  const data = new Uint8Array(3 * alpha.length);
  alpha.forEach((value, i) => {
    data[3 * i] = value;
  });
  const { data: upped } = upright({ width, height, data }, orientation);
  return alpha.map((_, i) => upped[3 * i]!);
}
