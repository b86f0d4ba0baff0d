/** EfficientNet's body: data, spellings, and how shapes show it. ε and padding are the library's (timm: `tf_`). */
import * as z from 'zod';
import type { Forward, Hints, Proposal } from './family.js';
import { channels, eps, perBlock, perStage, stride } from './limits.js';
import { type BlockNames, blockModule, mbBlockSchema, readMbBlock, timmBlockNames } from './mbconv.js';
import { countOf, type Place, perPlace, type Shapes, type Spelling, spelling } from './spelling.js';

const ACTIVATIONS = ['silu', 'relu6', 'relu'] as const;

/** More than any network has. */
const MOST_BLOCKS = 1000;

export const schema = z.object({
  family: z.literal('efficientnet'),
  /** Output channels of the first convolution. */
  stem: channels,
  stages: perStage(z.object({ stride, blocks: perBlock(mbBlockSchema) })),
  /** Output channels of the last convolution. */
  last: channels,
  /** That of the squeeze-and-excitations is the same. */
  activation: z.enum(ACTIVATIONS),
  eps,
  padding: z.enum(['symmetric', 'same', 'uneven']),
  /** Blocks, from 0 on, that are padded evenly though the padding is `uneven`. */
  evenBlocks: z.array(z.number().int().min(0).max(MOST_BLOCKS)).max(MOST_BLOCKS).optional(),
  /** Whether the first block of a stage adds its input, if it fits. Default: yes. */
  firstAdds: z.boolean().optional(),
});
export type EfficientNetBody = z.infer<typeof schema>;

/** The stride of each stage. The networks with six stages have the first six. */
const STRIDES = [1, 2, 2, 2, 1, 2, 1] as const;

const TORCHVISION = spelling('torchvision', /^(.*\.|)1\.0\.block\.0\.0\.weight$/, [[/^(\d\.\d+)\./, 'features.$1.']]);

const TIMM: Spelling = {
  library: 'timm',
  normsActivate: true,
  anchor: /^(.*\.|)blocks\.0\.0\.(?:conv_dw|conv)\.weight$/,
  rename(name, place) {
    const [, module = '', tensor] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const { prefix, shapes } = place;
    const last = `features.${1 + timmStages(place)}`;
    const outer = { conv_stem: 'features.0.0', bn1: 'features.0.1', conv_head: `${last}.0`, bn2: `${last}.1` }[module];
    if (outer !== undefined) return `${outer}.${tensor}`;
    const [, stage, block, part] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(module) ?? [];
    if (part === undefined) return null;
    const names = timmBlockNames((own) => shapes.has(`${prefix}blocks.${stage}.${block}.${own}.weight`));
    const usual = blockModule(part, names);
    return usual === null ? name : `features.${Number(stage) + 1}.${block}.${usual}.${tensor}`;
  },
};

const timmStages = perPlace((place) => countOf((i) => stageHas(place, i)));

function stageHas({ prefix, shapes }: Place, stage: number): boolean {
  const first = `${prefix}blocks.${stage}.0`;
  return ['conv_dw', 'conv', 'conv_exp'].some((conv) => shapes.has(`${first}.${conv}.weight`));
}

/** Blocks are numbered through all stages. If nothing counts them, stages end where output channels change. */
interface Flat {
  outer: Readonly<Record<string, string>>;
  block: RegExp;
  names: BlockNames;
  blockPath(index: number): string;
}

