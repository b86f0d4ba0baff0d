/** Decoding by `sharp`, which programs install beside this package if they need the formats that it reads. */
import { shown } from '../../../base/index.js';
import { requireOptional } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { broken, type ImagePlace, type Raster, truncated } from './image-format.js';

/** Pixels as sharp gives them: `[height, width, channels]`, 8 bits. */
export interface SharpPixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/** The part of sharp's interface that is used here. Its types are not there where it is not installed. */
interface Sharp {
  (bytes: Uint8Array, options: Record<string, unknown>): SharpImage;
  concurrency(threads: number): void;
  cache(use: boolean): void;
}

interface SharpImage {
  pipelineColourspace(name: string): SharpImage;
  toColourspace(name: string): SharpImage;
  raw(): SharpImage;
  toBuffer(options: {
    resolveWithObject: true;
  }): Promise<{ data: Buffer; info: { width: number; height: number; channels: number } }>;
}

/** The first page as it is in the file. An ICC profile is not applied, and the size has been checked before. */
const OPTIONS = { failOn: 'warning', ignoreIcc: true, limitInputPixels: false, pages: 1 };
const PACKAGE = 'sharp';
const CUT_SHORT = /prematur|truncat|unexpected end|end of file|not enough data|short read/i;

/** Why it cannot be used, or sharp itself; undefined: not tried yet. */
let loaded: { sharp: Sharp } | { reason: string } | undefined;

/**
 * @param colourspace of the pixels: `srgb` or, as it is in the file, `cmyk`
 * @throws DataError `IMAGE_NEEDS_SHARP` where sharp is not installed, `IMAGE_BROKEN`, `IMAGE_TRUNCATED`
 */
export async function sharpPixels(
  bytes: Uint8Array,
  place: ImagePlace,
  colourspace: 'srgb' | 'cmyk' = 'srgb',
): Promise<SharpPixels> {
  loaded ??= loadSharp();
  if ('reason' in loaded) throw notUsable(place, loaded.reason);
  const { sharp } = loaded;
  try {
    const image = sharp(bytes, OPTIONS);
    if (colourspace === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk');
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (error) {
    const reason = shown((error as Error).message.split('\n')[0]!.trim());
    throw CUT_SHORT.test(reason) ? truncated(place, reason) : broken(place, reason, error);
  }
}

function loadSharp(): { sharp: Sharp } | { reason: string } {
  try {
    const sharp = requireOptional<Sharp>(PACKAGE);
    if (sharp === null) return { reason: 'it is not installed' };
    // Images are decoded side by side, each on one thread, and none twice.
    sharp.concurrency(1);
    sharp.cache(false);
    return { sharp };
  } catch (error) {
    return { reason: `it does not load: ${shown((error as Error).message.trim().split('\n')[0]!)}` };
  }
}

function notUsable({ where, format }: ImagePlace, reason: string): DataError {
  const what = `${format} images are decoded by the package sharp`;
  return new DataError('IMAGE_NEEDS_SHARP', `${where}: ${what}; ${reason}`, {
    hint: 'Install it beside image-drift: npm install sharp',
  });
}

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
