/** VGG (https://arxiv.org/abs/1409.1556) as `torchvision/models/vgg.py` has it, with and without batch norms. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, numbered, type Proposal } from './family.js';
import { channels, perBlock, perStage } from './limits.js';
import type { Shapes, Spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('vgg'),
  /** Output channels of the convolutions of each group. A 2×2 max pooling follows each group. */
  groups: perStage(perBlock(channels)),
  batchNorm: z.boolean(),
  /** Side of the map that the average pooling before the head gives. */
  pooled: z.number().int().min(1).max(64),
});
type VggBody = z.infer<typeof schema>;

/** Side of the map before torchvision's head. */
const USUAL_POOLED = 7;

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
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: numbered(4096, 'relu', 'dropout', 4096, 'relu', 'dropout', 'linear'),
    before: 'avgpool',
  },
  network: vgg,
  features: ({ groups, pooled }) => groups.at(-1)!.at(-1)! * pooled ** 2,
  essence: ({ pooled: _pooled, ...rest }) => rest,
  spellings: [SEQUENTIAL],
  propose,
  refine: withPooledSize,
});

function vgg(body: VggBody, head: Layer): Layer {
  return (m, image) => {
    const x = m.run('avgpool', nn.adaptiveAvgPool2d(body.pooled), m.run('features', features(body), image));
    return m.run('classifier', head, nn.flatten(m, x));
  };
}

function features({ groups, batchNorm }: VggBody): Layer {
  const layers = groups.map((group) => [
    ...group.flatMap((channels) => {
      const convolution = nn.conv2d(channels, 3, { padding: 1 });
      return batchNorm ? [convolution, nn.batchNorm2d(), nn.relu] : [convolution, nn.relu];
    }),
    nn.maxPool2d(2, { stride: 2 }),
  ]);
  return nn.sequential(...layers.flat());
}

/** Fewer groups are the first layers of another network. */
const LEAST_GROUPS = 2;

/** Positions in the Sequential show Conv-ReLU or Conv-BatchNorm-ReLU; one more free position is a max pooling. */
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
function withPooledSize(body: VggBody, rest: readonly (readonly number[])[]) {
  const channels = body.groups.at(-1)!.at(-1)!;
  const sides = rest
    .map((shape) => (shape.length === 2 ? Math.sqrt(shape[1]! / channels) : 0))
    .filter((side) => Number.isInteger(side) && side > 0);
  const pooled = sides.includes(body.pooled) ? body.pooled : (sides[0] ?? body.pooled);
  if (pooled === body.pooled) return null;
  return { body: { ...body, pooled }, assumed: [`the last map is averaged to ${pooled}×${pooled} before the head`] };
}