function flatSpelling(library: Spelling['library'], anchor: RegExp, flat: Flat): Spelling {
  const stagesAt = perPlace(({ prefix, shapes, config }) => {
    const outs = outputsOf(shapes, (i) => `${prefix}${flat.blockPath(i)}.${flat.names.project[0]}.weight`);
    return countedStages(config, outs.length) ?? stagesOf(outs);
  });
  return {
    library,
    anchor,
    rename(name, place) {
      const { prefix, shapes } = place;
      const [, module = '', tensor] = /^(.*)\.(\w+)$/.exec(name) ?? [];
      const stages = stagesAt(place);
      const last = 2 + (stages.at(-1)?.stage ?? 0);
      const outer = flat.outer[module]?.replace('LAST', String(last));
      if (outer !== undefined) return `features.${outer}.${tensor}`;
      const [, index, part] = flat.block.exec(module) ?? [];
      if (index === undefined || part === undefined) return null;
      const has = (own: string) => shapes.has(`${prefix}${flat.blockPath(Number(index))}.${own}.weight`);
      const { expand, filter, squeeze, project } = flat.names;
      const names = { ...(has(expand[0]) ? { expand } : {}), filter, ...(has(squeeze[0]) ? { squeeze } : {}), project };
      const usual = blockModule(part, names);
      if (usual === null) return name;
      const { stage, inside } = stages[Number(index)] ?? { stage: 0, inside: Number(index) };
      return `features.${stage + 1}.${inside}.${usual}.${tensor}`;
    },
  };
}

/** The stages that `config.json` of transformers counts; null where it does not, or counts other blocks. */
function countedStages(config: Hints['config'], blocks: number): Stage[] | null {
  const { num_block_repeats: repeats, depth_coefficient: depth } = { ...BLOCKS, ...config };
  if (config === undefined || typeof depth !== 'number' || !Array.isArray(repeats)) return null;
  const places = repeats.flatMap((count, stage) => {
    return Array.from({ length: Math.ceil(depth * Number(count)) || 0 }, (_, inside) => ({ stage, inside }));
  });
  return places.length === blocks ? places : null;
}

/** The defaults of transformers' `EfficientNetConfig`. */
const BLOCKS: NonNullable<Hints['config']> = { num_block_repeats: [1, 2, 2, 3, 3, 4, 1], depth_coefficient: 3.1 };

interface Stage {
  stage: number;
  /** Position in the stage. */
  inside: number;
}

function outputsOf(shapes: Shapes, projection: (index: number) => string): number[] {
  return Array.from({ length: countOf((i) => shapes.has(projection(i))) }, (_, i) => shapes.get(projection(i))![0]!);
}

/** The stage of each block, and its position there. */
function stagesOf(outs: readonly number[]): Stage[] {
  const places: Stage[] = [];
  for (const [i, out] of outs.entries()) {
    const before = places.at(-1) ?? { stage: 0, inside: -1 };
    const isSame = i === 0 || out === outs[i - 1];
    places.push(isSame ? { stage: before.stage, inside: before.inside + 1 } : { stage: before.stage + 1, inside: 0 });
  }
  return places;
}

/** https://github.com/lukemelas/EfficientNet-PyTorch */
const LUKEMELAS = flatSpelling('others', /^(.*\.|)_blocks\.0\._depthwise_conv\.weight$/, {
  outer: { _conv_stem: '0.0', _bn0: '0.1', _conv_head: 'LAST.0', _bn1: 'LAST.1' },
  block: /^_blocks\.(\d+)\.(.+)$/,
  names: {
    expand: ['_expand_conv', '_bn0'],
    filter: ['_depthwise_conv', '_bn1'],
    squeeze: ['_se_reduce', '_se_expand'],
    project: ['_project_conv', '_bn2'],
  },
  blockPath: (index) => `_blocks.${index}`,
});

const TRANSFORMERS = flatSpelling(
  'transformers',
  /^(.*\.|)encoder\.blocks\.0\.depthwise_conv\.depthwise_conv\.weight$/,
  {
    outer: {
      'embeddings.convolution': '0.0',
      'embeddings.batchnorm': '0.1',
      'encoder.top_conv': 'LAST.0',
      'encoder.top_bn': 'LAST.1',
    },
    block: /^encoder\.blocks\.(\d+)\.(.+)$/,
    names: {
      expand: ['expansion.expand_conv', 'expansion.expand_bn'],
      filter: ['depthwise_conv.depthwise_conv', 'depthwise_conv.depthwise_norm'],
      squeeze: ['squeeze_excite.reduce', 'squeeze_excite.expand'],
      project: ['projection.project_conv', 'projection.project_bn'],
    },
    blockPath: (index) => `encoder.blocks.${index}`,
  },
);

