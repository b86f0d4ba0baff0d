/** The body of a ConvNeXt as data. */
import { z } from 'zod';
import { blocks, channels, kernel, perStage } from './limits.js';

export interface ConvNeXtBody {
  family: 'convnext';
  /** Side and stride of the first convolution. */
  patch: number;
  /** Blocks of each stage. */
  depths: number[];
  /** Channels of each stage. */
  widths: number[];
  kernel: number;
  /** A factor a channel after each block. */
  layerScale: boolean;
  /** Whether channels are normalised by their responses in the whole map (ConvNeXt V2, https://arxiv.org/abs/2301.00808). */
  responseNorm: boolean;
  /** Whether a layer norm stands before the head, and its ε; `first`: before the pooling. */
  norm: { eps: number; first?: true | undefined } | null;
  /** ε of the other layer norms. Default: 1e-6. */
  eps?: number | undefined;
  /** Default: gelu. */
  activation?: 'gelu_tanh' | undefined;
}

const eps = z.number().positive().max(1);

export const schema: z.ZodType<ConvNeXtBody> = z.object({
  family: z.literal('convnext'),
  patch: kernel,
  depths: perStage(blocks),
  widths: perStage(channels),
  kernel,
  layerScale: z.boolean(),
  responseNorm: z.boolean(),
  norm: z.object({ eps, first: z.literal(true).optional() }).nullable(),
  eps: eps.optional(),
  activation: z.literal('gelu_tanh').optional(),
});

/** ε of the layer norms, but in a few of timm's networks; transformers has another in the last one. */
export const EPS = 1e-6;
