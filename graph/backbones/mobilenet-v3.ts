/** MobileNetV3 (https://arxiv.org/abs/1905.02244) as `torchvision/models/mobilenetv3.py` has it, of any width. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Hints, numbered, type Proposal, type Setting } from './family.js';
import { channels, channelsOrNone, eps } from './limits.js';
import {
  blockModule,
  type MbBlock,
  mbBlock,
  mbBlockSchema,
  paddingsOf,
  readMbBlock,
  timmBlockNames,
} from './mbconv.js';
import { convNorm } from './shared-layers.js';
import { countsOf, perPlace, type Shapes, type Spelling, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('mobilenet_v3'),
  /** Strides and activations, which do not show in the blocks. */
  size: z.enum(['large', 'small']),
  stem: channels,
  blocks: z.array(mbBlockSchema).min(1).max(15),
  last: channels,
  /** Width of the first Linear of the own head. */
  hidden: channels,
  /** Width of a Linear with hard-swish in the body, which timm keeps where there is no classifier. 0: none. */
  projected: channelsOrNone,
  eps,
  padding: z.enum(['symmetric', 'same']),
});
type MobileNetV3Body = z.infer<typeof schema>;

/** Filter, squeeze-and-excitation, stride; and whether the activation is hard-swish. */
type Row = readonly [kernel: number, squeezes: 0 | 1, stride: number, hardswish: 0 | 1];

/** Tables 1 and 2 of the paper. */
const TABLES: Readonly<Record<MobileNetV3Body['size'], { rows: readonly Row[]; hidden: number }>> = {
  large: {
    rows: [
      [3, 0, 1, 0],
      [3, 0, 2, 0],
      [3, 0, 1, 0],
      [5, 1, 2, 0],
      [5, 1, 1, 0],
      [5, 1, 1, 0],
      [3, 0, 2, 1],
      [3, 0, 1, 1],
      [3, 0, 1, 1],
      [3, 0, 1, 1],
      [3, 1, 1, 1],
      [3, 1, 1, 1],
      [5, 1, 2, 1],
      [5, 1, 1, 1],
      [5, 1, 1, 1],
    ],
    hidden: 1280,
  },
  small: {
    rows: [
      [3, 1, 2, 0],
      [3, 0, 2, 0],
      [3, 0, 1, 0],
      [5, 1, 2, 1],
      [5, 1, 1, 1],
      [5, 1, 1, 1],
      [5, 1, 1, 1],
      [5, 1, 1, 1],
      [5, 1, 2, 1],
      [5, 1, 1, 1],
      [5, 1, 1, 1],
    ],
    hidden: 1024,
  },
};

const TORCHVISION = spelling('torchvision', /^(.*\.|)1\.block\.0\.0\.weight$/, [
  [/^(\d+\.(?:block|0|1))\./, 'features.$1.'],
]);

/** The positions of the first block of each of timm's stages. */
const firstBlocks = perPlace(({ prefix, shapes }) => {
  const counts = countsOf((stage, block) => shapes.has(`${prefix}blocks.${stage}.${block}.conv_dw.weight`));
  const positions = [1];
  for (const count of counts) positions.push(positions.at(-1)! + count);
  return positions;
});

const TIMM: Spelling = {
  library: 'timm',
  normsActivate: true,
  anchor: /^(.*\.|)blocks\.0\.0\.conv_dw\.weight$/,
  rename(name, place) {
    const { prefix, shapes } = place;
    const [, module = '', tensor] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const has = (path: string) => shapes.has(`${prefix}${path}.weight`);
    const outer = { conv_stem: '0.0', bn1: '0.1' }[module];
    if (outer !== undefined) return `features.${outer}.${tensor}`;
    if (module === 'conv_head') return has('classifier') ? null : `conv_head.${tensor}`;
    const [, stage, block, part] = /^blocks\.(\d+)\.(\d+)\.(.+)$/.exec(module) ?? [];
    if (part === undefined) return null;
    const position = (firstBlocks(place)[Number(stage)] ?? 0) + Number(block);
    // The last convolution is a stage of its own.
    if (has(`blocks.${stage}.0.conv`)) return `features.${position}.${part === 'conv' ? 0 : 1}.${tensor}`;
    const names = timmBlockNames((own) => has(`blocks.${stage}.${block}.${own}`));
    const usual = blockModule(part, names);
    return usual === null ? name : `features.${position}.${usual}.${tensor}`;
  },
};

