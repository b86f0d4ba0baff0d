/**
 * The ResNets of CLIP (https://arxiv.org/abs/2103.00020; `open_clip/modified_resnet.py`): three convolutions at the
 * beginning, average poolings instead of strides, and attention instead of the last pooling.
 */
import * as z from 'zod';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { clipPreprocessing, OPENAI_TEXT } from './backbone.js';
import { defineFamily, LINEAR, type Proposal, type Resized } from './family.js';
import { blocks, channels, channelsOrNone } from './limits.js';
import { resizeGrid } from './position-grid.js';
import { countOf, listed, type Shapes, spelling } from './spelling.js';

const POSITIONS = 'attnpool.positional_embedding';

const schema = z.object({
  family: z.literal('clip_resnet'),
  /** Blocks of each stage, layer1 first. */
  blocks: z.array(blocks).length(4),
  /** Channels after the first convolutions; the stages have 4, 8, 16, … times as many. */
  width: channels.refine((width) => width % 2 === 0, 'half of the width is the channels of the first convolution'),
  /** Positions along each side of the last map. */
  grid: z.number().int().min(1).max(64),
  /** Outputs of the Linear that ends the attention pooling; 0: there is none, as in timm's without a classifier. */
  outputs: channelsOrNone,
});
type ClipResNetBody = z.infer<typeof schema>;

/** With the tower for text beside it. */
const OPENAI = spelling(
  'open_clip',
  /^(.*\.|)visual\.attnpool\.positional_embedding$/,
  listed('clip_resnet open_clip', 'visual.'),
  { training: OPENAI_TEXT },
);

const OPENAI_ALONE = spelling('open_clip', /^(.*\.|)attnpool\.positional_embedding$/, listed('clip_resnet open_clip'));

const TIMM = spelling('timm', /^(.*\.|)head\.pos_embed$/, listed('clip_resnet timm'), {
  normsActivate: true,
  // timm computes queries and features for all positions, and takes the first.
  differing: /(^|\.)head\.(q|proj)$/,
});

/** Pixels for each position of the last map. */
const STEP = 32;
const EXPANSION = 4;
/** Channels of the last map for each of the width. */
const FEATURES = EXPANSION * 2 ** 3;
/** Channels of a head of the attention. */
const HEAD_CHANNELS = 64;

export const clipResNets = defineFamily<ClipResNetBody>({
  name: 'clip_resnet',
  title: 'a ResNet of CLIP',
  schema,
  preprocessing: (_variant, { grid }) => clipPreprocessing(STEP * grid),
  head: { module: 'head', layers: LINEAR, before: 'attnpool' },
  embedding: ({ outputs }) =>
    outputs > 0
      ? 'the projected image features, as CLIP compares them'
      : 'what the mean of the map makes of all its positions',
  network: clipResNet,
  side: ({ grid }) => STEP * grid,
  resized,
  features: ({ outputs, width }) => (outputs > 0 ? outputs : FEATURES * width),
  spellings: [OPENAI, OPENAI_ALONE, TIMM],
  propose,
});

/** As timm does it. */
function resized(body: ClipResNetBody, side: number): Resized<ClipResNetBody> | null {
  if (side % STEP !== 0) return null;
  const [from, to] = [body.grid, side / STEP];
  return {
    body: { ...body, grid: to },
    tensors: new Map([[POSITIONS, (tensor) => resizeGrid(tensor, 1, { from, to, how: 'antialias' })]]),
    told: `its positions are resized from ${from}×${from} to ${to}×${to}, bicubic with antialiasing, as timm does it`,
  };
}

function clipResNet(body: ClipResNetBody, head: Layer): Layer {
  const { width } = body;
  return (m, image) => {
    let x = image;
    for (const [i, out] of [width / 2, width / 2, width].entries()) {
      x = m.run(`conv${i + 1}`, nn.conv2d(out, 3, { stride: i === 0 ? 2 : 1, padding: 1, bias: false }), x);
      x = m.run(`relu${i + 1}`, nn.relu, m.run(`bn${i + 1}`, nn.batchNorm2d(), x));
    }
    x = m.run('avgpool', halved, x);
    for (const [i, count] of body.blocks.entries()) x = m.run(`layer${i + 1}`, stage(width * 2 ** i, count, i), x);
    return m.run('head', head, m.run('attnpool', attentionPool(body), x));
  };
}

