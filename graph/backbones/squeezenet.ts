/**
 * SqueezeNet 1.0 and 1.1 (https://arxiv.org/abs/1602.07360) as torchvision has them. The head is a convolution whose
 * output is averaged, so the embedding is beside it: `global_pool`, the mean of the last map.
 */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Proposal, type Setting } from './family.js';
import { channels, kernel } from './limits.js';
import { GLOBAL_POOL, globalPool } from './shared-layers.js';
import { type Shapes, spelling } from './spelling.js';

/** Channels of a fire module: of the squeezing convolution, and of the two that expand. */
type Fire = [number, number, number];

const FIRES = 8;

const schema = z.object({
  family: z.literal('squeezenet'),
  /** The first convolution's channels and side. */
  stem: channels,
  kernel,
  fires: z.array(z.tuple([channels, channels, channels])).length(FIRES),
});
type SqueezeNetBody = z.infer<typeof schema>;

/** How many fire modules stand before each max pooling after the first, by the side of the first filter. */
const BEFORE_POOLING: Readonly<Record<number, readonly number[]>> = { 7: [3, 4], 3: [2, 2] };

const TORCHVISION = spelling('torchvision', /^(.*\.|)\d+\.squeeze\.weight$/, [
  [/^(\d+\.(?:(?:squeeze|expand1x1|expand3x3)\.)?(?:weight|bias))$/, 'features.$1'],
]);

export const squeezenets = defineFamily<SqueezeNetBody>({
  name: 'squeezenet',
  title: 'a SqueezeNet',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: [{ name: '1', layer: 'linear' }],
    before: GLOBAL_POOL,
    ofMaps: (classes) => nn.sequential(nn.dropout, nn.conv2d(classes, 1), nn.relu, nn.adaptiveAvgPool2d(1)),
  },
  tap: GLOBAL_POOL,
  network: squeezenet,
  features: ({ fires }) => expanded(fires.at(-1)!),
  spellings: [TORCHVISION],
  propose,
});

function squeezenet(body: SqueezeNetBody, head: Layer, { ownHead }: Setting): Layer {
  return (m, image) => {
    const map = m.run('features', features(body), image);
    const pooled = globalPool(m, map);
    return ownHead ? nn.flatten(m, m.run('classifier', head, map)) : m.run('classifier', head, pooled);
  };
}

function features({ stem, kernel, fires }: SqueezeNetBody): Layer {
  const pool = nn.maxPool2d(3, { stride: 2, ceilMode: true });
  const [second = 0, third = 0] = BEFORE_POOLING[kernel] ?? [];
  return nn.sequential(
    ...[nn.conv2d(stem, kernel, { stride: 2 }), nn.relu, pool],
    ...[...fires.slice(0, second).map(fire), pool],
    ...[...fires.slice(second, second + third).map(fire), pool],
    ...fires.slice(second + third).map(fire),
  );
}

function fire([squeeze, ones, threes]: Fire): Layer {
  return (m, x) => {
    const squeezed = m.run('squeeze_activation', nn.relu, m.run('squeeze', nn.conv2d(squeeze, 1), x));
    const one = m.run('expand1x1_activation', nn.relu, m.run('expand1x1', nn.conv2d(ones, 1), squeezed));
    const three = m.run(
      'expand3x3_activation',
      nn.relu,
      m.run('expand3x3', nn.conv2d(threes, 3, { padding: 1 }), squeezed),
    );
    return nn.concatChannels(m, [one, three]);
  };
}

function expanded([, ones, threes]: Fire): number {
  return ones + threes;
}

function propose(shapes: Shapes): Proposal<SqueezeNetBody>[] {
  const first = shapes.get('features.0.weight');
  const positions = [...shapes.keys()].map((name) => /^features\.(\d+)\.squeeze\.weight$/.exec(name)?.[1]);
  const fires = positions
    .filter((position) => position !== undefined)
    .sort((a, b) => Number(a) - Number(b))
    .map((position): Fire => {
      const [squeeze = 0, ones = 0, threes = 0] = ['squeeze', 'expand1x1', 'expand3x3'].map((part) => {
        return shapes.get(`features.${position}.${part}.weight`)?.[0] ?? 0;
      });
      return [squeeze, ones, threes];
    });
  const [stem = 0, inputs = 0, side = 0] = first ?? [];
  if (BEFORE_POOLING[side] === undefined || fires.length !== FIRES || fires.flat().includes(0)) return [];
  return [{ body: { family: 'squeezenet', stem, kernel: side, fires }, channels: inputs, assumed: [] }];
}
