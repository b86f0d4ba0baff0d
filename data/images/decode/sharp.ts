/** Decoding by `sharp`, which programs install beside this package if they need the formats that it reads. */

import { requireOptional } from '#platform';
import { shown } from '../../../base/index.js';
import { DataError } from '../../data-error.js';
import { broken, type ImagePlace, truncated } from './image-format.js';
import type { Samples } from './shared.js';

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
  }): Promise<{ data: Uint8Array; info: { width: number; height: number; channels: number } }>;
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
  size: { width: number; height: number },
  place: ImagePlace,
  colourspace: 'srgb' | 'cmyk' = 'srgb',
): Promise<Samples> {
  loaded ??= loadSharp();
  if ('reason' in loaded) throw notUsable(place, loaded.reason);
  const { width, height, channels, data } = await decoded(loaded.sharp, bytes, place, colourspace);
  if (width === size.width && height === size.height) return { width, height, channels, data };
  throw broken(place, `${width}×${height} pixels, the header promises ${size.width}×${size.height}`);
}

async function decoded(
  sharp: Sharp,
  bytes: Uint8Array,
  place: ImagePlace,
  colourspace: 'srgb' | 'cmyk',
): Promise<Samples> {
  try {
    const image = sharp(bytes, OPTIONS);
    if (colourspace === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk');
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    return { ...info, data };
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
