/**
 * MaxViT (https://arxiv.org/abs/2204.01697) as `torchvision/models/maxvit.py` has it, windows and grids cut for one
 * size of images. The layer norm before the classifier is the module `norm`; torchvision has it inside `classifier`.
 */
import * as z from 'zod';
import { pow } from '../../base/math/index.js';
import { GraphError } from '../graph-error.js';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import type { ImageSize } from '../shapes.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Proposal, type Setting } from './family.js';
import { blocks as blockCount, channels, heads, perStage, windowSide } from './limits.js';
import { convNorm, squeezeExcitation } from './shared-layers.js';
import { countOf, type Shapes, type Spelling } from './spelling.js';
import { headsApart, headsTogether, tableBias } from './windows.js';

const stageSchema = z
  .object({
    depth: blockCount,
    width: channels,
    heads,
    /** Channels inside the convolutions of a block. */
    expanded: channels,
    /** Channels of the squeeze-and-excitation. */
    squeeze: channels,
    /** Width inside the perceptrons. */
    hidden: channels,
  })
  .refine(({ width, heads }) => width % heads === 0, { message: 'channels are not a multiple of the heads' });
type MaxVitStage = z.infer<typeof stageSchema>;

const schema = z.object({
  family: z.literal('maxvit'),
  /** Channels of the first two convolutions. */
  stem: channels,
  /** Each halves the map. */
  stages: perStage(stageSchema),
  /** Side of a window, and of a grid, pixels of the map. */
  window: windowSide,
  /** Whether a layer norm stands before the head. */
  norm: z.boolean(),
});
type MaxVitBody = z.infer<typeof schema>;

/** A table that follows from the size of a window. */
const COMPUTED = /\.relative_position_index$/;

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)blocks\.0\.layers\.0\.layers\.MBconv\.layers\.pre_norm\.weight$/,
  computed: COMPUTED,
  rename(name, { prefix, shapes }) {
    const [, part] = /^classifier\.2\.(weight|bias)$/.exec(name) ?? [];
    // Another head may have a Linear there.
    if (part !== undefined) return shapes.get(`${prefix}classifier.2.weight`)?.length === 1 ? `norm.${part}` : null;
    return /^(stem|blocks|norm)\./.test(name) && !COMPUTED.test(name) ? name : null;
  },
};

/** ε of the batch norms. */
const EPS = 1e-3;
/** ε of the layer norms. */
const LAYER_EPS = 1e-5;

export const maxvits = defineFamily<MaxVitBody>({
  name: 'maxvit',
  title: 'a MaxViT',
  schema,
  preprocessing(_name, body) {
    const side = usualSide(body);
    return { ...imagenetPreprocessing, size: [side, side], resize: side, crop: [side, side], interpolation: 'bicubic' };
  },
  head: { module: 'classifier', layers: [], before: 'norm' },
  headLayers: (body) => [
    { name: '3', layer: 'linear', outputs: features(body) },
    { name: '4', layer: 'tanh' },
    { name: '5', layer: 'linear', bias: false },
  ],
  embedding: () => 'pooled features, after the last layer norm',
  network: maxvit,
  usualSide,
  misfit,
  features,
  essence: ({ stages, window }) => ({ stages, window }),
  spellings: [TORCHVISION],
  propose,
});

function features({ stages }: MaxVitBody): number {
  return stages.at(-1)!.width;
}

/** The side of images at which one window fills the map of the last stage. */
function usualSide({ stages, window }: MaxVitBody): number {
  return window * 2 ** (stages.length + 1);
}

/** Sides of the map in each stage. */
function mapsOf({ stages }: MaxVitBody, side: number): number[] {
  let map = Math.ceil(side / 2);
  return stages.map(() => {
    map = Math.ceil(map / 2);
    return map;
  });
}

