/** Images by formula, the same as in spec/ci/pillow/made_image.py: noise, hard edges on a slope, and black and white. */
import type { Image } from '../../data/index.js';

/** @param seed the remainder of seed / 3 says which kind */
export function madeImage(height: number, width: number, seed: number): Image {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) data[i] = seed % 3 === 1 ? edges(i, seed) : noise(i, seed);
  return { height, width, data };
}

function edges(i: number, seed: number): number {
  return (Math.floor(i / 7) + ((i * i) % 251) * (Math.floor(i / 64) % 2) + seed) % 256;
}

function noise(i: number, seed: number): number {
  let value = (Math.imul(i, 2_654_435_761) + Math.imul(seed, 40_503)) >>> 0;
  value = Math.imul(value ^ (value >>> 15), 2_246_822_519) >>> 0;
  value = ((value ^ (value >>> 13)) >>> 16) & 255;
  if (seed % 3 === 0) return value;
  return value < 128 ? 0 : 255;
}
