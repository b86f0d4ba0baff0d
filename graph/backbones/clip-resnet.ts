/**
 * The ResNets of CLIP (Radford et al., https://arxiv.org/abs/2103.00020) by OpenAI's names, which open_clip has, too
 * (`open_clip/modified_resnet.py`): three convolutions at the beginning, an average pooling wherever others have a stride, and
 * attention instead of the last pooling.
 */
import { relu } from '../operations/activation.js';
import { add } from '../operations/add.js';
import { attention } from '../operations/attention.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { operation as concat } from '../operations/concat.js';
import { conv2d } from '../operations/convolution.js';
import { type Layer, type ModuleScope, sequential, type Value } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import { parameter } from '../operations/parameter.js';
import { permute } from '../operations/permute.js';
import { avgPool2d } from '../operations/pooling.js';
import { mean } from '../operations/reduce.js';
import { reshape } from '../operations/reshape.js';
import { slice } from '../operations/slice.js';
import { clipPreprocessing } from './backbone.js';
import { type ClipResNetBody, POSITIONS, schema } from './clip-resnet-body.js';
import { CLIP_RESNET_SPELLINGS, proposeClipResNet } from './clip-resnet-spellings.js';
import { defineFamily, type Resized } from './family.js';
import { resizeGrid } from './position-grid.js';

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
  variants: {},
  preprocessing: (_variant, { grid }) => clipPreprocessing(STEP * grid),
  head: { module: 'head', layers: [{ name: '', layer: 'linear' }], before: 'attnpool' },
  embedding: ({ outputs }) =>
    outputs > 0
      ? 'the projected image features, as CLIP compares them'
      : 'what the mean of the map makes of all its positions',
  network: clipResNet,
  side: ({ grid }) => STEP * grid,
  resized,
  features: ({ outputs, width }) => (outputs > 0 ? outputs : FEATURES * width),
  spellings: CLIP_RESNET_SPELLINGS,
  propose: proposeClipResNet,
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

/** @param head takes the features */
function clipResNet(body: ClipResNetBody, head: Layer): Layer {
  const { width } = body;
  return (m, image) => {
    let x = image;
    for (const [i, out] of [width / 2, width / 2, width].entries()) {
      x = m.run(`conv${i + 1}`, conv2d(out, 3, { stride: i === 0 ? 2 : 1, padding: 1, bias: false }), x);
      x = m.run(`relu${i + 1}`, relu, m.run(`bn${i + 1}`, batchNorm2d(), x));
    }
    x = m.run('avgpool', halved, x);
    for (const [i, count] of body.blocks.entries()) x = m.run(`layer${i + 1}`, stage(width * 2 ** i, count, i), x);
    return m.run('head', head, m.run('attnpool', attentionPool(body), x));
  };
}

const halved = avgPool2d(2, { stride: 2 });

/** All stages but the first halve height and width in their first block. */
function stage(planes: number, count: number, index: number): Layer {
  return sequential(...Array.from({ length: count }, (_, i) => bottleneck(planes, i === 0 && index > 0)));
}

function bottleneck(planes: number, halves: boolean): Layer {
  const out = EXPANSION * planes;
  return (m, x) => {
    let y = m.run('conv1', conv2d(planes, 1, { bias: false }), x);
    y = m.run('relu1', relu, m.run('bn1', batchNorm2d(), y));
    y = m.run('conv2', conv2d(planes, 3, { padding: 1, bias: false }), y);
    y = m.run('relu2', relu, m.run('bn2', batchNorm2d(), y));
    if (halves) y = m.run('avgpool', halved, y);
    y = m.run('bn3', batchNorm2d(), m.run('conv3', conv2d(out, 1, { bias: false }), y));
    const same = !halves && x.channels === out;
    return m.run('relu3', relu, add(m, y, same ? x : m.run('downsample', projection(out, halves), x)));
  };
}

/** OpenAI numbers the modules from -1 on, where the pooling stands. */
function projection(out: number, halves: boolean): Layer {
  return (m, x) => {
    const y = halves ? m.run('-1', halved, x) : x;
    return m.run('1', batchNorm2d(), m.run('0', conv2d(out, 1, { bias: false }), y));
  };
}

/** The mean of the map asks all of its positions: `[N, C, H, W]` → `[N, outputs]`. */
function attentionPool({ grid, outputs }: ClipResNetBody): Layer {
  return (m, map) => {
    const width = map.channels;
    const own = { channels: width };
    const tokens = permute(m, reshape(m, map, [width, -1], own), [2, 1]);
    const all = m.functional('cat', concat, { axis: 1 }, [mean(m, tokens, [1], true, own), tokens], own);
    const x = add(m, all, parameter(m, 'positional_embedding', { shape: [1 + grid ** 2, width] }, own));
    const heads = width / HEAD_CHANNELS;
    const part = (name: string, of: Value) => {
      return permute(m, reshape(m, m.run(name, linear(width), of), [-1, heads, HEAD_CHANNELS]), [2, 1, 3]);
    };
    const first = slice(m, x, { axis: 1, start: 0, end: 1 }, own);
    const seen = attention(m, [part('q_proj', first), part('k_proj', x), part('v_proj', x)]);
    const features = joined(m, seen, width);
    return outputs > 0 ? m.run('c_proj', linear(outputs), features) : features;
  };
}

/** The heads of the only token side by side: `[N, heads, 1, 64]` → `[N, width]`. */
function joined(m: ModuleScope, seen: Value, width: number): Value {
  return reshape(m, seen, [width], { channels: width, spatial: [1, 1] });
}
