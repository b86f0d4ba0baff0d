/** The share of an image that is a border of one colour: bars above, below and beside it. */
import type { Image } from '../pixel-batch.js';

/** Levels by which pixels of a border may differ: JPEG leaves a ripple. */
const TOLERANCE = 8;

/** @returns 0 to 1; 1 for an image of one colour */
export function borderShare(image: Image): number {
  const { height, width } = image;
  const top = uniformLines(image, true, 1);
  if (top === height) return 1;
  const bottom = uniformLines(image, true, -1);
  const left = uniformLines(image, false, 1);
  const right = uniformLines(image, false, -1);
  return 1 - ((height - top - bottom) * (width - left - right)) / (height * width);
}

/** Rows, or columns, from one side on that have the colour of the corner. */
function uniformLines({ height, width, data }: Image, ofRows: boolean, direction: 1 | -1): number {
  const [lines, length] = ofRows ? [height, width] : [width, height];
  const [lineStep, step] = ofRows ? [3 * width, 3] : [3, 3 * width];
  const first = direction === 1 ? 0 : (lines - 1) * lineStep;
  for (let line = 0; line < lines; line++) {
    let at = first + direction * line * lineStep;
    for (let i = 0; i < length; i++, at += step) if (!isAlike(data, first, at)) return line;
  }
  return lines;
}

function isAlike(data: Uint8Array, a: number, b: number): boolean {
  return (
    Math.abs(data[a]! - data[b]!) <= TOLERANCE &&
    Math.abs(data[a + 1]! - data[b + 1]!) <= TOLERANCE &&
    Math.abs(data[a + 2]! - data[b + 2]!) <= TOLERANCE
  );
}
