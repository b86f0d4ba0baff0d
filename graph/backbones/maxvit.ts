/**
 * MaxViT (Tu et al., https://arxiv.org/abs/2204.01697) as torchvision lays it out (`torchvision/models/maxvit.py`), of any depth,
 * width and window. Windows and grids are cut for one size of images. The layer norm before the classifier is the module `norm`
 * here; torchvision has it inside `classifier`.
 */
import { GraphError } from '../graph-error.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { add } from '../operations/add.js';
import { attention } from '../operations/attention.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { identity } from '../operations/identity.js';
import { type Layer, type ModuleScope, sequential, type Value } from '../operations/layer.js';
import { layerNorm } from '../operations/layer-norm.js';
import { linear } from '../operations/linear.js';
import { permute } from '../operations/permute.js';
import { pointwise } from '../operations/pointwise.js';
import { avgPool2d } from '../operations/pooling.js';
import { reshape } from '../operations/reshape.js';
import type { ImageSize } from '../shapes.js';
import { imagenetPreprocessing } from './backbone.js';
import { convNorm, squeezeExcitation } from './conv-norm.js';
import { defineFamily, type Setting } from './family.js';
import { type MaxVitBody, type MaxVitStage, schema } from './maxvit-body.js';
import { MAXVIT_SPELLINGS, proposeMaxVit } from './maxvit-spellings.js';
import { headsApart, headsTogether, tableBias } from './window-heads.js';

/** ε of the batch norms. */
const EPS = 1e-3;
/** ε of the layer norms. */
const LAYER_EPS = 1e-5;

function variant(stem: number, depths: readonly number[], widths: readonly number[]): MaxVitBody {
  const stages = widths.map((width, i): MaxVitStage => {
    return { depth: depths[i]!, width, heads: width / 32, expanded: 4 * width, squeeze: width / 4, hidden: 4 * width };
  });
  return { family: 'maxvit', stem, stages, window: 7, norm: true };
}

export const maxvits = defineFamily<MaxVitBody>({
  name: 'maxvit',
  title: 'a MaxViT',
  schema,
  variants: { maxvit_t: variant(64, [2, 2, 5, 2], [64, 128, 256, 512]) },
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
  spellings: MAXVIT_SPELLINGS,
  propose: proposeMaxVit,
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

/** @param head takes the features */
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
    value = flatten(m, m.run('avgpool', adaptiveAvgPool2d(1), value));
    value = m.run('norm', body.norm ? layerNorm(LAYER_EPS) : identity, value);
    return m.run('classifier', head, value);
  };
}

function stem(channels: number): Layer {
  const first = convNorm(channels, 3, { stride: 2, padding: 1, activation: pointwise('gelu'), eps: EPS });
  return sequential(first, sequential(conv2d(channels, 3, { padding: 1 })));
}

interface Cut {
  /** Side of the map. */
  map: number;
  /** Side of a window, and of a grid. */
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
  return (m, x) =>
    m.run(
      'layers',
      sequential(
        ...layers.map(
          (layer): Layer =>
            (own, y) =>
              own.run('layers', layer, y),
        ),
      ),
      x,
    );
}

/** A Sequential whose modules have names. */
function inOrder(layers: readonly (readonly [name: string, layer: Layer])[]): Layer {
  return (m, x) => layers.reduce((value, [name, layer]) => m.run(name, layer, value), x);
}

/** An inverted residual block with a batch norm before it. */
function convolutions({ width, expanded, squeeze }: MaxVitStage, stride: number): Layer {
  const gelu = pointwise('gelu');
  const filter = { stride, padding: 1, groups: 'depthwise', activation: gelu, eps: EPS } as const;
  const layers = inOrder([
    ['pre_norm', batchNorm2d(EPS)],
    ['conv_a', convNorm(expanded, 1, { activation: gelu, eps: EPS })],
    ['conv_b', convNorm(expanded, 3, filter)],
    ['squeeze_excitation', squeezeExcitation(squeeze, { activation: pointwise('silu'), gate: pointwise('sigmoid') })],
    ['conv_c', conv2d(width, 1)],
  ]);
  const pool = stride === 1 ? [] : [avgPool2d(3, { stride, padding: 1 })];
  return (m, x) => {
    const isSame = stride === 1 && x.channels === width;
    const shortcut = isSame ? x : m.run('proj', sequential(...pool, conv2d(width, 1)), x);
    return add(m, shortcut, m.run('layers', layers, x));
  };
}

/**
 * Attention among the pixels of each window, or among those that have the same place in each of the parts into which a grid
 * divides the map.
 */
function partAttention(stage: MaxVitStage, cut: Cut, kind: 'window' | 'grid'): Layer {
  const perceptron = sequential(layerNorm(LAYER_EPS), linear(stage.hidden), pointwise('gelu'), linear(stage.width));
  return (m, x) => {
    const parts = cutMap(m, x, cut, kind);
    const seen = add(m, parts, m.run('attn_layer', sequential(layerNorm(LAYER_EPS), attend(stage, cut)), parts));
    const value = add(m, seen, m.run('mlp_layer', perceptron, seen));
    return joinMap(m, value, cut, kind);
  };
}

/** `[N, windows, pixels, C]` → the same, with the tensors of `RelativePositionalMultiHeadAttention`. */
function attend({ heads }: MaxVitStage, { map, window }: Cut): Layer {
  const count = (map / window) ** 2;
  const pixels = window ** 2;
  return (m, x) => {
    const { channels } = x;
    const parts = headsApart(m, m.run('to_qkv', linear(3 * channels), x), { count, pixels, heads });
    // By all channels, not by those of a head.
    const scale = channels ** -0.5;
    const seen = attention(m, [...parts, tableBias(m, window, heads)], { scale });
    return m.run('merge', linear(channels), headsTogether(m, seen, [count, pixels, channels]));
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
  const apart = permute(m, reshape(m, x, [channels, ...along, ...along]), ORDERS[kind].there);
  return reshape(m, apart, [others ** 2, window ** 2, channels], { channels, spatial: null });
}

function joinMap(m: ModuleScope, x: Value, { map, window }: Cut, kind: 'window' | 'grid'): Value {
  const { channels } = x;
  const others = map / window;
  const apart = permute(m, reshape(m, x, [others, others, window, window, channels]), ORDERS[kind].back);
  return reshape(m, apart, [channels, map, map]);
}
