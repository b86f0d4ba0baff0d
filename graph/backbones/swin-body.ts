/** The body of a Swin Transformer as data. */
import { z } from 'zod';
import { blocks, channels, perStage, windowSide } from './limits.js';

export interface SwinBody {
  family: 'swin';
  /** 2: attention by cosines, a bias from a small network, and norms after the layers (https://arxiv.org/abs/2111.09883). */
  version: 1 | 2;
  /** Side of a patch, pixels. */
  patch: number;
  /** Blocks of each stage. */
  depths: number[];
  /** Channels of the first stage. Each further one has twice as many. */
  width: number;
  /** Heads of each stage. */
  heads: number[];
  /** Side of the windows of each stage, pixels of its map. */
  windows: number[];
  /** Width inside the perceptron of a block of the first stage. */
  hidden: number;
  qkvBias: boolean;
  /** ε of the layer norms. */
  eps: number;
}

const perStageCount = perStage(z.number().int().min(1).max(128));

export const schema: z.ZodType<SwinBody> = z
  .object({
    family: z.literal('swin'),
    version: z.union([z.literal(1), z.literal(2)]),
    patch: z.number().int().min(1).max(64),
    depths: perStage(blocks),
    width: channels,
    heads: perStageCount,
    windows: perStage(windowSide),
    hidden: channels,
    qkvBias: z.boolean(),
    eps: z.number().positive().max(1),
  })
  .refine(({ depths, heads, windows }) => heads.length === depths.length && windows.length === depths.length, {
    message: 'heads and windows are not one a stage',
  })
  .refine(({ width, heads }) => heads.every((count, i) => (width * 2 ** i) % count === 0), {
    message: 'channels are not a multiple of the heads',
  });