const halved = nn.avgPool2d(2, { stride: 2 });

/** All stages but the first halve height and width in their first block. */
function stage(planes: number, count: number, index: number): Layer {
  return nn.sequential(...Array.from({ length: count }, (_, i) => bottleneck(planes, i === 0 && index > 0)));
}

function bottleneck(planes: number, halves: boolean): Layer {
  const out = EXPANSION * planes;
  return (m, x) => {
    let y = m.run('conv1', nn.conv2d(planes, 1, { bias: false }), x);
    y = m.run('relu1', nn.relu, m.run('bn1', nn.batchNorm2d(), y));
    y = m.run('conv2', nn.conv2d(planes, 3, { padding: 1, bias: false }), y);
    y = m.run('relu2', nn.relu, m.run('bn2', nn.batchNorm2d(), y));
    if (halves) y = m.run('avgpool', halved, y);
    y = m.run('bn3', nn.batchNorm2d(), m.run('conv3', nn.conv2d(out, 1, { bias: false }), y));
    const same = !halves && x.channels === out;
    return m.run('relu3', nn.relu, nn.add(m, y, same ? x : m.run('downsample', projection(out, halves), x)));
  };
}

/** OpenAI numbers the modules from -1 on, where the pooling stands. */
function projection(out: number, halves: boolean): Layer {
  return (m, x) => {
    const y = halves ? m.run('-1', halved, x) : x;
    return m.run('1', nn.batchNorm2d(), m.run('0', nn.conv2d(out, 1, { bias: false }), y));
  };
}

/** The mean of the map asks all of its positions: `[N, C, H, W]` → `[N, outputs]`. */
function attentionPool({ grid, outputs }: ClipResNetBody): Layer {
  return (m, map) => {
    const width = map.channels;
    const own = { channels: width };
    const tokens = nn.permute(m, nn.reshape(m, map, [width, -1], own), [2, 1]);
    const all = nn.concat(m, [nn.mean(m, tokens, [1], true, own), tokens], own);
    const x = nn.add(m, all, nn.parameter(m, 'positional_embedding', { shape: [1 + grid ** 2, width] }, own));
    const heads = width / HEAD_CHANNELS;
    const part = (name: string, of: Value) => {
      return nn.permute(m, nn.reshape(m, m.run(name, nn.linear(width), of), [-1, heads, HEAD_CHANNELS]), [2, 1, 3]);
    };
    const first = nn.slice(m, x, { axis: 1, start: 0, end: 1 }, own);
    const seen = nn.attention(m, [part('q_proj', first), part('k_proj', x), part('v_proj', x)]);
    const features = joined(m, seen, width);
    return outputs > 0 ? m.run('c_proj', nn.linear(outputs), features) : features;
  };
}

/** The heads of the only token side by side: `[N, heads, 1, 64]` → `[N, width]`. */
function joined(m: ModuleScope, seen: Value, width: number): Value {
  return nn.reshape(m, seen, [width], { channels: width, spatial: [1, 1] });
}

function propose(shapes: Shapes): Proposal<ClipResNetBody>[] {
  const [width = 0] = shapes.get('conv3.weight') ?? [];
  const channels = shapes.get('conv1.weight')?.[1];
  const positions = shapes.get(POSITIONS)?.[0] ?? 0;
  const grid = Math.sqrt(positions - 1);
  const outputs = shapes.get('attnpool.c_proj.weight')?.[0] ?? 0;
  if (channels === undefined || !Number.isInteger(grid) || grid < 1) return [];
  const blocks = [1, 2, 3, 4].map((stage) => countOf((i) => shapes.has(`layer${stage}.${i}.conv1.weight`)));
  const assumed = ['its attention has heads of 64 channels, as those of all ResNets of CLIP'];
  return [{ body: { family: 'clip_resnet', blocks, width, grid, outputs }, channels, assumed }];
}
