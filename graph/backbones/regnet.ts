/**
 * RegNet X and Y (Radosavovic et al., https://arxiv.org/abs/2003.13678) as torchvision lays them out
 * (`torchvision/models/regnet.py`), of any depth and width.
 */
import { z } from 'zod';
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { add } from '../operations/add.js';
import { flatten } from '../operations/flatten.js';
import type { Layer } from '../operations/layer.js';
import { pointwise } from '../operations/pointwise.js';
import { imagenetPreprocessing } from './backbone.js';
import { convNorm, squeezeExcitation } from './conv-norm.js';
import { defineFamily, type Proposal, type Shapes, type Spelling } from './family.js';
import { channels, perBlock, perStage } from './limits.js';

interface RegNetBody {
  family: 'regnet';
  stem: number;
  stages: RegNetStage[];
}

interface RegNetStage {
  width: number;
  /** Channels inside the blocks. */
  inside: number;
  /** Channels of a group of the 3×3 convolutions. */
  group: number;
  /** One a block: channels of its squeeze-and-excitation; 0: none. */
  squeeze: number[];
}

const schema: z.ZodType<RegNetBody> = z.object({
  family: z.literal('regnet'),
  stem: channels,
  stages: perStage(
    z.object({
      width: channels,
      inside: channels,
      group: channels,
      squeeze: perBlock(z.number().int().min(0).max(65_536)),
    }),
  ),
});

const STEM = 32;
/** RegNet Y: channels of the squeeze-and-excitation, as a share of the block's input. */
const SQUEEZE = 0.25;

/** Depths, widths and group width of each network, as the design space's parameters give them (table 5 and 6). */
type Network = readonly [depths: readonly number[], widths: readonly number[], group: number];

const Y: Readonly<Record<string, Network>> = {
  '400mf': [[1, 3, 6, 6], [48, 104, 208, 440], 8],
  '800mf': [[1, 3, 8, 2], [64, 144, 320, 784], 16],
  '1_6gf': [[2, 6, 17, 2], [48, 120, 336, 888], 24],
  '3_2gf': [[2, 5, 13, 1], [72, 216, 576, 1512], 24],
  '8gf': [[2, 4, 10, 1], [224, 448, 896, 2016], 56],
  '16gf': [[2, 4, 11, 1], [224, 448, 1232, 3024], 112],
  '32gf': [[2, 5, 12, 1], [232, 696, 1392, 3712], 232],
  '128gf': [[2, 7, 17, 1], [528, 1056, 2904, 7392], 264],
};
const X: Readonly<Record<string, Network>> = {
  '400mf': [[1, 2, 7, 12], [32, 64, 160, 400], 16],
  '800mf': [[1, 3, 7, 5], [64, 128, 288, 672], 16],
  '1_6gf': [[2, 4, 10, 2], [72, 168, 408, 912], 24],
  '3_2gf': [[2, 6, 15, 2], [96, 192, 432, 1008], 48],
  '8gf': [[2, 5, 15, 1], [80, 240, 720, 1920], 120],
  '16gf': [[2, 6, 13, 1], [256, 512, 896, 2048], 128],
  '32gf': [[2, 7, 13, 1], [336, 672, 1344, 2520], 168],
};

function variant([depths, widths, group]: Network, squeezes: boolean): RegNetBody {
  const stages = widths.map((width, stage) => {
    const squeeze = Array.from({ length: depths[stage]! }, (_, block) => {
      const inputs = block > 0 ? width : (widths[stage - 1] ?? STEM);
      return squeezes ? Math.round(SQUEEZE * inputs) : 0;
    });
    return { width, inside: width, group: Math.min(group, width), squeeze };
  });
  return { family: 'regnet', stem: STEM, stages };
}

function named(kind: 'x' | 'y', networks: Readonly<Record<string, Network>>): Record<string, RegNetBody> {
  return Object.fromEntries(
    Object.entries(networks).map(([name, network]) => [`regnet_${kind}_${name}`, variant(network, kind === 'y')]),
  );
}

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)trunk_output\.block1\.block1-0\.f\.a\.0\.weight$/,
  rename: (name) => (/^(stem|trunk_output)\./.test(name) ? name : null),
};

const CONV_NORM: Readonly<Record<string, string>> = { conv: '0', bn: '1', convolution: '0', normalization: '1' };

const TIMM: Spelling = {
  library: 'timm',
  normsActivate: true,
  anchor: /^(.*\.|)s1\.b1\.conv1\.conv\.weight$/,
  rename(name) {
    const stem = /^stem\.(conv|bn)\.(\w+)$/.exec(name);
    if (stem !== null) return `stem.${CONV_NORM[stem[1]!]}.${stem[2]}`;
    const [, stage, block, part, tensor] = /^s(\d)\.b(\d+)\.(.+)\.(\w+)$/.exec(name) ?? [];
    const path = `trunk_output.block${stage}.block${stage}-${Number(block) - 1}`;
    const [module = '', inner = ''] = (part ?? '').split('.');
    if (module === 'se') return `${path}.f.se.${inner}.${tensor}`;
    const place = { conv1: 'f.a', conv2: 'f.b', conv3: 'f.c', downsample: 'proj' }[module];
    return place === undefined ? null : `${path}.${place}.${CONV_NORM[inner]}.${tensor}`;
  },
};

