/**
 * ConvNeXt (https://arxiv.org/abs/2201.03545), and V2 (https://arxiv.org/abs/2301.00808). The layer norm before the
 * classifier is the module `norm`; torchvision has it inside `classifier`.
 */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { resizedFirst } from './backbone.js';
import { defineFamily, type Hints, LINEAR, type Proposal } from './family.js';
import { blocks, channels, eps, kernel, perStage } from './limits.js';
import { channelsFirst, channelsLast, layerNorm2d } from './shared-layers.js';
import { countsOf, listed, type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('convnext'),
  /** Side and stride of the first convolution. */
  patch: kernel,
  depths: perStage(blocks),
  widths: perStage(channels),
  kernel,
  /** A factor a channel after each block. */
  layerScale: z.boolean(),
  /** Whether channels are normalised by their responses in the map (ConvNeXt V2, https://arxiv.org/abs/2301.00808). */
  responseNorm: z.boolean(),
  /** Whether a layer norm stands before the head, and its ε; `first`: before the pooling. */
  norm: z.object({ eps, first: z.literal(true).optional() }).nullable(),
  /** ε of the other layer norms. Default: 1e-6. */
  eps: eps.optional(),
  /** Default: gelu. */
  activation: z.literal('gelu_tanh').optional(),
});
type ConvNeXtBody = z.infer<typeof schema>;

/** ε of the layer norms, except in a few of timm's networks and in transformers' last one. */
const EPS = 1e-6;
/** ε of transformers' last layer norm. */
const TRANSFORMERS_EPS = 1e-12;

const TORCHVISION = spelling('torchvision', /^(.*\.|)features\.1\.0\.block\.0\.weight$/, [
  [/^classifier\.0\.(weight|bias)$/, 'norm.$1'],
  [/^(features|norm)\./, '$1.'],
]);

const TIMM = spelling('timm', /^(.*\.|)stages\.0\.blocks\.0\.conv_dw\.weight$/, listed('convnext timm'));

const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)encoder\.stages\.0\.layers\.0\.dwconv\.weight$/,
  listed('convnext transformers'),
);

/** Keeps a map of zeros from a division by 0. */
const RESPONSE_EPS = 1e-6;

/** torchvision's sides of the resize. */
const RESIZE: Readonly<Record<string, number>> = {
  convnext_tiny: 236,
  convnext_small: 230,
  convnext_base: 232,
  convnext_large: 232,
};

export const convnexts = defineFamily<ConvNeXtBody>({
  name: 'convnext',
  title: 'a ConvNeXt',
  schema,
  preprocessing: resizedFirst(RESIZE),
  head: { module: 'classifier', layers: LINEAR, before: 'norm' },
  embedding: ({ norm }) => `pooled features, ${norm?.first === true ? 'of' : 'after'} the last layer norm`,
  network: convnext,
  features: ({ widths }) => widths.at(-1)!,
  essence: ({ depths, widths, responseNorm }) => ({ depths, widths, responseNorm }),
  spellings: [TORCHVISION, TIMM, TRANSFORMERS],
  propose,
});

function convnext(body: ConvNeXtBody, head: Layer): Layer {
  return (m, image) => {
    const { norm } = body;
    let x = m.run('features', features(body), image);
    const isFirst = norm?.first === true;
    if (isFirst) x = m.run('norm_pre', layerNorm2d(norm.eps), x);
    x = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
    x = m.run('norm', norm === null || isFirst ? nn.identity : nn.layerNorm(norm.eps), x);
    return m.run('classifier', head, x);
  };
}

function features(body: ConvNeXtBody): Layer {
  const { patch, depths, widths, eps = EPS } = body;
  const stages = depths.map((depth) => nn.sequential(...new Array<Layer>(depth).fill(block(body))));
  return nn.sequential(
    nn.sequential(nn.conv2d(widths[0]!, patch, { stride: patch }), layerNorm2d(eps)),
    ...stages.flatMap((stage, i) => {
      const next = widths[i + 1];
      return next === undefined ? [stage] : [stage, nn.sequential(layerNorm2d(eps), nn.conv2d(next, 2, { stride: 2 }))];
    }),
  );
}

function block({ kernel, layerScale, responseNorm, eps = EPS, activation }: ConvNeXtBody): Layer {
  return (m, x) => {
    const { channels } = x;
    const filter = nn.conv2d(channels, kernel, { padding: (kernel - 1) / 2, groups: 'depthwise' });
    const layers: [string, Layer][] = [
      ['0', filter],
      ['1', channelsLast],
      ['2', nn.layerNorm(eps)],
      ['3', nn.linear(4 * channels)],
      ['4', nn.pointwise(activation ?? 'gelu')],
      ...(responseNorm ? ([['grn', globalResponseNorm]] as [string, Layer][]) : []),
      ['5', nn.linear(channels)],
      ['6', channelsFirst],
    ];
    const parts: Layer = (inner, value) => layers.reduce((y, [name, layer]) => inner.run(name, layer, y), value);
    const y = m.run('block', parts, x);
    if (!layerScale) return nn.add(m, y, x);
    return nn.add(m, nn.multiply(m, y, nn.parameter(m, 'layer_scale', { shape: [channels, 1, 1] })), x);
  };
}

/** `x + β + γ·x·g/(mean g + ε)`, where `g` is the L2 norm of each channel over the map: `[N, H, W, C]`. */
const globalResponseNorm: Layer = (m, x) => {
  const factor = (name: string) => nn.parameter(m, name, { shape: [1, 1, x.channels], stored: [x.channels] });
  const norms = nn.l2Norm(m, x, [1, 2]);
  const average = nn.add(
    m,
    nn.mean(m, norms, [3], true),
    nn.constant(m, 'eps', { shape: [1, 1, 1], values: [RESPONSE_EPS] }),
  );
  const scaled = nn.multiply(m, nn.multiply(m, x, nn.divide(m, norms, average)), factor('weight'));
  return nn.add(m, x, nn.add(m, scaled, factor('bias')));
};

function propose(shapes: Shapes, { spelling, config, forward }: Hints): Proposal<ConvNeXtBody>[] {
  const first = shapes.get('features.0.0.weight');
  const filter = shapes.get('features.1.0.block.0.weight');
  const path = (stage: number, block: number) => `features.${2 * stage + 1}.${block}.block.0.weight`;
  const depths = countsOf((stage, block) => shapes.has(path(stage, block)));
  const widths = depths.map((_, stage) => shapes.get(path(stage, 0))![0]!);
  if (first?.length !== 4 || filter?.length !== 4) return [];
  const said = config?.['layer_norm_eps'];
  const own = forward?.eps ?? EPS;
  const eps = spelling === 'transformers' ? (typeof said === 'number' ? said : TRANSFORMERS_EPS) : own;
  const isFirst = shapes.has('norm_pre.weight');
  const norm = isFirst || shapes.has('norm.weight') ? { eps, ...(isFirst ? { first: true as const } : {}) } : null;
  const activation = forward?.activation ?? 'gelu';
  if (activation !== 'gelu' && activation !== 'gelu_tanh') return [];
  const body: ConvNeXtBody = {
    family: 'convnext',
    ...{ patch: first[2]!, depths, widths, kernel: filter[2]!, norm },
    layerScale: shapes.has('features.1.0.layer_scale'),
    responseNorm: shapes.has('features.1.0.block.grn.weight'),
    ...(own === EPS ? {} : { eps: own }),
    ...(activation === 'gelu' ? {} : { activation }),
  };
  return [{ body, channels: first[1]!, assumed: [] }];
}
