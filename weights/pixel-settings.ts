/** What decides about the pixels that a network is fed: its preprocessing, and how image files are decoded. */
import { sha256Of } from '#platform';
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
 * Identifies all settings that change pixels, for any image format: only embeddings with the same one can be compared.
 * Settings at their default, or without effect, do not count. @returns sha256, lower-case hex
 */
export function pixelSettingsSha256(preprocessing: Preprocessing, overrides: PixelOverrides = {}): string {
  const { size, mean, std, orientation, range } = preprocessing;
  const settings = {
    ...(range && { range }),
    ...resizeSettings(preprocessing),
    ...cropSettings(preprocessing),
    size,
    mean,
    std,
    orientation: overrides.orientation ?? orientation ?? 'ignore',
    background: overrides.background ?? null,
    allowTruncated: overrides.allowTruncated ?? false,
  };
  return sha256Of(JSON.stringify(settings));
}

function resizeSettings({ resize, mode, interpolation = 'bilinear', pillow = 13 }: Preprocessing) {
  if (resize === null) return { resize: null };
  const usual = typeof resize === 'number' ? 'shortest' : 'exact';
  return { resize, mode: mode ?? usual, interpolation, pillow: interpolation === 'nearest' ? null : pillow };
}

function cropSettings({ crop, cropRounding = 'even', border }: Preprocessing) {
  return crop === null ? { crop: null } : { crop, cropRounding, border: border ?? null };
}

/**
 * A line that makes `x` with Pillow and torchvision, and with timm where torchvision has no such step.
 * With a range the image is an array of uint16, `[height, width]` or `[height, width, 3]`: Pillow opens no RGB of 16 bits.
 * @returns null for networks of four channels: Pillow resizes RGBA in a way of its own
 */
export function pythonLine(preprocessing: Preprocessing): string | null {
  const { mean, std, range, pillow, resize, interpolation } = preprocessing;
  const orientation = range === undefined ? preprocessing.orientation : 'ignore';
  if (mean.length === 4) return null;
  const size = [...resizeSteps(preprocessing), ...cropSteps(preprocessing)];
  const usesTimm = size.some((step) => step.startsWith('ResizeKeepRatio') || step.startsWith('CenterCropOrPad'));
  const gray = mean.length === 1 ? ['T.Grayscale()'] : [];
  const steps = [...size, ...gray, 'T.ToTensor()', `T.Normalize([${mean.join(', ')}], [${std.join(', ')}])`];
  const opened = range === undefined ? "Image.open('image.jpg')" : `Image.fromarray(${levelsLine(range)})`;
  const image = orientation === 'apply' ? `ImageOps.exif_transpose(${opened})` : opened;
  const order =
    resize === null || interpolation === 'nearest' ? '' : `  # Pillow ${pillow === 12 ? '12 or older' : '13'}`;
  return [
    ...(range === undefined ? [] : ['import numpy as np']),
    `from PIL import Image${orientation === 'apply' ? ', ImageOps' : ''}`,
    'import torchvision.transforms as T',
    ...(usesTimm ? ['from timm.data.transforms import CenterCropOrPad, ResizeKeepRatio'] : []),
    `x = T.Compose([${steps.join(', ')}])(${image}.convert('RGB'))${order}`,
  ].join('; ');
}

function levelsLine([low, high]: readonly [number, number]): string {
  return `np.rint((np.clip(np.load('image.npy'), ${low}, ${high}).astype(float) - ${low}) * 255 / (${high} - ${low})).astype(np.uint8)`;
}

function resizeSteps({ resize, mode, interpolation = 'bilinear' }: Preprocessing): string[] {
  if (resize === null) return [];
  const isSide = typeof resize === 'number';
  const size = isSide ? ([resize, resize] as const) : resize;
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  const filter = `T.InterpolationMode.${interpolation.toUpperCase()}`;
  if (chosen === 'exact') return [`T.Resize(${tuple(size)}, ${filter})`];
  if (chosen === 'shortest' && isSide) return [`T.Resize(${resize}, ${filter})`];
  const longest = chosen === 'longest' ? '1.0' : '0.0';
  return [`ResizeKeepRatio(${tuple(size)}, longest=${longest}, interpolation='${interpolation}')`];
}

function cropSteps({ crop, cropRounding, border }: Preprocessing): string[] {
  if (crop === null) return [];
  if (border !== undefined) return [`CenterCropOrPad(${tuple(crop)}, fill=${tuple(border)})`];
  if (cropRounding !== 'down') return [`T.CenterCrop(${tuple(crop)})`];
  const [height, width] = crop;
  const [left, top] = [`int((i.width - ${width}) / 2)`, `int((i.height - ${height}) / 2)`];
  return [`T.Lambda(lambda i: i.crop((${left}, ${top}, ${left} + ${width}, ${top} + ${height})))`];
}

function tuple(values: readonly number[]): string {
  return `(${values.join(', ')})`;
}
