/**
 * How a network differs from torchvision's network of the same name: its body, and the layers of its head. It is stored in
 * `model.json`, and left out where nothing differs.
 */
import { z } from 'zod';

/** Far more than any convolutional network has. */
const MAX_CHANNELS = 65_536;
const MAX_STAGES = 8;
const MAX_BLOCKS = 200;
const MAX_KERNEL = 31;
const MAX_HEAD_LAYERS = 64;

const channels = z.number().int().min(1).max(MAX_CHANNELS);

/** The first convolution of a ResNet, or the first three, and whether a 3×3 max pooling of stride 2 follows. */
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
}

export interface VggBody {
  family: 'vgg';
  /** Output channels of the convolutions of each group. A 2×2 max pooling follows each group. */
  groups: number[][];
  batchNorm: boolean;
  /** Side of the map that the average pooling before the head gives. */
  pooled: number;
}

export interface MobileNetV2Body {
  family: 'mobilenet_v2';
  /** Output channels: of the first convolution, of the seven stages, of the last convolution. */
  channels: number[];
  /** Stride of the first convolution. */
  stride: number;
}

/** The layers before the head. */
export type Body = ResNetBody | VggBody | MobileNetV2Body;

/** Layers of a head that have no tensors. */
export const ACTIVATIONS = [
  'relu',
  'relu6',
  'leaky_relu',
  'elu',
  'gelu',
  'silu',
  'hardswish',
  'tanh',
  'sigmoid',
] as const;

export type HeadActivation = (typeof ACTIVATIONS)[number];

/** A layer of a head. */
export interface HeadLayer {
  /**
   * Its path inside the head, e.g. its position in a Sequential; empty for a layer that is the whole head; null for an
   * activation that is no module of its own.
   */
  name: string | null;
  layer: 'linear' | 'batch_norm' | 'dropout' | HeadActivation;
  /** Output features of a `linear`. */
  outputs?: number | undefined;
  /** Whether a `linear` has a bias; default: it has. */
  bias?: boolean | undefined;
}

const stride = z.number().int().min(1).max(2);

export const bodySchema = z.discriminatedUnion('family', [
  z.object({
    family: z.literal('resnet'),
    block: z.enum(['basic', 'bottleneck']),
    blocks: z.array(z.number().int().min(1).max(MAX_BLOCKS)).min(1).max(MAX_STAGES),
    channels: z.array(channels).min(1).max(MAX_STAGES),
    widths: z.array(channels).min(1).max(MAX_STAGES),
    groups: channels,
    stem: z.object({
      channels: z.array(channels).min(1).max(3),
      kernel: z.number().int().min(1).max(MAX_KERNEL),
      stride,
      maxPool: z.boolean(),
    }),
    shortcut: z.enum(['convolution', 'average']),
  }),
  z.object({
    family: z.literal('vgg'),
    groups: z.array(z.array(channels).min(1).max(MAX_BLOCKS)).min(1).max(MAX_STAGES),
    batchNorm: z.boolean(),
    pooled: z.number().int().min(1).max(64),
  }),
  z.object({ family: z.literal('mobilenet_v2'), channels: z.array(channels).length(9), stride }),
]) satisfies z.ZodType<Body>;

export const headLayerSchema = z.object({
  name: z.string().max(256).nullable(),
  layer: z.enum(['linear', 'batch_norm', 'dropout', ...ACTIVATIONS]),
  outputs: z.number().int().min(1).max(1_000_000).optional(),
  bias: z.boolean().optional(),
}) satisfies z.ZodType<HeadLayer>;

export const headLayersSchema = z.array(headLayerSchema).max(MAX_HEAD_LAYERS);
