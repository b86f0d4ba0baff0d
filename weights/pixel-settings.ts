/** What decides about the pixels that a network is fed: its preprocessing, and how image files are decoded. */
import { createHash } from 'node:crypto';
import type { Preprocessing } from './model-config.js';

/** How image files are decoded. What is left out has its default. */
export interface PixelOverrides {
  /** Instead of what the weights say. */
  orientation?: Preprocessing['orientation'];
  /** Colour on which transparent pixels are put; default: alpha is dropped, as Pillow's `convert('RGB')` does. */
  background?: readonly [number, number, number] | undefined;
  /** Half an image counts; default: it is rejected. */
  allowTruncated?: boolean | undefined;
}

/**
 * Identifies all settings that change pixels, whatever the format of the images: embeddings can be compared only if it is
 * the same. A setting that is left out counts as its default, and one that has no effect does not count.
 *
 * @returns sha256, lower-case hex
 */
export function pixelSettingsSha256(preprocessing: Preprocessing, overrides: PixelOverrides = {}): string {
  const { size, mean, std, orientation } = preprocessing;
  const settings = {
    ...resizeSettings(preprocessing),
    ...cropSettings(preprocessing),
    size,
    mean,
    std,
    orientation: overrides.orientation ?? orientation ?? 'ignore',
    background: overrides.background ?? null,
    allowTruncated: overrides.allowTruncated ?? false,
  };
  return createHash('sha256').update(JSON.stringify(settings)).digest('hex');
}

function resizeSettings({ resize, mode, interpolation = 'bilinear', pillow = 13 }: Preprocessing) {
  if (resize === null) return { resize: null };
  const usual = typeof resize === 'number' ? 'shortest' : 'exact';
  return { resize, mode: mode ?? usual, interpolation, pillow: interpolation === 'nearest' ? null : pillow };
}

function cropSettings({ crop, cropRounding = 'even', border }: Preprocessing) {
  return crop === null ? { crop: null } : { crop, cropRounding, border: border ?? null };
}
