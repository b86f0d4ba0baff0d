/** The images of spec/fixtures/data/make_images.py, and what Pillow and torchvision made of them. */
import { createHash } from 'node:crypto';
import type { Image } from '../../data/index.js';
import { assert, readFixture } from '../support/test.js';

export interface RecordedResult {
  from: [number, number];
  size: [number, number];
  sha256: string;
  /** base64, for small results. */
  bytes?: string;
}

interface Recorded {
  resize: RecordedResult[];
  prepare: (RecordedResult & { resize: number | [number, number] | null; crop: [number, number] | null })[];
  corrupt: (RecordedResult & { name: string; parameters: Record<string, number> })[];
}

export const recorded = readFixture<Recorded>('data', 'images.json');

/** The same formula as in make_images.py. */
export function formulaImage(height: number, width: number): Image {
  const value = (_: unknown, i: number) => (Math.floor(i / 7) + ((i * i) % 251) * (Math.floor(i / 64) % 2)) % 256;
  return { height, width, data: Uint8Array.from({ length: height * width * 3 }, value) };
}

/** Heights and widths of images of one pixel, one row, one column and a little more. */
export const SMALLEST = [
  [1, 1],
  [1, 9],
  [9, 1],
  [2, 3],
] as const;

export function recordedBytes(result: RecordedResult): Uint8Array {
  return Buffer.from(result.bytes!, 'base64');
}

export function assertIdentical(image: Image, result: RecordedResult, told: string): void {
  assert.equal([image.height, image.width], result.size, told);
  if (result.bytes !== undefined) assert.equal(Buffer.from(image.data), recordedBytes(result), told);
  assert.is(createHash('sha256').update(image.data).digest('hex'), result.sha256, told);
}