function misfit(body: MaxVitBody, { height, width }: ImageSize): string | null {
  const { window } = body;
  if (height !== width) return `a MaxViT takes squares, not images of ${height}×${width}`;
  const odd = mapsOf(body, height).find((map) => map % window !== 0);
  if (odd === undefined) return null;
  return `images of ${height}×${width} have a map of ${odd}×${odd}, which windows of ${window}×${window} do not fill`;
}

function maxvit(body: MaxVitBody, head: Layer, { image }: Setting): Layer {
  const side = image?.height ?? usualSide(body);
  const unfit = misfit(body, image ?? { height: side, width: side });
  if (unfit !== null) throw new GraphError('BAD_IMAGE_SIZE', unfit);
  const maps = mapsOf(body, side);
  const stages: Layer = (m, x) =>
    body.stages.reduce((y, stage, i) => m.run(String(i), blocks(stage, { map: maps[i]!, window: body.window }), y), x);
  return (m, x) => {
    let value = m.run('stem', stem(body.stem), x);
    value = m.run('blocks', stages, value);
    value = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), value));
    value = m.run('norm', body.norm ? nn.layerNorm(LAYER_EPS) : nn.identity, value);
    return m.run('classifier', head, value);
  };
}

function stem(channels: number): Layer {
  const first = convNorm(channels, 3, { stride: 2, padding: 1, activation: nn.pointwise('gelu'), eps: EPS });
  return nn.sequential(first, nn.sequential(nn.conv2d(channels, 3, { padding: 1 })));
}

interface Cut {
  map: number;
  window: number;
}

function blocks(stage: MaxVitStage, cut: Cut): Layer {
  const layers = Array.from({ length: stage.depth }, (_, i) =>
    inOrder([
      ['MBconv', convolutions(stage, i === 0 ? 2 : 1)],
      ['window_attention', partAttention(stage, cut, 'window')],
      ['grid_attention', partAttention(stage, cut, 'grid')],
    ]),
  );
  const all = layers.map(
    (layer): Layer =>
      (m, x) =>
        m.run('layers', layer, x),
  );
  return (m, x) => m.run('layers', nn.sequential(...all), x);
}

/** A Sequential whose modules have names. */
function inOrder(layers: readonly (readonly [name: string, layer: Layer])[]): Layer {
  return (m, x) => layers.reduce((value, [name, layer]) => m.run(name, layer, value), x);
}

/** An inverted residual block with a batch norm before it. */
function convolutions({ width, expanded, squeeze }: MaxVitStage, stride: number): Layer {
  const gelu = nn.pointwise('gelu');
  const filter = { stride, padding: 1, groups: 'depthwise', activation: gelu, eps: EPS } as const;
  const layers = inOrder([
    ['pre_norm', nn.batchNorm2d(EPS)],
    ['conv_a', convNorm(expanded, 1, { activation: gelu, eps: EPS })],
    ['conv_b', convNorm(expanded, 3, filter)],
    [
      'squeeze_excitation',
      squeezeExcitation(squeeze, { activation: nn.pointwise('silu'), gate: nn.pointwise('sigmoid') }),
    ],
    ['conv_c', nn.conv2d(width, 1)],
  ]);
  const pool = stride === 1 ? [] : [nn.avgPool2d(3, { stride, padding: 1 })];
  return (m, x) => {
    const isSame = stride === 1 && x.channels === width;
    const shortcut = isSame ? x : m.run('proj', nn.sequential(...pool, nn.conv2d(width, 1)), x);
    return nn.add(m, shortcut, m.run('layers', layers, x));
  };
}

/** Attention among the pixels of a window, or those at the same place in each part of the grid. */
function partAttention(stage: MaxVitStage, cut: Cut, kind: 'window' | 'grid'): Layer {
  const perceptron = nn.sequential(
    nn.layerNorm(LAYER_EPS),
    nn.linear(stage.hidden),
    nn.pointwise('gelu'),
    nn.linear(stage.width),
  );
  return (m, x) => {
    const parts = cutMap(m, x, cut, kind);
    const seen = nn.add(
      m,
      parts,
      m.run('attn_layer', nn.sequential(nn.layerNorm(LAYER_EPS), attend(stage, cut)), parts),
    );
    const value = nn.add(m, seen, m.run('mlp_layer', perceptron, seen));
    return joinMap(m, value, cut, kind);
  };
}