const TRANSFORMERS: Spelling = {
  library: 'transformers',
  anchor: /^(.*\.|)encoder\.stages\.0\.layers\.0\.layer\.2\.(?:convolution|attention\.0)\.weight$/,
  rename(name, { prefix, shapes }) {
    const stem = /^embedder\.embedder\.(convolution|normalization)\.(\w+)$/.exec(name);
    if (stem !== null) return `stem.${CONV_NORM[stem[1]!]}.${stem[2]}`;
    const [, stage, block, part, tensor] = /^encoder\.stages\.(\d)\.layers\.(\d+)\.(.+)\.(\w+)$/.exec(name) ?? [];
    if (part === undefined) return null;
    const path = `trunk_output.block${Number(stage) + 1}.block${Number(stage) + 1}-${block}`;
    const [, shortcut] = /^shortcut\.(\w+)$/.exec(part) ?? [];
    if (shortcut !== undefined) return `${path}.proj.${CONV_NORM[shortcut]}.${tensor}`;
    const [, squeeze] = /^layer\.2\.attention\.([02])$/.exec(part) ?? [];
    if (squeeze !== undefined) return `${path}.f.se.fc${squeeze === '0' ? 1 : 2}.${tensor}`;
    const [, position, inner] = /^layer\.(\d)\.(\w+)$/.exec(part) ?? [];
    const squeezes = shapes.has(`${prefix}encoder.stages.${stage}.layers.${block}.layer.2.attention.0.weight`);
    const letter = { 0: 'a', 1: 'b', [squeezes ? 3 : 2]: 'c' }[Number(position)];
    return letter === undefined ? name : `${path}.f.${letter}.${CONV_NORM[inner!]}.${tensor}`;
  },
};

export const regnets = defineFamily<RegNetBody>({
  name: 'regnet',
  title: 'a RegNet',
  schema,
  variants: { ...named('x', X), ...named('y', Y) },
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'fc', layers: [{ name: '', layer: 'linear' }], before: 'avgpool' },
  network: regnet,
  features: ({ stages }) => stages.at(-1)!.width,
  spellings: [TORCHVISION, TIMM, TRANSFORMERS],
  propose,
});

/** @param head the layers of `fc`; they take the features */
function regnet({ stem, stages }: RegNetBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('stem', convNorm(stem, 3, { stride: 2, padding: 1, activation: relu }), image);
    x = m.run('trunk_output', trunk(stages), x);
    x = flatten(m, m.run('avgpool', adaptiveAvgPool2d(1), x));
    return m.run('fc', head, x);
  };
}

function trunk(stages: readonly RegNetStage[]): Layer {
  return (m, x) => stages.reduce((value, body, i) => m.run(`block${i + 1}`, stage(body, i + 1), value), x);
}

/** Each stage halves the map in its first block. */
function stage(body: RegNetStage, number: number): Layer {
  return (m, x) =>
    body.squeeze.reduce((value, squeeze, i) => {
      return m.run(`block${number}-${i}`, block(body, squeeze, i === 0 ? 2 : 1), value);
    }, x);
}

function block({ width, inside, group }: RegNetStage, squeeze: number, stride: number): Layer {
  return (m, x) => {
    const isSame = stride === 1 && x.channels === width;
    const shortcut = isSame ? x : m.run('proj', convNorm(width, 1, { stride }), x);
    const y = m.run('f', transform({ width, inside, group, squeeze, stride }), x);
    return m.run('activation', relu, add(m, shortcut, y));
  };
}

interface Transform extends Omit<RegNetStage, 'squeeze'> {
  squeeze: number;
  stride: number;
}

function transform({ width, inside, group, squeeze, stride }: Transform): Layer {
  return (m, x) => {
    let y = m.run('a', convNorm(inside, 1, { activation: relu }), x);
    y = m.run('b', convNorm(inside, 3, { stride, padding: 1, groups: inside / group, activation: relu }), y);
    if (squeeze > 0) y = m.run('se', squeezeExcitation(squeeze, { activation: relu, gate: pointwise('sigmoid') }), y);
    return m.run('c', convNorm(width, 1), y);
  };
}

function propose(shapes: Shapes): Proposal<RegNetBody>[] {
  const first = shapes.get('stem.0.weight');
  const stages: RegNetStage[] = [];
  const path = (block: number) => `trunk_output.block${stages.length + 1}.block${stages.length + 1}-${block}.f`;
  while (shapes.has(`${path(0)}.a.0.weight`)) {
    const squeeze: number[] = [];
    while (shapes.has(`${path(squeeze.length)}.a.0.weight`)) {
      squeeze.push(shapes.get(`${path(squeeze.length)}.se.fc1.weight`)?.[0] ?? 0);
    }
    const [inside = 0, group = 0] = shapes.get(`${path(0)}.b.0.weight`) ?? [];
    stages.push({ width: shapes.get(`${path(0)}.c.0.weight`)?.[0] ?? 0, inside, group, squeeze });
  }
  const isWhole =
    stages.length > 0 && stages.every(({ width, inside, group }) => width * group > 0 && inside % group === 0);
  if (first?.length !== 4 || !isWhole) return [];
  return [{ body: { family: 'regnet', stem: first[0]!, stages }, channels: first[1]!, assumed: [] }];
}
