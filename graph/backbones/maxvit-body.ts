/** The body of a MaxViT as data. */
import { z } from 'zod';
import { blocks, channels, perStage, windowSide } from './limits.js';

export interface MaxVitBody {
  family: 'maxvit';
  /** Channels of the first two convolutions. */
  stem: number;
  /** Each halves the map. */
  stages: MaxVitStage[];
  /** Side of a window, and of a grid, pixels of the map. */
  window: number;
  /** Whether a layer norm stands before the head. */
  norm: boolean;
}

export interface MaxVitStage {
  depth: number;
  width: number;
  heads: number;
  /** Channels inside the convolutions of a block. */
  expanded: number;
  /** Channels of the squeeze-and-excitation. */
  squeeze: number;
  /** Width inside the perceptrons. */
  hidden: number;
}

const stage: z.ZodType<MaxVitStage> = z
  .object({
    depth: blocks,
    width: channels,
    heads: z.number().int().min(1).max(128),
    expanded: channels,
    squeeze: channels,
    hidden: channels,
  })
  .refine(({ width, heads }) => width % heads === 0, { message: 'channels are not a multiple of the heads' });

export const schema: z.ZodType<MaxVitBody> = z.object({
  family: z.literal('maxvit'),
  stem: channels,
  stages: perStage(stage),
  window: windowSide,
  norm: z.boolean(),
});
