/** The networks of the benches: torchvision's by their names, and two vision transformers that torchvision lacks. */
import { networkSpec, usualTap } from '../graph/backbones/index.js';
import { pseudoWeights } from '../spec/support/pseudo-weights.js';
import type { ModelConfig, Weights } from '../weights/index.js';

const MODERN: readonly string[] = [
  ...['vit_b_16', 'dinov2_s_14', 'clip_b_32', 'convnext_tiny', 'swin_t', 'densenet121', 'regnet_y_1_6gf'],
  ...['inception_v3', 'efficientnet_b0', 'mobilenet_v3_large'],
];

const VIT = {
  family: 'vit',
  ...{ classToken: true, registers: 0, positions: 'all', qkvBias: true },
  ...{ pool: 'token', fcNorm: false, pooler: false },
};

const BODIES: Readonly<Record<string, NonNullable<ModelConfig['body']>>> = {
  dinov2_s_14: {
    ...VIT,
    ...{ grid: 16, patch: 14, width: 384, depth: 12, heads: 6, hidden: 1536, patchBias: true },
    ...{ preNorm: false, layerScale: true, activation: 'gelu', eps: 1e-6, projection: 0 },
  },
  clip_b_32: {
    ...VIT,
    ...{ grid: 7, patch: 32, width: 768, depth: 12, heads: 12, hidden: 3072, patchBias: false },
    ...{ preNorm: true, layerScale: false, activation: 'quick_gelu', eps: 1e-5, projection: 512 },
  },
};

export function networksOf(list: string): string[] {
  return list.split(',').flatMap((name) => (name === 'modern' ? [...MODERN] : [name]));
}

/** A network with seeded numbers and so many classes; the embedding is its tap. */
export function benchWeights(network: string, classes: number): Weights {
  const body = BODIES[network];
  const weights = pseudoWeights({ backbone: body?.family ?? network, head: [], classes, ...(body && { body }) });
  return { ...weights, config: { ...weights.config, tap: usualTap(networkSpec(weights.config)) } };
}
