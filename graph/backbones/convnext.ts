/**
 * ConvNeXt (Liu et al., https://arxiv.org/abs/2201.03545) as torchvision lays it out (`torchvision/models/convnext.py`), of any
 * depth and width, and ConvNeXt V2 (https://arxiv.org/abs/2301.00808). The layer norm before the classifier is the module `norm` here; torchvision has it inside `classifier`.
 */
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { add } from '../operations/add.js';
import { divide, multiply } from '../operations/arithmetic.js';
import { constant } from '../operations/constant.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { identity } from '../operations/identity.js';
import { type Layer, sequential } from '../operations/layer.js';
import { layerNorm } from '../operations/layer-norm.js';
import { linear } from '../operations/linear.js';
import { parameter } from '../operations/parameter.js';
import { pointwise } from '../operations/pointwise.js';
import { l2Norm, mean } from '../operations/reduce.js';
import { imagenetPreprocessing } from './backbone.js';
import { type ConvNeXtBody, EPS, schema } from './convnext-body.js';
import { CONVNEXT_SPELLINGS, proposeConvNeXt } from './convnext-spellings.js';
import { defineFamily } from './family.js';
import { channelsFirst, channelsLast, layerNorm2d } from './token-layers.js';

/** Keeps a map of zeros from a division by 0. */
const RESPONSE_EPS = 1e-6;

function variant(depths: number[], widths: number[]): ConvNeXtBody {
  return {
    family: 'convnext',
    ...{ patch: 4, depths, widths, kernel: 7, layerScale: true, responseNorm: false },
    norm: { eps: EPS },
  };
}

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
  variants: {
    convnext_tiny: variant([3, 3, 9, 3], [96, 192, 384, 768]),
    convnext_small: variant([3, 3, 27, 3], [96, 192, 384, 768]),
    convnext_base: variant([3, 3, 27, 3], [128, 256, 512, 1024]),
    convnext_large: variant([3, 3, 27, 3], [192, 384, 768, 1536]),
  },
  preprocessing: (name) => ({ ...imagenetPreprocessing, resize: RESIZE[name ?? ''] ?? imagenetPreprocessing.resize }),
  head: { module: 'classifier', layers: [{ name: '', layer: 'linear' }], before: 'norm' },
  embedding: ({ norm }) => `pooled features, ${norm?.first === true ? 'of' : 'after'} the last layer norm`,
  network: convnext,
  features: ({ widths }) => widths.at(-1)!,
  essence: ({ depths, widths, responseNorm }) => ({ depths, widths, responseNorm }),
  spellings: CONVNEXT_SPELLINGS,
  propose: proposeConvNeXt,
});

/** @param head the layers of `classifier`; they take the features */
function convnext(body: ConvNeXtBody, head: Layer): Layer {
  return (m, image) => {
    const { norm } = body;
    let x = m.run('features', features(body), image);
    const isFirst = norm?.first === true;
    if (isFirst) x = m.run('norm_pre', layerNorm2d(norm.eps), x);
    x = flatten(m, m.run('avgpool', adaptiveAvgPool2d(1), x));
    x = m.run('norm', norm === null || isFirst ? identity : layerNorm(norm.eps), x);
    return m.run('classifier', head, x);
  };
}

function features(body: ConvNeXtBody): Layer {
  const { patch, depths, widths, eps = EPS } = body;
  const stages = depths.map((depth) => sequential(...new Array<Layer>(depth).fill(block(body))));
  return sequential(
    sequential(conv2d(widths[0]!, patch, { stride: patch }), layerNorm2d(eps)),
    ...stages.flatMap((stage, i) => {
      const next = widths[i + 1];
      return next === undefined ? [stage] : [stage, sequential(layerNorm2d(eps), conv2d(next, 2, { stride: 2 }))];
    }),
  );
}

function block({ kernel, layerScale, responseNorm, eps = EPS, activation }: ConvNeXtBody): Layer {
  return (m, x) => {
    const { channels } = x;
    const filter = conv2d(channels, kernel, { padding: (kernel - 1) / 2, groups: 'depthwise' });
    const layers: [string, Layer][] = [
      ['0', filter],
      ['1', channelsLast],
      ['2', layerNorm(eps)],
      ['3', linear(4 * channels)],
      ['4', pointwise(activation ?? 'gelu')],
      ...(responseNorm ? ([['grn', globalResponseNorm]] as [string, Layer][]) : []),
      ['5', linear(channels)],
      ['6', channelsFirst],
    ];
    const parts: Layer = (inner, value) => layers.reduce((y, [name, layer]) => inner.run(name, layer, y), value);
    const y = m.run('block', parts, x);
    if (!layerScale) return add(m, y, x);
    return add(m, multiply(m, y, parameter(m, 'layer_scale', { shape: [channels, 1, 1] })), x);
  };
}

/** `x + β + γ·x·g/(mean g + ε)`, where `g` is the L2 norm of each channel over the map: `[N, H, W, C]`. */
const globalResponseNorm: Layer = (m, x) => {
  const factor = (name: string) => parameter(m, name, { shape: [1, 1, x.channels], stored: [x.channels] });
  const norms = l2Norm(m, x, [1, 2]);
  const average = add(m, mean(m, norms, [3], true), constant(m, 'eps', { shape: [1, 1, 1], values: [RESPONSE_EPS] }));
  const scaled = multiply(m, multiply(m, x, divide(m, norms, average)), factor('weight'));
  return add(m, x, add(m, scaled, factor('bias')));
};
