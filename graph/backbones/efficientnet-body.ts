/** The body of an EfficientNet as data. */
import { z } from 'zod';
import { channels, perBlock, perStage, stride } from './limits.js';
import { type MbBlock, type MbPadding, mbBlockSchema } from './mbconv.js';

export interface EfficientNetBody {
  family: 'efficientnet';
  /** Output channels of the first convolution. */
  stem: number;
  stages: { stride: number; blocks: MbBlock[] }[];
  /** Output channels of the last convolution. */
  last: number;
  activation: 'silu' | 'relu6';
  /** ε of the batch norms. */
  eps: number;
  padding: MbPadding;
}

export const schema: z.ZodType<EfficientNetBody> = z.object({
  family: z.literal('efficientnet'),
  stem: channels,
  stages: perStage(z.object({ stride, blocks: perBlock(mbBlockSchema) })),
  last: channels,
  activation: z.enum(['silu', 'relu6']),
  eps: z.number().positive().max(1),
  padding: z.enum(['symmetric', 'same']),
});

/** The stride of each stage. The networks with six stages have the first six. */
export const STRIDES = [1, 2, 2, 2, 1, 2, 1] as const;