export const mobilenetsV3 = defineFamily<MobileNetV3Body>({
  name: 'mobilenet_v3',
  title: 'a MobileNetV3',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'classifier', layers: [], before: 'avgpool' },
  headLayers: ({ hidden }) => numbered(hidden, 'hardswish', 'dropout', 'linear'),
  network: mobilenetV3,
  before: ({ projected }) => (projected > 0 ? 'act2' : 'avgpool'),
  embedding: ({ projected }) => (projected > 0 ? 'pooled features, after a Linear and hard-swish' : 'pooled features'),
  features: ({ last, projected }) => (projected > 0 ? projected : last),
  essence: ({ size, stem, blocks, last, projected }) => ({ size, stem, blocks, last, projected }),
  spellings: [TORCHVISION, TIMM],
  propose,
  refine: withHiddenSize,
  underOtherHead: (body) => ({ ...body, hidden: TABLES[body.size].hidden }),
});

function mobilenetV3(body: MobileNetV3Body, head: Layer, setting: Setting): Layer {
  return (m, image) => {
    let x = m.run('features', features(body, setting), image);
    x = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
    const { projected } = body;
    if (projected > 0) x = m.run('act2', nn.pointwise('hardswish'), m.run('conv_head', nn.linear(projected), x));
    return m.run('classifier', head, x);
  };
}

function features({ size, stem, blocks, last, eps, padding: mode }: MobileNetV3Body, { image }: Setting): Layer {
  const pad = paddingsOf(mode, image);
  const hardswish = nn.pointwise('hardswish');
  const squeeze = { activation: nn.relu, gate: nn.pointwise('hardsigmoid') };
  return nn.sequential(
    convNorm(stem, 3, { stride: 2, padding: pad(3, 2), activation: hardswish, eps }),
    ...blocks.map((block, i) => {
      const [, , stride, isHard] = TABLES[size].rows[i]!;
      const style = { activation: isHard === 1 ? hardswish : nn.relu, squeeze, eps };
      return mbBlock(block, stride, pad(block.kernel, stride), style);
    }),
    convNorm(last, 1, { activation: hardswish, eps }),
  );
}

function propose(shapes: Shapes, hints: Hints): Proposal<MobileNetV3Body>[] {
  const first = shapes.get('features.0.0.weight');
  const blocks: MbBlock[] = [];
  for (let block = readMbBlock(shapes, 'features.1'); block !== null; ) {
    blocks.push(block);
    block = readMbBlock(shapes, `features.${blocks.length + 1}`);
  }
  const last = shapes.get(`features.${blocks.length + 1}.0.weight`)?.[0];
  const size = (['large', 'small'] as const).find((name) => {
    const { rows } = TABLES[name];
    const fits = ([kernel, squeezes]: Row, i: number) =>
      blocks[i]?.kernel === kernel && blocks[i].squeeze > 0 === (squeezes === 1);
    return rows.length === blocks.length && rows.every(fits);
  });
  if (first?.length !== 4 || last === undefined || size === undefined) return [];
  const [stem = 0, inputs = 0] = first;
  const { hidden } = TABLES[size];
  const projected = shapes.get('conv_head.weight')?.[0] ?? 0;
  return stylesOf(hints, size).map(({ reading, ...style }) => ({
    body: { family: 'mobilenet_v3', size, stem, blocks, last, hidden, projected, ...style },
    channels: inputs,
    assumed: [],
    reading,
  }));
}

type Style = Pick<MobileNetV3Body, 'eps' | 'padding'> & { reading: string };

/** What no tensor says: timm has the networks of TensorFlow under names with `tf_`. */
function stylesOf({ spelling, forward }: Hints, size: MobileNetV3Body['size']): Style[] {
  if (spelling === 'torchvision')
    return [{ eps: 0.001, padding: 'symmetric', reading: `torchvision:mobilenet_v3_${size}` }];
  const styles: Style[] = [
    { eps: 1e-5, padding: 'symmetric', reading: `timm:mobilenetv3_${size}_100` },
    { eps: 0.001, padding: 'same', reading: `timm:tf_mobilenetv3_${size}_100` },
  ];
  if (forward === undefined) return styles;
  const { eps = 1e-5, padding = 'symmetric' } = forward;
  return [{ eps, padding, reading: `timm:mobilenetv3_${size}_100` }];
}

/** The width of the head's first Linear, which timm keeps as a convolution. */
function withHiddenSize(body: MobileNetV3Body, rest: readonly (readonly number[])[]) {
  const found = rest.find(([, inputs, height = 1]) => inputs === body.last && height === 1)?.[0];
  return found === undefined ? null : { body: { ...body, hidden: found }, assumed: [] };
}
