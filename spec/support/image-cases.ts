/** Image files with what Pillow makes of them, as `spec/ci/images/make_images.py` writes them, and what ours makes. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodedError } from '../../base/index.js';
import { type DecodeOptions, decodeImage } from '../../data/index.js';

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
  const lines = readFileSync(join(folder, 'manifest.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ImageCase);
}

/** Size and sha256 of the pixels, or the code of the refusal. Any other error is thrown. */
export async function decodedHere(bytes: Uint8Array, { name, options }: ImageCase): Promise<string> {
  const { allow_truncated: allowTruncated, ...others } = options;
  const decodeOptions: DecodeOptions = { ...others, allowTruncated };
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
