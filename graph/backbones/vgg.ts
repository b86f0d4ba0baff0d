/**
 * VGG (Simonyan and Zisserman, https://arxiv.org/abs/1409.1556) as torchvision lays it out
 * (`torchvision/models/vgg.py`), with and without batch normalisation.
 */
import { z } from 'zod';
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { type Layer, sequential } from '../operations/layer.js';
import { maxPool2d } from '../operations/pooling.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type OwnHead, type Proposal, type Shapes, type Spelling } from './family.js';
import { channels, perBlock, perStage } from './limits.js';

interface VggBody {
  family: 'vgg';
  /** Output channels of the convolutions of each group. A 2×2 max pooling follows each group. */
  groups: number[][];
  batchNorm: boolean;
  /** Side of the map that the average pooling before the head gives. */
  pooled: number;
}

const schema: z.ZodType<VggBody> = z.object({
  family: z.literal('vgg'),
  groups: perStage(perBlock(channels)),
  batchNorm: z.boolean(),
  pooled: z.number().int().min(1).max(64),
});

/** Convolutions in each of the five groups, all followed by a 2×2 max pooling. */
type Depths = readonly [number, number, number, number, number];

const CHANNELS = [64, 128, 256, 512, 512];

/** The paper's configurations A, B, D and E. */
const depths: Readonly<Record<string, Depths>> = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
};

/** Side of the map before torchvision's head. */
const USUAL_POOLED = 7;

const variants = Object.entries(depths).flatMap(([name, convolutions]) => {
  const groups = convolutions.map((count, group) => new Array<number>(count).fill(CHANNELS[group]!));
  const body = (batchNorm: boolean): VggBody => ({ family: 'vgg', groups, batchNorm, pooled: USUAL_POOLED });
  return [
    [name, body(false)],
    [`${name}_bn`, body(true)],
  ] as const;
});

const head: OwnHead = {
  module: 'classifier',
  layers: [
    { name: '0', layer: 'linear', outputs: 4096 },
    { name: '1', layer: 'relu' },
    { name: '2', layer: 'dropout' },
    { name: '3', layer: 'linear', outputs: 4096 },
    { name: '4', layer: 'relu' },
    { name: '5', layer: 'dropout' },
    { name: '6', layer: 'linear' },
  ],
  before: 'avgpool',
};

/** A Sequential of 3×3 convolutions, under any name: `features` in torchvision and timm. */
const SEQUENTIAL: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)0\.weight$/,
  rename(name, { prefix, shapes }) {
    const [, position] = /^(\d{1,3})\.\w+$/.exec(name) ?? [];
    if (position === undefined) return null;
    // Linear layers in the same Sequential belong to the head.
    return (shapes.get(`${prefix}${position}.weight`)?.length ?? 0) === 2 ? null : `features.${name}`;
  },
};

export const vggs = defineFamily<VggBody>({
  name: 'vgg',
  title: 'a VGG',
  schema,
  variants: Object.fromEntries(variants),
  preprocessing: () => imagenetPreprocessing,
  head,
  network: vgg,
  features: ({ groups, pooled }) => groups.at(-1)!.at(-1)! * pooled ** 2,
  essence: ({ pooled: _pooled, ...rest }) => rest,
  spellings: [SEQUENTIAL],
  propose,
  refine: withPooledSize,
});

/** @param head the layers of `classifier`; they take the flattened map */
function vgg(body: VggBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('features', features(body), image);
    x = m.run('avgpool', adaptiveAvgPool2d(body.pooled), x);
    x = flatten(m, x);
    return m.run('classifier', head, x);
  };
}

function features({ groups, batchNorm }: VggBody): Layer {
  const layers = groups.map((group) => [
    ...group.flatMap((channels) => {
      const convolution = conv2d(channels, 3, { padding: 1 });
      return batchNorm ? [convolution, batchNorm2d(), relu] : [convolution, relu];
    }),
    maxPool2d(2, { stride: 2 }),
  ]);
  return sequential(...layers.flat());
}

/** Fewer groups are the first layers of another network. */
const LEAST_GROUPS = 2;

/**
 * The positions in the Sequential show what stands between the convolutions: Conv-ReLU or Conv-BatchNorm-ReLU, and a
 * max pooling where one more position is left free.
 */
function propose(shapes: Shapes): Proposal<VggBody>[] {
  const positions = [...shapes.keys()]
    .map((name) => /^features\.(\d+)\.weight$/.exec(name)?.[1])
    .filter((position) => position !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const convolutions = positions.filter((position) => shapes.get(`features.${position}.weight`)!.length === 4);
  const batchNorm = shapes.has('features.1.running_mean');
  const unit = batchNorm ? 3 : 2;
  const groups: number[][] = [[]];
  for (const [i, position] of convolutions.entries()) {
    const gap = i === 0 ? unit : position - convolutions[i - 1]!;
    if (gap !== unit && gap !== unit + 1) return [];
    if (gap === unit + 1) groups.push([]);
    groups.at(-1)!.push(shapes.get(`features.${position}.weight`)![0]!);
  }
  const first = shapes.get('features.0.weight');
  if (groups.length < LEAST_GROUPS || first?.[2] !== 3) return [];
  const body: VggBody = { family: 'vgg', groups, batchNorm, pooled: USUAL_POOLED };
  return [{ body, channels: first[1]!, assumed: [] }];
}

/** The side of the last map shows in the first layer of the head: 7 in torchvision, 1 in networks for small images. */
function withPooledSize(
  body: VggBody,
  rest: readonly (readonly number[])[],
): { body: VggBody; assumed: string[] } | null {
  const channels = body.groups.at(-1)!.at(-1)!;
  const sides = rest
    .map((shape) => (shape.length === 2 ? Math.sqrt(shape[1]! / channels) : 0))
    .filter((side) => Number.isInteger(side) && side > 0);
  const pooled = sides.includes(body.pooled) ? body.pooled : (sides[0] ?? body.pooled);
  if (pooled === body.pooled) return null;
  return { body: { ...body, pooled }, assumed: [`the last map is averaged to ${pooled}×${pooled} before the head`] };
}
