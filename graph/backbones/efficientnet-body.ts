/** The body of an EfficientNet as data. */
import { z } from 'zod';
import { channels, perBlock, perStage, stride } from './limits.js';
import { type MbBlock, type MbPadding, mbBlockSchema } from './mbconv.js';

/** That of the squeeze-and-excitations is the same. */
export const ACTIVATIONS = ['silu', 'relu6', 'relu'] as const;

export interface EfficientNetBody {
  family: 'efficientnet';
  /** Output channels of the first convolution. */
  stem: number;
  stages: { stride: number; blocks: MbBlock[] }[];
  /** Output channels of the last convolution. */
  last: number;
  activation: (typeof ACTIVATIONS)[number];
  /** ε of the batch norms. */
  eps: number;
  padding: MbPadding;
  /** Blocks, from 0 on, that are padded evenly though the padding is `uneven`. */
  evenBlocks?: number[] | undefined;
  /** Whether the first block of a stage adds its input, if it fits. Default: yes. */
  firstAdds?: boolean | undefined;
}

/** More than any network has. */
const MOST_BLOCKS = 1000;

export const schema: z.ZodType<EfficientNetBody> = z.object({
  family: z.literal('efficientnet'),
  stem: channels,
  stages: perStage(z.object({ stride, blocks: perBlock(mbBlockSchema) })),
  last: channels,
  activation: z.enum(ACTIVATIONS),
  eps: z.number().positive().max(1),
  padding: z.enum(['symmetric', 'same', 'uneven']),
  evenBlocks: z.array(z.number().int().min(0).max(MOST_BLOCKS)).max(MOST_BLOCKS).optional(),
  firstAdds: z.boolean().optional(),
});

/** The stride of each stage. The networks with six stages have the first six. */
export const STRIDES = [1, 2, 2, 2, 1, 2, 1] as const;
