/** Images that torchvision's and timm's transforms prepared (spec/ci/pillow/transform_cases.py), and whether ours are equal. */
import { fromTimm, timmSchema } from '../../convert/hub-preprocessing.js';
import type { PreprocessingOptions } from '../../convert/index.js';
import { choosePreprocessing } from '../../convert/preprocessing.js';
import { prepareImage } from '../../data/index.js';
import { imagenetPreprocessing } from '../../graph/backbones/index.js';
import type { Preprocessing } from '../../weights/index.js';
import { madeImage } from './made-image.js';
import { sha256Of } from './pillow-cases.js';

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

/** The preprocessing that `convert` stores for the same rule. */
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
