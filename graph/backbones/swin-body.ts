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
  /** `apart`: those of queries and values are tensors of their own, and keys have none. */
  qkvBias: boolean | 'apart';
  /** Side of the only images, where windows are as small as the map. Left out: any. */
  image?: number | undefined;
  /** Sides of the windows of each stage at which the bias of the second version was trained. Left out: `windows`. */
  trained?: number[] | undefined;
  /** ε of the layer norms. */
  eps: number;
}

/** The largest of any network is 384. */
const MAX_IMAGE = 4096;

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
    qkvBias: z.union([z.boolean(), z.literal('apart')]),
    image: z.number().int().min(1).max(MAX_IMAGE).optional(),
    trained: perStage(windowSide.min(2)).optional(),
    eps: z.number().positive().max(1),
  })
  .refine(
    ({ depths, heads, windows, trained = windows }) =>
      [heads, windows, trained].every(({ length }) => length === depths.length),
    { message: 'heads and windows are not one a stage' },
  )
  .refine(({ width, heads }) => heads.every((count, i) => (width * 2 ** i) % count === 0), {
    message: 'channels are not a multiple of the heads',
  });
