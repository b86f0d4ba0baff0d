/** What a model's weights say about the sizes of images, and which sizes follow from it. */
import { type CropRounding, roundHalfEven } from './crop.js';
import type { Interpolation } from './filters.js';
import type { PillowVersion } from './resize.js';

/** What `resize` means. */
export type ResizeMode = 'shortest' | 'exact' | 'longest';

/** The part of a model's preprocessing that is about pixels. Fields that are not there have the default. */
export interface SizeRule {
  /** `[height, width]` that the model is fed; null: any. */
  size: readonly [number, number] | null;
  /** A side, or `[height, width]`; null: no resize. */
  resize: number | readonly [number, number] | null;
  /**
   * - `shortest`: the aspect ratio stays, and `resize` is covered. With a side as torchvision's `Resize(n)`, whose longer
   *   side is rounded down; with `[height, width]` as timm's `ResizeKeepRatio`, which rounds.
   * - `exact`: that height and width, whatever the aspect ratio. A side is a square.
   * - `longest`: the aspect ratio stays, and the image fits into `resize`, as timm's `ResizeKeepRatio(longest=1)`.
   *
   * Default: `shortest` for a side, `exact` for `[height, width]`.
   */
  mode?: ResizeMode | undefined;
  /** Default: bilinear. */
  interpolation?: Interpolation | undefined;
  /** Which Pillow's order of passes; default: 13. */
  pillow?: PillowVersion | undefined;
  /** `[height, width]`; null: no crop. */
  crop: readonly [number, number] | null;
  /** What happens to half a pixel before the crop; default: `even`. */
  cropRounding?: CropRounding | undefined;
  /** Where an image is smaller than the crop: red, green, blue and, if there is one, the fourth channel, 0 to 255. Default: black. */
  border?: readonly number[] | undefined;
}

/** `[height, width]` after the resize, before the crop; each at least 1. */
export function resizedSize(
  image: { height: number; width: number },
  { resize, mode }: Pick<SizeRule, 'resize' | 'mode'>,
): readonly [number, number] {
  const { height, width } = image;
  if (resize === null) return [height, width];
  const isSide = typeof resize === 'number';
  const target = isSide ? ([resize, resize] as const) : resize;
  const chosen = mode ?? (isSide ? 'shortest' : 'exact');
  if (chosen === 'exact') return target;
  if (chosen === 'shortest' && isSide) return shorterSide(height, width, resize);
  const ratios = [height / target[0], width / target[1]];
  const ratio = chosen === 'shortest' ? Math.min(...ratios) : Math.max(...ratios);
  return [Math.max(1, roundHalfEven(height / ratio)), Math.max(1, roundHalfEven(width / ratio))];
}

/** torchvision's `Resize(side)`. */
function shorterSide(height: number, width: number, side: number): [number, number] {
  if (width <= height) return [Math.trunc((side * height) / width), side];
  return [side, Math.trunc((side * width) / height)];
}
