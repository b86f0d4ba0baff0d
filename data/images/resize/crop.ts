/** The middle of an image, as torchvision's `CenterCrop` and timm's `CenterCropOrPad` take it. */
import type { Image } from '../pixel-batch.js';

/** A rectangle of an image, in pixels. */
export interface Window {
  top: number;
  left: number;
  height: number;
  width: number;
}

/**
 * What happens to half a pixel. `even` is Python's `round`, as in torchvision and timm; `down` is that of transformers'
 * image processors.
 */
export type CropRounding = 'even' | 'down';

/**
 * The middle of an image, as torchvision's `CenterCrop` and timm's `CenterCropOrPad` take it.
 *
 * Where a crop of `size` lies on an image; `top` and `left` are negative where the image is smaller, by the border before
 * it. Half a pixel of border is always rounded down.
 */
export function centerWindow(
  image: { height: number; width: number },
  [height, width]: readonly [number, number],
  rounding: CropRounding,
): Window {
  const top = cropStart(image.height, height, rounding);
  const left = cropStart(image.width, width, rounding);
  return { top, left, height, width };
}

function cropStart(size: number, crop: number, rounding: CropRounding): number {
  if (crop > size) return -Math.floor((crop - size) / 2);
  return rounding === 'down' ? Math.floor((size - crop) / 2) : roundHalfEven((size - crop) / 2);
}

/** Python's `round`. @param value not negative */
export function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const isUp = value - below === 0.5 ? below % 2 === 1 : value - below > 0.5;
  return isUp ? below + 1 : below;
}

/** The part of a window that lies on an image. */
export function visiblePart(image: { height: number; width: number }, { top, left, height, width }: Window): Window {
  const [fromY, fromX] = [Math.max(0, top), Math.max(0, left)];
  const [toY, toX] = [Math.min(image.height, top + height), Math.min(image.width, left + width)];
  return { top: fromY, left: fromX, height: toY - fromY, width: toX - fromX };
}

/**
 * Puts the visible part of a window where it belongs in it, on a ground of one colour.
 *
 * @returns the image itself where it fills the window
 */
export function withBorder(image: Image, window: Window, colour: readonly number[]): Image {
  const { height, width } = window;
  if (height === image.height && width === image.width) return image;
  const data = new Uint8Array(height * width * 3);
  if (colour.some((value) => value !== 0)) {
    for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]!;
  }
  const [top, left] = [Math.max(0, -window.top), Math.max(0, -window.left)];
  const row = image.width * 3;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * row, (y + 1) * row), ((top + y) * width + left) * 3);
  }
  return { height, width, data };
}
