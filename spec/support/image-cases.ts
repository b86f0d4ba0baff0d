/** Image files with what Pillow makes of them, as `spec/ci/images/make_images.py` writes them, and what ours makes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { fromTimm, timmSchema } from '../../convert/hub-preprocessing.js';
import type { PreprocessingOptions } from '../../convert/index.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import {
  type DecodeOptions,
  decodeImage,
  type Image,
  type Interpolation,
  type PillowVersion,
  prepareImage,
} from '../../data/index.js';
import { imagenetPreprocessing } from '../../graph/backbones/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { madeImage } from './image-files.js';

/** A line of `manifest.jsonl`. */
export interface ImageCase {
  name: string;
  group: string;
  /** What ours should do. `any`: if it decodes the file, then to Pillow's pixels. */
  expected: 'equal' | 'refused' | 'any';
  options: { orientation?: 'ignore' | 'apply'; background?: [number, number, number]; allow_truncated?: boolean };
  /** What Pillow gives: size and sha256 of the RGB bytes, or its error. */
  width?: number;
  height?: number;
  sha256?: string;
  error?: string;
}

export function readImageCases(folder: string): ImageCase[] {
  return readCases(join(folder, 'manifest.jsonl'));
}

/** Size and sha256 of the pixels, or the code of the refusal. Any other error is thrown. */
export async function decodedHere(bytes: Uint8Array, { name, options }: ImageCase): Promise<string> {
  const { allow_truncated: allowTruncated, ...others } = options;
  const decodeOptions: DecodeOptions = { depth: 'pillow', ...others, allowTruncated };
  try {
    const { width, height, data } = await decodeImage(bytes, name, decodeOptions);
    return `${width}×${height} ${createHash('sha256').update(data).digest('hex')}`;
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

export const isRefusal = (result: string) => result.startsWith('IMAGE_');

/** Whether this format is decoded by a package that is not installed here. */
export const needsPackage = (result: string) => result === 'IMAGE_NEEDS_SHARP';

/** What is wrong with a result of `decodedHere`; null if nothing is. */
export function imageProblem(one: ImageCase, result: string): string | null {
  if (isRefusal(result)) {
    return one.expected === 'equal' ? `refused (${result}); Pillow: ${one.error ?? 'decodes it'}` : null;
  }
  if (one.expected === 'refused') return 'decoded, and should be refused';
  if (one.error !== undefined) return `decoded; Pillow refuses it: ${one.error}`;
  return result === `${one.width}×${one.height} ${one.sha256}` ? null : 'other pixels than Pillow’s';
}

// Images of torchvision's and timm's transforms (spec/ci/pillow/transform_cases.py), and whether ours are equal.

export type TransformCase = {
  from: [number, number];
  /** Seed of the image. */
  image: number;
  size: [number, number];
  /** The first 32 digits of the hash of the bytes before normalisation. */
  sha256: string;
} & ({ torchvision: TorchvisionRule } | { timm: unknown });

interface TorchvisionRule {
  resize: number | [number, number] | null;
  crop: [number, number] | null;
  interpolation: NonNullable<Preprocessing['interpolation']> | null;
}

export function preprocessingOf(one: TransformCase): Preprocessing {
  return choosePreprocessing(imagenetPreprocessing, optionsOf(one), 3);
}

function optionsOf(one: TransformCase): PreprocessingOptions {
  if ('timm' in one) return fromTimm(timmSchema.parse(one.timm));
  const { interpolation, ...geometry } = one.torchvision;
  return { size: null, ...geometry, interpolation: interpolation ?? undefined };
}

/** @returns what those cases are whose size or bytes differ */
export function differingTransforms(cases: readonly TransformCase[]): string[] {
  return cases
    .filter((one) => {
      const result = prepareImage(madeImage(...one.from, one.image), preprocessingOf(one), 'made');
      return result.height !== one.size[0] || result.width !== one.size[1] || sha256Of(result) !== one.sha256;
    })
    .map((one) => `${one.from.join('×')}: ${JSON.stringify('timm' in one ? one.timm : one.torchvision)}`);
}

// Images that Pillow resized (spec/ci/pillow/resize_cases.py), and whether ours have the same bytes.

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
