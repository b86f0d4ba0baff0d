/** RepVGG (https://arxiv.org/abs/2101.03697) as timm's `byobnet.py`: three branches a block, or one convolution. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, LINEAR, type Proposal } from './family.js';
import { channels, channelsOrNone, perBlock, perStage } from './limits.js';
import { GATED, GLOBAL_POOL, globalPool, squeezeExcitation } from './shared-layers.js';
import { type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('repvgg'),
  stem: z.object({ width: channels, squeeze: channelsOrNone }),
  stages: perStage(
    z.object({
      width: channels,
      /** Groups of the convolutions, one number a block. */
      groups: perBlock(channels),
      /** Channels of the squeeze-and-excitations; 0: none. */
      squeeze: channelsOrNone,
    }),
  ),
  /** Whether each block is one convolution. */
  merged: z.boolean(),
});
type RepVggBody = z.infer<typeof schema>;
type RepVggStage = RepVggBody['stages'][number];

export const repvggs = defineFamily<RepVggBody>({
  name: 'repvgg',
  title: 'a RepVGG',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'fc', layers: LINEAR, before: GLOBAL_POOL },
  network: repvgg,
  features: ({ stages }) => stages.at(-1)!.width,
  spellings: [
    spelling('timm', /^(.*\.|)stem\.(?:conv_kxk\.conv|reparam_conv)\.weight$/, [[/^(stem|stages)\./, '$1.']]),
  ],
  propose,
});

function repvgg({ stem, stages, merged }: RepVggBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('stem', block({ ...stem, groups: 1, stride: 2, merged }), image);
    x = m.run('stages', (all, map) => stages.reduce((y, each, i) => all.run(`${i}`, stage(each, merged), y), map), x);
    return m.run('fc', head, globalPool(m, x));
  };
}

/** Each stage halves the map in its first block. */
function stage({ width, groups, squeeze }: RepVggStage, merged: boolean): Layer {
  return (m, x) =>
    groups.reduce((value, count, i) => {
      const stride = i === 0 ? 2 : 1;
      return m.run(`${i}`, block({ width, groups: count, squeeze, stride, merged }), value);
    }, x);
}

interface Block {
  width: number;
  groups: number;
  squeeze: number;
  stride: number;
  merged: boolean;
}

function block({ squeeze, merged, ...convolution }: Block): Layer {
  return (m, x) => {
    let y = merged ? m.run('reparam_conv', one(convolution), x) : branches(convolution)(m, x);
    if (squeeze > 0) y = m.run('attn', squeezeExcitation(squeeze, GATED), y);
    return m.run('act', nn.relu, y);
  };
}

type Convolution = Pick<Block, 'width' | 'groups' | 'stride'>;

function one({ width, groups, stride }: Convolution): Layer {
  return nn.conv2d(width, 3, { stride, padding: 1, groups });
}

/** Where the map stays as large as it is, the value itself is a branch, with a batch norm of its own. */
function branches({ width, groups, stride }: Convolution): Layer {
  return (m, x) => {
    const pointed = m.run('conv_1x1', normed(width, 1, { stride, groups }), x);
    const sum = nn.add(m, pointed, m.run('conv_kxk', normed(width, 3, { stride, groups, padding: 1 }), x));
    return stride === 1 && x.channels === width ? nn.add(m, sum, m.run('identity', nn.batchNorm2d(), x)) : sum;
  };
}

/** timm's `ConvNormAct` without an activation. */
function normed(width: number, kernel: number, options: { stride: number; groups: number; padding?: number }): Layer {
  return (m, x) =>
    m.run('bn', nn.batchNorm2d(), m.run('conv', nn.conv2d(width, kernel, { ...options, bias: false }), x));
}

function propose(shapes: Shapes): Proposal<RepVggBody>[] {
  const merged = shapes.has('stem.reparam_conv.weight');
  const filters = (path: string) => shapes.get(`${path}.${merged ? 'reparam_conv' : 'conv_kxk.conv'}.weight`) ?? [];
  const squeezeOf = (path: string) => shapes.get(`${path}.attn.fc1.weight`)?.[0] ?? 0;
  const [width = 0, inputs = 0] = filters('stem');
  const stem = { width, squeeze: squeezeOf('stem') };
  const stages: RepVggStage[] = [];
  for (let before = width; filters(`stages.${stages.length}.0`).length > 0; before = stages.at(-1)!.width) {
    const path = `stages.${stages.length}`;
    const [own = 0] = filters(`${path}.0`);
    const groups: number[] = [];
    for (let [, group] = filters(`${path}.0`); group !== undefined; [, group] = filters(`${path}.${groups.length}`)) {
      groups.push((groups.length === 0 ? before : own) / group);
    }
    stages.push({ width: own, groups, squeeze: squeezeOf(`${path}.0`) });
  }
  const isWhole = stages.length > 0 && stages.every(({ groups }) => groups.every(Number.isInteger));
  if (inputs === 0 || !isWhole) return [];
  return [{ body: { family: 'repvgg', stem, stages, merged }, channels: inputs, assumed: [] }];
}
