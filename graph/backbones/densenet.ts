/**
 * DenseNet-BC (Huang et al., https://arxiv.org/abs/1608.06993) as torchvision and timm lay it out
 * (`torchvision/models/densenet.py`), of any depth and growth.
 */
import { z } from 'zod';
import { relu, reluOperation } from '../operations/activation.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { concatChannels } from '../operations/concat.js';
import { conv2d } from '../operations/convolution.js';
import type { Layer, Value } from '../operations/layer.js';
import { avgPool2d, maxPool2d } from '../operations/pooling.js';
import { imagenetPreprocessing } from './backbone.js';
import { GLOBAL_POOL, globalPool } from './conv-norm.js';
import { defineFamily, type Hints, type Proposal, type Shapes, type Spelling } from './family.js';
import { blocks, channels, kernel, perStage, stride } from './limits.js';

interface DenseNetBody {
  family: 'densenet';
  /** Channels that each layer adds. */
  growth: number;
  /** Channels inside a layer, between its two convolutions. */
  inside: number;
  /** Layers of each block. */
  layers: number[];
  /** Output channels of the transitions between the blocks. */
  transitions: number[];
  stem: { channels: number; kernel: number; stride: number; maxPool: boolean };
}

const schema: z.ZodType<DenseNetBody> = z.object({
  family: z.literal('densenet'),
  growth: channels,
  inside: channels,
  layers: perStage(blocks),
  transitions: z.array(channels).max(8),
  stem: z.object({ channels, kernel, stride, maxPool: z.boolean() }),
});

function variant(growth: number, stem: number, layers: number[]): DenseNetBody {
  const transitions: number[] = [];
  let width = stem;
  for (const count of layers.slice(0, -1)) {
    width = Math.floor((width + count * growth) / 2);
    transitions.push(width);
  }
  const imagenet = { channels: stem, kernel: 7, stride: 2, maxPool: true };
  return { family: 'densenet', growth, inside: 4 * growth, layers, transitions, stem: imagenet };
}

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)denseblock1\.denselayer1\.norm\.?1\.weight$/,
  // The weights of 2017 have `norm.1` for `norm1`.
  rename(name) {
    if (!/^(conv0|norm0|norm5|denseblock\d+|transition\d+)\./.test(name)) return null;
    return `features.${name.replace(/(denselayer\d+\.(?:norm|conv))\.([12])\./, '$1$2.')}`;
  },
};

export const densenets = defineFamily<DenseNetBody>({
  name: 'densenet',
  title: 'a DenseNet',
  schema,
  variants: {
    densenet121: variant(32, 64, [6, 12, 24, 16]),
    densenet169: variant(32, 64, [6, 12, 32, 32]),
    densenet201: variant(32, 64, [6, 12, 48, 32]),
    densenet161: variant(48, 96, [6, 12, 36, 24]),
  },
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'classifier', layers: [{ name: '', layer: 'linear' }], before: GLOBAL_POOL },
  network: densenet,
  features: ({ layers, growth, transitions, stem }) => {
    return (transitions.at(-1) ?? stem.channels) + growth * layers.at(-1)!;
  },
  essence: ({ stem: _stem, ...rest }) => rest,
  spellings: [TORCHVISION],
  propose,
});

/** @param head the layers of `classifier`; they take the features */
function densenet(body: DenseNetBody, head: Layer): Layer {
  return (m, image) => {
    const map = m.run('features', features(body), image);
    const active = m.functional('relu', reluOperation, null, [map], { spatial: map.spatial });
    return m.run('classifier', head, globalPool(m, active));
  };
}

function features({ stem, layers, growth, inside, transitions }: DenseNetBody): Layer {
  return (m, image) => {
    const { kernel, stride } = stem;
    const first = conv2d(stem.channels, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
    let x = m.run('relu0', relu, m.run('norm0', batchNorm2d(), m.run('conv0', first, image)));
    if (stem.maxPool) x = m.run('pool0', maxPool2d(3, { stride: 2, padding: 1 }), x);
    for (const [i, count] of layers.entries()) {
      x = m.run(`denseblock${i + 1}`, denseBlock(count, growth, inside), x);
      const next = transitions[i];
      if (next !== undefined && i < layers.length - 1) x = m.run(`transition${i + 1}`, transition(next), x);
    }
    return m.run('norm5', batchNorm2d(), x);
  };
}

/** Each layer takes the block's input and the outputs of all layers before it. */
function denseBlock(count: number, growth: number, inside: number): Layer {
  return (m, x) => {
    const all: Value[] = [x];
    for (let i = 1; i <= count; i++) all.push(m.run(`denselayer${i}`, denseLayer(all, growth, inside), x));
    return concatChannels(m, all);
  };
}

function denseLayer(before: readonly Value[], growth: number, inside: number): Layer {
  const inputs = [...before];
  return (m, first) => {
    let x = inputs.length === 1 ? first : concatChannels(m, inputs);
    x = m.run('conv1', conv2d(inside, 1, { bias: false }), m.run('relu1', relu, m.run('norm1', batchNorm2d(), x)));
    x = m.run('relu2', relu, m.run('norm2', batchNorm2d(), x));
    return m.run('conv2', conv2d(growth, 3, { padding: 1, bias: false }), x);
  };
}

function transition(channels: number): Layer {
  const layers = {
    norm: batchNorm2d(),
    relu,
    conv: conv2d(channels, 1, { bias: false }),
    pool: avgPool2d(2, { stride: 2 }),
  };
  return (m, x) => Object.entries(layers).reduce((value, [name, layer]) => m.run(name, layer, value), x);
}

function propose(shapes: Shapes, { stem: said }: Hints): Proposal<DenseNetBody>[] {
  const first = shapes.get('features.conv0.weight');
  const inside = shapes.get('features.denseblock1.denselayer1.conv1.weight')?.[0];
  const growth = shapes.get('features.denseblock1.denselayer1.conv2.weight')?.[0];
  if (first?.length !== 4 || inside === undefined || growth === undefined) return [];
  const count = (next: (i: number) => string) => {
    let i = 1;
    while (shapes.has(next(i))) i++;
    return i - 1;
  };
  const stages = count((block) => `features.denseblock${block}.denselayer1.conv1.weight`);
  const layers = Array.from({ length: stages }, (_, block) =>
    count((layer) => `features.denseblock${block + 1}.denselayer${layer}.conv1.weight`),
  );
  const transitions = Array.from({ length: stages - 1 }, (_, block) => {
    return shapes.get(`features.transition${block + 1}.conv.weight`)?.[0] ?? 1;
  });
  const [channels = 0, inputs = 0, kernel = 0] = first;
  const small = said?.startsWith('cifar') ?? (said === undefined && kernel <= 3);
  const maxPool = said === undefined ? !small : !said.endsWith('no-pool') && said !== 'cifar';
  const stem = { channels, kernel, stride: small ? 1 : 2, maxPool };
  const assumed =
    said === undefined && kernel < 7
      ? [
          `conv0 is ${kernel}×${kernel}: its stride is ${stem.stride} and ${maxPool ? 'a' : 'no'} max pooling follows (--stem)`,
        ]
      : [];
  return [{ body: { family: 'densenet', growth, inside, layers, transitions, stem }, channels: inputs, assumed }];
}
