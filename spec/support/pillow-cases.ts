/** Images that Pillow resized (spec/ci/pillow/resize_cases.py), and whether ours have the same bytes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Image, Interpolation, PillowVersion } from '../../data/index.js';
import { madeImage } from './made-image.js';

export interface PillowCase {
  /** Version, such as 13.0.0. */
  pillow: string;
  from: [number, number];
  size: [number, number];
  interpolation: Interpolation;
  /** Seed of the image. */
  image: number;
  /** The first 32 digits. */
  sha256: string;
}

export function readCases<Case>(path: string): Case[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Case);
}

/** The rule of the recorded version: 12 for all before 13. */
export function pillowOf({ pillow }: { pillow: string }): PillowVersion {
  return Number.parseInt(pillow, 10) < 13 ? 12 : 13;
}

/** @returns what those cases are whose bytes differ */
export function differing(
  cases: readonly PillowCase[],
  resize: (image: Image, height: number, width: number, one: PillowCase) => Image,
): string[] {
  return cases
    .filter((one) => {
      const result = resize(madeImage(...one.from, one.image), ...one.size, one);
      return sha256Of(result) !== one.sha256;
    })
    .map((one) => `${one.interpolation}, ${one.from.join('×')} to ${one.size.join('×')}, Pillow ${one.pillow}`);
}

/** The first 32 digits, as recorded. */
export function sha256Of({ data }: Image): string {
  return createHash('sha256').update(data).digest('hex').slice(0, 32);
}
