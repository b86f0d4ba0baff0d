/** DenseNet-BC (https://arxiv.org/abs/1608.06993) as in torchvision and timm, of any depth and growth. */
import * as z from 'zod';
import type { Layer, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Hints, LINEAR, type Proposal } from './family.js';
import { blocks, channels, kernel, perStage, stride } from './limits.js';
import { GLOBAL_POOL, globalPool } from './shared-layers.js';
import { countsOf, type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('densenet'),
  /** Channels that each layer adds. */
  growth: channels,
  /** Channels inside a layer, between its two convolutions. */
  inside: channels,
  layers: perStage(blocks),
  /** Output channels of the transitions between the blocks. */
  transitions: z.array(channels).max(8),
  stem: z.object({ channels, kernel, stride, maxPool: z.boolean() }),
});
type DenseNetBody = z.infer<typeof schema>;

const TORCHVISION = spelling('torchvision', /^(.*\.|)denseblock1\.denselayer1\.norm\.?1\.weight$/, [
  // The weights of 2017 have `norm.1` for `norm1`.
  [/^(denseblock\d+\.denselayer\d+\.(?:norm|conv))\.([12])\./, 'features.$1$2.'],
  [/^(conv0|norm0|norm5|denseblock\d+|transition\d+)\./, 'features.$1.'],
]);

export const densenets = defineFamily<DenseNetBody>({
  name: 'densenet',
  title: 'a DenseNet',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'classifier', layers: LINEAR, before: GLOBAL_POOL },
  network: densenet,
  features: ({ layers, growth, transitions, stem }) => {
    return (transitions.at(-1) ?? stem.channels) + growth * layers.at(-1)!;
  },
  essence: ({ stem: _stem, ...rest }) => rest,
  spellings: [TORCHVISION],
  propose,
});

function densenet(body: DenseNetBody, head: Layer): Layer {
  return (m, image) => {
    const map = m.run('features', features(body), image);
    const active = m.functional('relu', nn.reluOperation, null, [map], { spatial: map.spatial });
    return m.run('classifier', head, globalPool(m, active));
  };
}

function features({ stem, layers, growth, inside, transitions }: DenseNetBody): Layer {
  return (m, image) => {
    const { kernel, stride } = stem;
    const first = nn.conv2d(stem.channels, kernel, { stride, padding: (kernel - 1) / 2, bias: false });
    let x = m.run('relu0', nn.relu, m.run('norm0', nn.batchNorm2d(), m.run('conv0', first, image)));
    if (stem.maxPool) x = m.run('pool0', nn.maxPool2d(3, { stride: 2, padding: 1 }), x);
    for (const [i, count] of layers.entries()) {
      x = m.run(`denseblock${i + 1}`, denseBlock(count, growth, inside), x);
      const next = transitions[i];
      if (next !== undefined && i < layers.length - 1) x = m.run(`transition${i + 1}`, transition(next), x);
    }
    return m.run('norm5', nn.batchNorm2d(), x);
  };
}

/** Each layer takes the block's input and the outputs of all layers before it. */
function denseBlock(count: number, growth: number, inside: number): Layer {
  return (m, x) => {
    const all: Value[] = [x];
    for (let i = 1; i <= count; i++) all.push(m.run(`denselayer${i}`, denseLayer(all, growth, inside), x));
    return nn.concatChannels(m, all);
  };
}

function denseLayer(before: readonly Value[], growth: number, inside: number): Layer {
  const inputs = [...before];
  return (m, first) => {
    let x = inputs.length === 1 ? first : nn.concatChannels(m, inputs);
    x = m.run(
      'conv1',
      nn.conv2d(inside, 1, { bias: false }),
      m.run('relu1', nn.relu, m.run('norm1', nn.batchNorm2d(), x)),
    );
    x = m.run('relu2', nn.relu, m.run('norm2', nn.batchNorm2d(), x));
    return m.run('conv2', nn.conv2d(growth, 3, { padding: 1, bias: false }), x);
  };
}

function transition(channels: number): Layer {
  const layers = {
    norm: nn.batchNorm2d(),
    relu: nn.relu,
    conv: nn.conv2d(channels, 1, { bias: false }),
    pool: nn.avgPool2d(2, { stride: 2 }),
  };
  return (m, x) => Object.entries(layers).reduce((value, [name, layer]) => m.run(name, layer, value), x);
}

function propose(shapes: Shapes, { stem: said }: Hints): Proposal<DenseNetBody>[] {
  const first = shapes.get('features.conv0.weight');
  const inside = shapes.get('features.denseblock1.denselayer1.conv1.weight')?.[0];
  const growth = shapes.get('features.denseblock1.denselayer1.conv2.weight')?.[0];
  if (first?.length !== 4 || inside === undefined || growth === undefined) return [];
  const layers = countsOf((block, layer) =>
    shapes.has(`features.denseblock${block + 1}.denselayer${layer + 1}.conv1.weight`),
  );
  const transitions = layers.slice(1).map((_, block) => {
    return shapes.get(`features.transition${block + 1}.conv.weight`)?.[0] ?? 1;
  });
  const [channels = 0, inputs = 0, kernel = 0] = first;
  const small = said?.startsWith('cifar') ?? (said === undefined && kernel <= 3);
  const maxPool = said === undefined ? !small : !said.endsWith('no-pool') && said !== 'cifar';
  const stem = { channels, kernel, stride: small ? 1 : 2, maxPool };
  const pool = maxPool ? 'a max pooling follows' : 'no max pooling follows';
  const told = `conv0 is ${kernel}×${kernel}: its stride is ${stem.stride} and ${pool} (--stem)`;
  const assumed = said === undefined && kernel < 7 ? [told] : [];
  return [{ body: { family: 'densenet', growth, inside, layers, transitions, stem }, channels: inputs, assumed }];
}
