/**
 * SqueezeNet 1.0 and 1.1 (Iandola et al., https://arxiv.org/abs/1602.07360) as torchvision lays them out
 * (`torchvision/models/squeezenet.py`), of any width. Its own head is a convolution whose output is averaged, so the
 * embedding stands beside it: `global_pool`, the mean of the last map.
 */
import { z } from 'zod';
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { concatChannels } from '../operations/concat.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { dropout } from '../operations/identity.js';
import { type Layer, sequential } from '../operations/layer.js';
import { maxPool2d } from '../operations/pooling.js';
import { imagenetPreprocessing } from './backbone.js';
import { GLOBAL_POOL, globalPool } from './conv-norm.js';
import { defineFamily, type Proposal, type Setting, type Shapes, type Spelling } from './family.js';
import { channels, kernel } from './limits.js';

/** Channels of a fire module: of the squeezing convolution, and of the two that expand. */
type Fire = [number, number, number];

interface SqueezeNetBody {
  family: 'squeezenet';
  /** The first convolution's channels and side. */
  stem: number;
  kernel: number;
  fires: Fire[];
}

const FIRES = 8;

const schema: z.ZodType<SqueezeNetBody> = z.object({
  family: z.literal('squeezenet'),
  stem: channels,
  kernel,
  fires: z.array(z.tuple([channels, channels, channels])).length(FIRES),
});

/** How many fire modules stand before each max pooling after the first, by the side of the first filter. */
const BEFORE_POOLING: Readonly<Record<number, readonly number[]>> = { 7: [3, 4], 3: [2, 2] };

const usualFires: Fire[] = [16, 16, 32, 32, 48, 48, 64, 64].map((squeeze) => [squeeze, 4 * squeeze, 4 * squeeze]);

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)\d+\.squeeze\.weight$/,
  rename: (name) => (/^\d+\.((squeeze|expand1x1|expand3x3)\.)?(weight|bias)$/.test(name) ? `features.${name}` : null),
};

export const squeezenets = defineFamily<SqueezeNetBody>({
  name: 'squeezenet',
  title: 'a SqueezeNet',
  schema,
  variants: {
    squeezenet1_0: { family: 'squeezenet', stem: 96, kernel: 7, fires: usualFires },
    squeezenet1_1: { family: 'squeezenet', stem: 64, kernel: 3, fires: usualFires },
  },
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: [{ name: '1', layer: 'linear' }],
    before: GLOBAL_POOL,
    ofMaps: (classes) => sequential(dropout, conv2d(classes, 1), relu, adaptiveAvgPool2d(1)),
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
    return ownHead ? flatten(m, m.run('classifier', head, map)) : m.run('classifier', head, pooled);
  };
}

function features({ stem, kernel, fires }: SqueezeNetBody): Layer {
  const pool = maxPool2d(3, { stride: 2, ceilMode: true });
  const [second = 0, third = 0] = BEFORE_POOLING[kernel] ?? [];
  return sequential(
    ...[conv2d(stem, kernel, { stride: 2 }), relu, pool],
    ...[...fires.slice(0, second).map(fire), pool],
    ...[...fires.slice(second, second + third).map(fire), pool],
    ...fires.slice(second + third).map(fire),
  );
}

function fire([squeeze, ones, threes]: Fire): Layer {
  return (m, x) => {
    const squeezed = m.run('squeeze_activation', relu, m.run('squeeze', conv2d(squeeze, 1), x));
    const one = m.run('expand1x1_activation', relu, m.run('expand1x1', conv2d(ones, 1), squeezed));
    const three = m.run('expand3x3_activation', relu, m.run('expand3x3', conv2d(threes, 3, { padding: 1 }), squeezed));
    return concatChannels(m, [one, three]);
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
