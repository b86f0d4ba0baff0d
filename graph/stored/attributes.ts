/** What a stored graph's attributes may be; they come from outside. Operations without a line are not stored. */
import * as z from 'zod';
import type { ComputedNode } from '../graph.js';
import { POINTWISE_FUNCTIONS } from '../operations/pointwise.js';
import { REDUCTIONS } from '../operations/reduce.js';
import { RESIZE_COORDINATES, RESIZE_MODES, RESIZE_ROUNDINGS } from '../operations/resize.js';

type Attributes<Name extends ComputedNode['op']> = Extract<ComputedNode, { op: Name; attrs: unknown }>['attrs'];
type Schemas = { [Name in ComputedNode['op']]?: Attributes<Name> extends never ? null : z.ZodType<Attributes<Name>> };

/** As large as a tensor of the weights format may be. */
const MAX_SIZE = 2 ** 31;
/** As for tensors. */
const MAX_RANK = 8;

const size = z.number().int().min(1).max(MAX_SIZE);
const shape = z.array(size).max(MAX_RANK);
const pair = z.tuple([size, size]);
const pixels = z.number().int().min(0).max(MAX_SIZE);
const span = z.tuple([z.number(), z.number()]);
const padding = z.tuple([pixels, pixels, pixels, pixels]);
const axis = z.number().int().min(1).max(MAX_RANK);
const index = z.number().int().min(0).max(MAX_SIZE);
/** A list of positions is as long as an axis. */
const MAX_INDICES = 100_000;
const eps = z.number().min(0);
const pool = { kernel: pair, stride: pair, padding, ceilMode: z.boolean() };

const convolution = {
  inChannels: size,
  outChannels: size,
  kernel: pair,
  stride: pair,
  padding,
  dilation: pair,
  groups: size,
  bias: z.boolean(),
};
const GROUPS = 'channels that are not a multiple of the groups';

function fitsGroups({ inChannels, outChannels, groups }: { inChannels: number; outChannels: number; groups: number }) {
  return inChannels % groups === 0 && outChannels % groups === 0;
}

/** Null for operations that have no attributes. */
export const ATTRIBUTES = {
  adaptiveAvgPool2d: z.strictObject({ output: pair }),
  adaptiveMaxPool2d: z.strictObject({ output: pair }),
  add: z.strictObject({}),
  attention: z.strictObject({
    scale: z.number().exactOptional(),
    softcap: z.number().positive().exactOptional(),
    causal: z.boolean().exactOptional(),
  }),
  avgPool2d: z.strictObject({ ...pool, countIncludePad: z.boolean() }),
  batchNorm2d: z.strictObject({ channels: size, eps }),
  concat: z.strictObject({ axis }),
  conv2d: z.strictObject(convolution).refine(fitsGroups, { message: GROUPS }),
  convTranspose2d: z
    .strictObject({ ...convolution, outputPadding: z.tuple([pixels, pixels]) })
    .refine(fitsGroups, { message: GROUPS }),
  div: null,
  expand: z.strictObject({ shape }),
  flatten: null,
  gather: z.strictObject({ axis, indices: z.array(index).min(1).max(MAX_INDICES) }),
  gate: null,
  groupNorm: z
    .strictObject({ groups: size, channels: size, eps, affine: z.boolean() })
    .refine(({ groups, channels }) => channels % groups === 0, { message: GROUPS }),
  identity: null,
  layerNorm: z.strictObject({ shape: shape.min(1), eps, weight: z.boolean(), bias: z.boolean() }),
  linear: z.strictObject({ inFeatures: size, outFeatures: size, bias: z.boolean() }),
  localResponseNorm: z.strictObject({ size, alpha: z.number(), beta: z.number(), k: z.number() }),
  maxPool2d: z.strictObject({ ...pool, dilation: pair.exactOptional() }),
  matmul: null,
  maximum: null,
  minimum: null,
  mul: null,
  normalize: z.strictObject({ axis, eps }),
  onnxFile: z.strictObject({ shape }),
  pad: z.strictObject({
    padding: z.array(z.tuple([pixels, pixels])).max(MAX_RANK),
    mode: z.enum(['constant', 'reflect', 'replicate']),
    value: z.number(),
  }),
  parameter: z.strictObject({ shape, stored: shape.exactOptional() }),
  permute: z
    .strictObject({ axes: z.array(axis).max(MAX_RANK) })
    .refine(({ axes }) => new Set(axes).size === axes.length && axes.every((each) => each <= axes.length), {
      message: 'not an order of all axes',
    }),
  pixelShuffle: z.strictObject({ factor: size }),
  pointwise: z.strictObject({
    function: z.enum(POINTWISE_FUNCTIONS),
    alpha: z.number().exactOptional(),
    beta: z.number().exactOptional(),
    exponent: z.number().exactOptional(),
    min: z.number().exactOptional(),
    max: z.number().exactOptional(),
  }),
  pow: null,
  prelu: z.strictObject({ slopes: size }),
  reduce: z.strictObject({
    function: z.enum(REDUCTIONS),
    axes: z.array(axis).min(1).max(MAX_RANK),
    keepDims: z.boolean(),
  }),
  relu: null,
  relu6: null,
  reshape: z.strictObject({ shape: z.array(z.union([size, z.literal(-1)])).max(MAX_RANK) }),
  resize: z
    .strictObject({
      size: pair.exactOptional(),
      scale: z.tuple([z.number().positive(), z.number().positive()]).exactOptional(),
      mode: z.enum(RESIZE_MODES),
      coordinates: z.enum(RESIZE_COORDINATES),
      rounding: z.enum(RESIZE_ROUNDINGS).exactOptional(),
      cubic: z.number().exactOptional(),
      excludeOutside: z.boolean().exactOptional(),
      antialias: z.boolean().exactOptional(),
      region: z.tuple([span, span]).exactOptional(),
    })
    .refine(({ size, scale }) => (size === undefined) !== (scale === undefined), { message: 'a size or a scale' }),
  select: z.strictObject({ axis, index }),
  slice: z.strictObject({ axis, start: index, end: index.nullable(), step: size }),
  softmax: z.strictObject({ axis }),
  sub: null,
} as const satisfies Schemas;

export const IMAGE_ATTRIBUTES = z.strictObject({
  channels: z.number().int().min(1).max(MAX_SIZE).exactOptional(),
  size: pair.exactOptional(),
});
