/**
 * ConvNeXt (Liu et al., https://arxiv.org/abs/2201.03545) as torchvision lays it out (`torchvision/models/convnext.py`), of any
 * depth and width. The layer norm before the classifier is the module `norm` here; torchvision has it inside `classifier`.
 */
import { z } from 'zod';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { add } from '../operations/add.js';
import { multiply } from '../operations/arithmetic.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { identity } from '../operations/identity.js';
import { type Layer, sequential } from '../operations/layer.js';
import { layerNorm } from '../operations/layer-norm.js';
import { linear } from '../operations/linear.js';
import { parameter } from '../operations/parameter.js';
import { pointwise } from '../operations/pointwise.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Hints, type Proposal, type Shapes, type Spelling } from './family.js';
import { blocks, channels, kernel, perStage } from './limits.js';
import { channelsFirst, channelsLast, layerNorm2d } from './token-layers.js';

interface ConvNeXtBody {
  family: 'convnext';
  /** Side and stride of the first convolution. */
  patch: number;
  /** Blocks of each stage. */
  depths: number[];
  /** Channels of each stage. */
  widths: number[];
  kernel: number;
  /** Whether a layer norm stands before the head, and its ε. */
  norm: { eps: number } | null;
}

const schema: z.ZodType<ConvNeXtBody> = z.object({
  family: z.literal('convnext'),
  patch: kernel,
  depths: perStage(blocks),
  widths: perStage(channels),
  kernel,
  norm: z.object({ eps: z.number().positive().max(1) }).nullable(),
});

/** ε of the layer norms; transformers has another in the last one. */
const EPS = 1e-6;
const TRANSFORMERS_EPS = 1e-12;

function variant(depths: number[], widths: number[]): ConvNeXtBody {
  return { family: 'convnext', patch: 4, depths, widths, kernel: 7, norm: { eps: EPS } };
}

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)features\.1\.0\.block\.0\.weight$/,
  rename(name) {
    const [, part] = /^classifier\.0\.(weight|bias)$/.exec(name) ?? [];
    if (part !== undefined) return `norm.${part}`;
    return /^(features|norm)\./.test(name) ? name : null;
  },
};

/** Parts of a block in other libraries, by torchvision's position. */
const PARTS: Readonly<Record<string, string>> = {
  conv_dw: 'block.0',
  norm: 'block.2',
  'mlp.fc1': 'block.3',
  'mlp.fc2': 'block.5',
  dwconv: 'block.0',
  layernorm: 'block.2',
  pwconv1: 'block.3',
  pwconv2: 'block.5',
};

function stageSpelling(
  library: Spelling['library'],
  anchor: RegExp,
  names: { stem: RegExp; stage: RegExp; downsample: string; norm: RegExp; scale: string },
): Spelling {
  return {
    library,
    anchor,
    rename(name) {
      const stem = names.stem.exec(name);
      if (stem !== null) return `features.0.${stem[1] ?? (name.includes('norm') ? 1 : 0)}.${stem[2]}`;
      const norm = names.norm.exec(name);
      if (norm !== null) return `norm.${norm[1]}`;
      const [, stage, rest = ''] = names.stage.exec(name) ?? [];
      if (stage === undefined) return null;
      const [, position, tensor] = new RegExp(`^${names.downsample}\\.(\\d)\\.(\\w+)$`).exec(rest) ?? [];
      if (position !== undefined) return `features.${2 * Number(stage)}.${position}.${tensor}`;
      const [, block, part = '', last = ''] = /^(?:blocks|layers)\.(\d+)\.(?:(.+)\.)?(\w+)$/.exec(rest) ?? [];
      if (block === undefined) return null;
      const path = `features.${2 * Number(stage) + 1}.${block}`;
      if (last === names.scale) return `${path}.layer_scale`;
      return PARTS[part] === undefined ? name : `${path}.${PARTS[part]}.${last}`;
    },
  };
}

const TIMM = stageSpelling('timm', /^(.*\.|)stages\.0\.blocks\.0\.conv_dw\.weight$/, {
  stem: /^stem\.(\d)\.(\w+)$/,
  stage: /^stages\.(\d)\.(.+)$/,
  downsample: 'downsample',
  norm: /^(?:head\.norm|norm_pre)\.(\w+)$/,
  scale: 'gamma',
});

const TRANSFORMERS = stageSpelling('transformers', /^(.*\.|)encoder\.stages\.0\.layers\.0\.dwconv\.weight$/, {
  stem: /^embeddings\.(?:patch_embeddings|layernorm)()?\.(\w+)$/,
  stage: /^encoder\.stages\.(\d)\.(.+)$/,
  downsample: 'downsampling_layer',
  norm: /^layernorm\.(\w+)$/,
  scale: 'layer_scale_parameter',
});

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
  network: convnext,
  features: ({ widths }) => widths.at(-1)!,
  essence: ({ depths, widths }) => ({ depths, widths }),
  spellings: [TORCHVISION, TIMM, TRANSFORMERS],
  propose,
});

/** @param head the layers of `classifier`; they take the features */
function convnext(body: ConvNeXtBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('features', features(body), image);
    x = flatten(m, m.run('avgpool', adaptiveAvgPool2d(1), x));
    x = m.run('norm', body.norm === null ? identity : layerNorm(body.norm.eps), x);
    return m.run('classifier', head, x);
  };
}

function features({ patch, depths, widths, kernel }: ConvNeXtBody): Layer {
  const stages = depths.map((depth) => sequential(...new Array<Layer>(depth).fill(block(kernel))));
  return sequential(
    sequential(conv2d(widths[0]!, patch, { stride: patch }), layerNorm2d(EPS)),
    ...stages.flatMap((stage, i) => {
      const next = widths[i + 1];
      return next === undefined ? [stage] : [stage, sequential(layerNorm2d(EPS), conv2d(next, 2, { stride: 2 }))];
    }),
  );
}

function block(kernel: number): Layer {
  return (m, x) => {
    const { channels } = x;
    const filter = conv2d(channels, kernel, { padding: (kernel - 1) / 2, groups: 'depthwise' });
    const parts = sequential(
      ...[filter, channelsLast, layerNorm(EPS)],
      ...[linear(4 * channels), pointwise('gelu'), linear(channels), channelsFirst],
    );
    const y = m.run('block', parts, x);
    return add(m, multiply(m, y, parameter(m, 'layer_scale', { shape: [channels, 1, 1] })), x);
  };
}

function propose(shapes: Shapes, { spelling, config }: Hints): Proposal<ConvNeXtBody>[] {
  const first = shapes.get('features.0.0.weight');
  const filter = shapes.get('features.1.0.block.0.weight');
  const depths: number[] = [];
  const widths: number[] = [];
  const path = (block: number) => `features.${2 * depths.length + 1}.${block}.block.0.weight`;
  while (shapes.has(path(0))) {
    widths.push(shapes.get(path(0))![0]!);
    let depth = 1;
    while (shapes.has(path(depth))) depth++;
    depths.push(depth);
  }
  if (first?.length !== 4 || filter?.length !== 4) return [];
  const said = config?.['layer_norm_eps'];
  const eps = spelling === 'transformers' ? (typeof said === 'number' ? said : TRANSFORMERS_EPS) : EPS;
  const norm = shapes.has('norm.weight') ? { eps } : null;
  const body: ConvNeXtBody = { family: 'convnext', patch: first[2]!, depths, widths, kernel: filter[2]!, norm };
  return [{ body, channels: first[1]!, assumed: [] }];
}
