/**
 * ResNet (https://arxiv.org/abs/1512.03385), Wide ResNet (https://arxiv.org/abs/1605.07146), ResNeXt
 * (https://arxiv.org/abs/1611.05431) as torchvision has them, with a bottleneck's stride on the 3×3 convolution
 * ("v1.5"), and ResNet-C and ResNet-D (https://arxiv.org/abs/1812.01187), as timm has them.
 */
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { resizedFirst } from './backbone.js';
import { defineFamily, LINEAR } from './family.js';
import { proposeResNet, RESNET_SPELLINGS, type ResNetBody, type ResNetStem, schema } from './resnet-body.js';
import { GATED, squeezeExcitation } from './shared-layers.js';

export const resnets = defineFamily<ResNetBody>({
  name: 'resnet',
  title: 'a ResNet',
  schema,
  preprocessing: resizedFirst({ resnext101_64x4d: 232 }),
  head: { module: 'fc', layers: LINEAR, before: 'avgpool' },
  network: resnet,
  features: ({ channels }) => channels.at(-1)!,
  essence: ({ stem: _stem, shortcut: _shortcut, ...rest }) => rest,
  spellings: RESNET_SPELLINGS,
  propose: proposeResNet,
});

function resnet(body: ResNetBody, head: Layer): Layer {
  const { stem, blocks } = body;
  return (m, image) => {
    let x = m.run('bn1', nn.batchNorm2d(), m.run('conv1', stemConvolutions(stem), image));
    x = m.run('relu', nn.relu, x);
    if (stem.maxPool) x = m.run('maxpool', nn.maxPool2d(3, { stride: 2, padding: 1 }), x);
    for (const index of blocks.keys()) x = m.run(`layer${index + 1}`, stage(body, index), x);
    x = m.run('avgpool', nn.adaptiveAvgPool2d(1), x);
    return m.run('fc', head, nn.flatten(m, x));
  };
}

/** One convolution, or in a deep stem several with batch norms and ReLUs between them. Only the first has a stride. */
function stemConvolutions({ channels, kernel, stride }: ResNetStem): Layer {
  const convolutions = channels.map((out, i) =>
    i === 0 ? nn.conv2d(out, kernel, { stride, padding: (kernel - 1) / 2, bias: false }) : conv3x3(out),
  );
  const [first] = convolutions;
  if (convolutions.length === 1) return first!;
  return nn.sequential(...convolutions.flatMap((conv, i) => (i === 0 ? [conv] : [nn.batchNorm2d(), nn.relu, conv])));
}

/** All stages but the first halve height and width in their first block. */
function stage(body: ResNetBody, index: number): Layer {
  const block = body.block === 'basic' ? basicBlock : bottleneck;
  const squeeze = body.squeeze?.[index];
  const sizes = { width: body.widths[index]!, out: body.channels[index]!, groups: body.groups, squeeze };
  return nn.sequential(
    ...Array.from({ length: body.blocks[index]! }, (_, i) => {
      const stride = i === 0 && index > 0 ? 2 : 1;
      return block({ ...sizes, stride, shortcut: projection(sizes.out, stride, body.shortcut) });
    }),
  );
}

interface Block {
  /** Channels inside the block. */
  width: number;
  out: number;
  groups: number;
  /** Channels of the squeeze-and-excitation (SE-ResNet, https://arxiv.org/abs/1709.01507). */
  squeeze: number | undefined;
  stride: number;
  /** Brings the input to the output’s size and channels, in a block that changes them. */
  shortcut: Layer;
}

function basicBlock(block: Block): Layer {
  return withShortcut(block, (m, x) => {
    let y = m.run('conv1', conv3x3(block.width, { stride: block.stride }), x);
    y = m.run('relu', nn.relu, m.run('bn1', nn.batchNorm2d(), y));
    return m.run('bn2', nn.batchNorm2d(), m.run('conv2', conv3x3(block.out), y));
  });
}

function bottleneck(block: Block): Layer {
  const { width, stride, groups, out } = block;
  return withShortcut(block, (m, x) => {
    let y = m.run('bn1', nn.batchNorm2d(), m.run('conv1', conv1x1(width), x));
    y = m.run('conv2', conv3x3(width, { stride, groups }), m.run('relu', nn.relu, y));
    y = m.run('relu', nn.relu, m.run('bn2', nn.batchNorm2d(), y));
    return m.run('bn3', nn.batchNorm2d(), m.run('conv3', conv1x1(out), y));
  });
}

/** The squeeze-and-excitation is timm's `SEModule`. */
function withShortcut({ out, stride, shortcut, squeeze }: Block, layers: Layer): Layer {
  return (m, x) => {
    let y = layers(m, x);
    if (squeeze !== undefined) y = m.run('se', squeezeExcitation(squeeze, GATED), y);
    const isSame = stride === 1 && x.channels === out;
    return m.run('relu', nn.relu, nn.add(m, y, isSame ? x : m.run('downsample', shortcut, x)));
  };
}

function projection(outChannels: number, stride: number, shortcut: ResNetBody['shortcut']): Layer {
  if (shortcut === 'convolution') return nn.sequential(conv1x1(outChannels, { stride }), nn.batchNorm2d());
  return nn.sequential(stride === 1 ? nn.identity : averageOf2x2, conv1x1(outChannels), nn.batchNorm2d());
}

/** timm's `AvgPool2d(2, 2, ceil_mode=True, count_include_pad=False)`. */
const averageOf2x2 = nn.avgPool2d(2, { stride: 2, ceilMode: true, countIncludePad: false });

function conv3x3(outChannels: number, options: nn.ConvOptions = {}): Layer {
  return nn.conv2d(outChannels, 3, { padding: 1, bias: false, ...options });
}

function conv1x1(outChannels: number, options: nn.ConvOptions = {}): Layer {
  return nn.conv2d(outChannels, 1, { bias: false, ...options });
}