/** `[N, windows, pixels, C]` → the same, with the tensors of `RelativePositionalMultiHeadAttention`. */
function attend({ heads }: MaxVitStage, { map, window }: Cut): Layer {
  const count = (map / window) ** 2;
  const pixels = window ** 2;
  return (m, x) => {
    const { channels } = x;
    const parts = headsApart(m, m.run('to_qkv', nn.linear(3 * channels), x), { count, pixels, heads });
    // By all channels, not by those of a head.
    const scale = pow(channels, -0.5);
    const seen = nn.attention(m, [...parts, tableBias(m, window, heads)], { scale });
    return m.run('merge', nn.linear(channels), headsTogether(m, seen, [count, pixels, channels]));
  };
}

/** How the axes of `[C, H, W]`, each of the last two in two, are ordered to stand in windows, and back. */
const ORDERS = {
  window: { there: [2, 4, 3, 5, 1], back: [5, 1, 3, 2, 4] },
  grid: { there: [3, 5, 2, 4, 1], back: [5, 3, 1, 4, 2] },
} as const;

/** `[N, C, H, W]` → `[N, windows, pixels, C]`, or with a grid `[N, places, parts, C]`. */
function cutMap(m: ModuleScope, x: Value, { map, window }: Cut, kind: 'window' | 'grid'): Value {
  const { channels } = x;
  const others = map / window;
  const along = kind === 'window' ? [others, window] : [window, others];
  const apart = nn.permute(m, nn.reshape(m, x, [channels, ...along, ...along]), ORDERS[kind].there);
  return nn.reshape(m, apart, [others ** 2, window ** 2, channels], { channels, spatial: null });
}

function joinMap(m: ModuleScope, x: Value, { map, window }: Cut, kind: 'window' | 'grid'): Value {
  const { channels } = x;
  const others = map / window;
  const apart = nn.permute(m, nn.reshape(m, x, [others, others, window, window, channels]), ORDERS[kind].back);
  return nn.reshape(m, apart, [channels, map, map]);
}

function propose(shapes: Shapes): Proposal<MaxVitBody>[] {
  const [stem = 0, channels = 0] = shapes.get('stem.0.0.weight') ?? [];
  const [rows = 0] = shapes.get(`blocks.0.layers.0.layers.window_attention.${BIAS_TABLE}`) ?? [];
  const window = (Math.sqrt(rows) + 1) / 2;
  const stages = [...stagesOf(shapes)];
  if (stem === 0 || stages.length === 0 || !Number.isInteger(window)) return [];
  const body: MaxVitBody = { family: 'maxvit', stem, stages, window, norm: shapes.has('norm.weight') };
  return [{ body, channels, assumed: [] }];
}

const BIAS_TABLE = 'attn_layer.1.relative_position_bias_table';

function* stagesOf(shapes: Shapes): Generator<MaxVitStage> {
  for (let stage = 0; ; stage++) {
    const block = (i: number) => `blocks.${stage}.layers.${i}.layers`;
    const shape = (part: string) => shapes.get(`${block(0)}.${part}`) ?? [];
    const depth = countOf((i) => shapes.has(`${block(i)}.MBconv.layers.pre_norm.weight`));
    if (depth === 0) return;
    const [width = 0, expanded = 0] = shape('MBconv.layers.conv_c.weight');
    const [squeeze = 0] = shape('MBconv.layers.squeeze_excitation.fc1.weight');
    const [, heads = 0] = shape(`window_attention.${BIAS_TABLE}`);
    const [hidden = 0] = shape('window_attention.mlp_layer.1.weight');
    yield { depth, width, heads, expanded, squeeze, hidden };
  }
}
