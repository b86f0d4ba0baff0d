import type { Image } from '../pixel-batch.js';
import { throughTable, toPixels } from './pixels.js';

/**
 * Pillow's `ImageEnhance.Color`: a blend with `convert('L')`. @param factor 0 gray, 1 unchanged, above 1 more colourful
 */
export function saturate(image: Image, factor: number): Image {
  return mapColours(image, (red, green, blue) => {
    const gray = (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16;
    return [gray + factor * (red - gray), gray + factor * (green - gray), gray + factor * (blue - gray)];
  });
}

/** Hue of hue, saturation and value; the others stay. @param degrees from red towards green */
export function turnHue(image: Image, degrees: number): Image {
  return mapColours(image, (red, green, blue) => {
    const [value, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
    if (value === least) return [red, green, blue];
    const chroma = value - least;
    const hue = hueOf(red, green, blue, value, chroma) + degrees / 60;
    return [channel(hue + 5, value, chroma), channel(hue + 3, value, chroma), channel(hue + 1, value, chroma)];
  });
}

function channel(place: number, value: number, chroma: number): number {
  const k = place - 6 * Math.floor(place / 6);
  return value - chroma * Math.max(0, Math.min(k, 4 - k, 1));
}

/** In sixths of the circle. */
function hueOf(red: number, green: number, blue: number, value: number, chroma: number): number {
  if (value === red) return (green - blue) / chroma;
  return value === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
}

export function swapChannels(image: Image): Image {
  return mapColours(image, (red, green, blue) => [blue, green, red]);
}

function mapColours(
  image: Image,
  change: (red: number, green: number, blue: number) => readonly [number, number, number],
): Image {
  const { data } = image;
  const changed = new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = change(data[i]!, data[i + 1]!, data[i + 2]!);
    changed[i] = red;
    changed[i + 1] = green;
    changed[i + 2] = blue;
  }
  return { ...image, data: toPixels(changed) };
}

/**
 * A white balance off towards warm light: red gains a share (0 to 1), blue loses it; the diagonal (von Kries) model of
 * a change of illuminant, on stored values. Unlike a turn of the hue it colours grey images too.
 */
export function shiftColour(image: Image, share: number): Image {
  const gains = [1 + share, 1, 1 - share];
  return throughTable(image, (level, channel) => gains[channel]! * level);
}

/** ImageNet-C's `contrast`: `mean + factor · (pixel - mean)` in every channel. @param factor 0 the mean, 1 unchanged */
export function scaleContrast(image: Image, factor: number): Image {
  const { data } = image;
  const means = [0, 0, 0];
  for (let channel = 0; channel < 3; channel++) {
    for (let i = channel; i < data.length; i += 3) means[channel]! += data[i]! / (data.length / 3);
  }
  return throughTable(image, (level, channel) => means[channel]! + factor * (level - means[channel]!));
}
