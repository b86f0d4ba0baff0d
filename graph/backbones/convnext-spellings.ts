/** How ConvNeXts are spelt, and how a body is read from the shapes of its tensors. */
import { type ConvNeXtBody, EPS } from './convnext-body.js';
import type { Hints, Proposal, Shapes, Spelling } from './family.js';

/** ε of transformers' last layer norm. */
const TRANSFORMERS_EPS = 1e-12;

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)features\.1\.0\.block\.0\.weight$/,
  rename(name) {
    const [, part] = /^classifier\.0\.(weight|bias)$/.exec(name) ?? [];
    if (part !== undefined) return `norm.${part}`;
    return /^(features|norm)\./.test(name) ? name : null;
  },
};

/** timm's norm before the pooling. */
const FIRST_NORM = 'norm_pre';

/** Parts of a block in other libraries, by torchvision's position. */
const PARTS: Readonly<Record<string, string>> = {
  conv_dw: 'block.0',
  norm: 'block.2',
  'mlp.fc1': 'block.3',
  'mlp.grn': 'block.grn',
  'mlp.fc2': 'block.5',
  dwconv: 'block.0',
  layernorm: 'block.2',
  pwconv1: 'block.3',
  grn: 'block.grn',
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
      if (norm !== null) return `${name.startsWith(FIRST_NORM) ? FIRST_NORM : 'norm'}.${norm[1]}`;
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

export const CONVNEXT_SPELLINGS: readonly Spelling[] = [TORCHVISION, TIMM, TRANSFORMERS];

export function proposeConvNeXt(shapes: Shapes, { spelling, config, forward }: Hints): Proposal<ConvNeXtBody>[] {
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
  const own = forward?.eps ?? EPS;
  const eps = spelling === 'transformers' ? (typeof said === 'number' ? said : TRANSFORMERS_EPS) : own;
  const isFirst = shapes.has(`${FIRST_NORM}.weight`);
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
