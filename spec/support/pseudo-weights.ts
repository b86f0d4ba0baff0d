/** Weights of any backbone without a file, the same as `pseudo_weights` in fixtures/engine/executor/make_goldens.py. */
import { buildGraph } from '../../graph/backbones/registry.js';
import { parameters } from '../../graph/meaning.js';
import type { ModelConfig, Tensor, Weights } from '../../weights/index.js';
import { uniform } from './pseudo-random.js';

export interface PseudoModel {
  backbone: string;
  head: number[];
  classes: number;
  body?: ModelConfig['body'];
}

/** The body of a ResNet that computes an image of 32 × 32 in a millisecond. */
const narrowResNet = {
  family: 'resnet',
  block: 'basic',
  blocks: [1, 1],
  channels: [4, 8],
  widths: [4, 8],
  groups: 1,
  stem: { channels: [4], kernel: 3, stride: 1, maxPool: false },
  shortcut: 'convolution',
};
export const narrowBody: NonNullable<ModelConfig['body']> = narrowResNet;

/**
 * Convolutions and Linears are uniform within ±√(3 / inputs), so values neither grow nor fade much. Batch norm weights
 * and variances are 0.5 to 1.5, means and biases within ±0.2, so a folding error shows. @param seed default: the name
 */
export function pseudoTensor(name: string, shape: readonly number[], seed = name): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  if (name.endsWith('.running_var')) return { shape, data: uniform(seed, size, 0.5, 1.5) };
  if (name.endsWith('.weight') && shape.length === 1) return { shape, data: uniform(seed, size, 0.5, 1.5) };
  if (shape.length === 1) return { shape, data: uniform(seed, size, -0.2, 0.2) };
  const bound = Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
  return { shape, data: uniform(seed, size, -bound, bound) };
}

/** Takes any image size; mean and std are torchvision's for ImageNet. */
export function pseudoWeights({ backbone, head, classes, body }: PseudoModel): Weights {
  const expected = parameters(buildGraph({ backbone, head, classes, ...(body && { body }) }));
  return {
    config: {
      backbone,
      ...(body && { body }),
      head,
      classes: Array.from({ length: classes }, (_, i) => `class${i}`),
      preprocessing: { size: null, resize: null, crop: null, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
      tap: '',
      provenance: { source: 'pseudo-random', sha256: '0'.repeat(64), converter: 'spec' },
    },
    tensors: new Map([...expected].map(([name, shape]) => [name, pseudoTensor(name, shape)])),
    sha256: '0'.repeat(64),
  };
}
