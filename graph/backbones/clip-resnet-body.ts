/** The body of a ResNet of CLIP as data. */
import { z } from 'zod';
import { blocks, channels } from './limits.js';

/** The table of positions. */
export const POSITIONS = 'attnpool.positional_embedding';

export interface ClipResNetBody {
  family: 'clip_resnet';
  /** Blocks of each stage, layer1 first. */
  blocks: number[];
  /** Channels after the first convolutions; the stages have 4, 8, 16, … times as many. */
  width: number;
  /** Positions along each side of the last map. */
  grid: number;
  /** Outputs of the Linear that ends the attention pooling; 0: there is none, as in timm's without a classifier. */
  outputs: number;
}

export const schema: z.ZodType<ClipResNetBody> = z.object({
  family: z.literal('clip_resnet'),
  blocks: z.array(blocks).length(4),
  width: channels.refine((width) => width % 2 === 0, 'half of the width is the channels of the first convolution'),
  grid: z.number().int().min(1).max(64),
  outputs: z.number().int().min(0).max(65_536),
});