export const EFFICIENTNET_SPELLINGS: readonly Spelling[] = [TORCHVISION, TIMM, LUKEMELAS, TRANSFORMERS];

/** Output channels of the last convolution from which on torchvision's networks, B5 to B7, have another ε. */
const LARGE = 2048;

export function proposeEfficientNet(shapes: Shapes, hints: Hints): Proposal<EfficientNetBody>[] {
  const first = shapes.get('features.0.0.weight');
  const count = countOf((i) => shapes.has(`features.${i + 1}.0.block.0.0.weight`));
  const last = shapes.get(`features.${count + 1}.0.weight`)?.[0];
  if (first?.length !== 4 || last === undefined || count < STRIDES.length - 1 || count > STRIDES.length) return [];
  const stages = Array.from({ length: count }, (_, i) => {
    const length = countOf((j) => shapes.has(`features.${i + 1}.${j}.block.0.0.weight`));
    const blocks = Array.from({ length }, (_, j) => readMbBlock(shapes, `features.${i + 1}.${j}`));
    return { stride: STRIDES[i]!, blocks: blocks.filter((block) => block !== null) };
  });
  const [stem = 0, channels = 0] = first;
  const all = stages.flatMap(({ blocks }) => blocks);
  const squeezes = all.some(({ squeeze }) => squeeze > 0);
  const isFirst = all.every(({ kind }) => kind === 'inverted' || kind === 'depthwise');
  const body = { family: 'efficientnet', stem, stages, last, activation: squeezes ? 'silu' : 'relu6' } as const;
  // Stages of the same width cannot be told apart.
  if (isNumberedThrough(hints) && count !== STRIDES.length) return [];
  return stylesOf(hints, isFirst ? '' : 'v2_', isFirst && last < LARGE).map(({ reading, ...style }) => ({
    body: { ...body, ...style },
    channels,
    assumed: squeezes || style.activation ? [] : ['its activations are ReLU6, as in EfficientNet-Lite'],
    reading,
  }));
}

function isNumberedThrough({ spelling }: Hints): boolean {
  return spelling === 'transformers' || spelling === 'others';
}

type Style = Pick<EfficientNetBody, 'eps' | 'padding' | 'evenBlocks' | 'firstAdds'> &
  Partial<Pick<EfficientNetBody, 'activation'>> & { reading: string };

/** What no tensor says. */
function stylesOf({ spelling, forward, config }: Hints, version: string, isSmall: boolean): Style[] {
  if (spelling === 'torchvision') {
    return [{ eps: isSmall ? 1e-5 : 0.001, padding: 'symmetric', reading: 'torchvision:efficientnet' }];
  }
  if (spelling === 'transformers') return [transformersStyle(config ?? {})];
  if (spelling !== 'timm') return [{ eps: 0.001, padding: 'same', reading: 'lukemelas:efficientnet' }];
  const name = version === '' ? 'efficientnet_b0' : 'efficientnetv2_s';
  if (forward !== undefined) return named(forward, `timm:${name}`);
  return [
    { eps: 1e-5, padding: 'symmetric', reading: `timm:${name}` },
    { eps: 0.001, padding: 'same', reading: `timm:tf_${name}` },
  ];
}

/** None for an activation that no EfficientNet has. */
function named({ activation = 'silu', eps = 1e-5, padding }: Forward, reading: string): Style[] {
  const known = ACTIVATIONS.find((name) => name === activation);
  return known === undefined ? [] : [{ activation: known, eps, padding: padding ?? 'symmetric', reading }];
}

function transformersStyle({ batch_norm_eps: eps, depthwise_padding: even }: NonNullable<Hints['config']>): Style {
  const blocks = Array.isArray(even) ? even.filter((block): block is number => typeof block === 'number') : [];
  return {
    eps: typeof eps === 'number' ? eps : 0.001,
    padding: 'uneven',
    firstAdds: false,
    ...(blocks.length === 0 ? {} : { evenBlocks: blocks }),
    reading: 'transformers:efficientnet',
  };
}
