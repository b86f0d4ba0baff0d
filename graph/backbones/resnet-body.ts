/** The body of a ResNet as data. */
import { z } from 'zod';
import { blocks, channels, kernel, perStage, stride } from './limits.js';

/** The first convolution, or the first three, and whether a 3×3 max pooling of stride 2 follows. */
export interface ResNetStem {
  /** Output channels of each convolution: one, or three in a deep stem. */
  channels: number[];
  /** Side of the first convolution's filter, pixels. */
  kernel: number;
  /** Stride of the first convolution. */
  stride: number;
  maxPool: boolean;
}

export interface ResNetBody {
  family: 'resnet';
  block: 'basic' | 'bottleneck';
  /** Blocks of each stage, layer1 first. */
  blocks: number[];
  /** Output channels of each stage. */
  channels: number[];
  /** Channels inside the blocks of each stage. */
  widths: number[];
  /** Groups of a bottleneck's 3×3 convolution. */
  groups: number;
  stem: ResNetStem;
  /** What a shortcut that changes the size has: a 1×1 convolution, or an average pooling before it ("ResNet-D"). */
  shortcut: 'convolution' | 'average';
  /** Channels of the squeeze-and-excitation in the blocks of each stage; left out: none. */
  squeeze?: number[] | undefined;
}

export const schema: z.ZodType<ResNetBody> = z.object({
  family: z.literal('resnet'),
  block: z.enum(['basic', 'bottleneck']),
  blocks: perStage(blocks),
  channels: perStage(channels),
  widths: perStage(channels),
  groups: channels,
  stem: z.object({ channels: z.array(channels).min(1).max(3), kernel, stride, maxPool: z.boolean() }),
  shortcut: z.enum(['convolution', 'average']),
  squeeze: perStage(channels).optional(),
});
