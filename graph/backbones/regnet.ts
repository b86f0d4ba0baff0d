/** RegNet X and Y (https://arxiv.org/abs/2003.13678) as `torchvision/models/regnet.py` has them. */
import * as z from 'zod';
import type { Preprocessing } from '../../weights/index.js';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, LINEAR, type Proposal } from './family.js';
import { channels, channelsOrNone, perBlock, perStage } from './limits.js';
import { convNorm, GATED, squeezeExcitation } from './shared-layers.js';
import { countsOf, listed, type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('regnet'),
  stem: channels,
  stages: perStage(
    z.object({
      width: channels,
      /** Channels inside the blocks. */
      inside: channels,
      /** Channels of a group of the 3×3 convolutions. */
      group: channels,
      /** One a block: channels of its squeeze-and-excitation; 0: none. */
      squeeze: perBlock(channelsOrNone),
    }),
  ),
});
type RegNetBody = z.infer<typeof schema>;
type RegNetStage = RegNetBody['stages'][number];

const TORCHVISION = spelling('torchvision', /^(.*\.|)trunk_output\.block1\.block1-0\.f\.a\.0\.weight$/, [
  [/^(stem|trunk_output)\./, '$1.'],
]);

const TIMM = spelling('timm', /^(.*\.|)s1\.b1\.conv1\.conv\.weight$/, listed('regnet timm'), { normsActivate: true });

const TRANSFORMERS = spelling(
  'transformers',
  /^(.*\.|)encoder\.stages\.0\.layers\.0\.layer\.2\.(?:convolution|attention\.0)\.weight$/,
  listed('regnet transformers'),
);

export const regnets = defineFamily<RegNetBody>({
  name: 'regnet',
  title: 'a RegNet',
  schema,
  preprocessing,
  head: { module: 'fc', layers: LINEAR, before: 'avgpool' },
  network: regnet,
  features: ({ stages }) => stages.at(-1)!.width,
  spellings: [TORCHVISION, TIMM, TRANSFORMERS],
  propose,
});

function preprocessing(name: string | null): Preprocessing {
  if (name !== 'regnet_y_128gf') return imagenetPreprocessing;
  return { ...imagenetPreprocessing, size: [384, 384], resize: 384, crop: [384, 384], interpolation: 'bicubic' };
}

function regnet({ stem, stages }: RegNetBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('stem', convNorm(stem, 3, { stride: 2, padding: 1, activation: nn.relu }), image);
    x = m.run('trunk_output', trunk(stages), x);
    x = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
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

function block(body: RegNetStage, squeeze: number, stride: number): Layer {
  return (m, x) => {
    const isSame = stride === 1 && x.channels === body.width;
    const shortcut = isSame ? x : m.run('proj', convNorm(body.width, 1, { stride }), x);
    return m.run('activation', nn.relu, nn.add(m, shortcut, m.run('f', transform(body, squeeze, stride), x)));
  };
}

function transform({ width, inside, group }: RegNetStage, squeeze: number, stride: number): Layer {
  return (m, x) => {
    let y = m.run('a', convNorm(inside, 1, { activation: nn.relu }), x);
    y = m.run('b', convNorm(inside, 3, { stride, padding: 1, groups: inside / group, activation: nn.relu }), y);
    if (squeeze > 0) y = m.run('se', squeezeExcitation(squeeze, GATED), y);
    return m.run('c', convNorm(width, 1), y);
  };
}

function propose(shapes: Shapes): Proposal<RegNetBody>[] {
  const first = shapes.get('stem.0.weight');
  const path = (stage: number, block: number) => `trunk_output.block${stage + 1}.block${stage + 1}-${block}.f`;
  const counts = countsOf((stage, block) => shapes.has(`${path(stage, block)}.a.0.weight`));
  const stages = counts.map((count, stage): RegNetStage => {
    const [inside = 0, group = 0] = shapes.get(`${path(stage, 0)}.b.0.weight`) ?? [];
    const width = shapes.get(`${path(stage, 0)}.c.0.weight`)?.[0] ?? 0;
    const squeeze = Array.from({ length: count }, (_, block) => {
      return shapes.get(`${path(stage, block)}.se.fc1.weight`)?.[0] ?? 0;
    });
    return { width, inside, group, squeeze };
  });
  const isWhole =
    stages.length > 0 && stages.every(({ width, inside, group }) => width * group > 0 && inside % group === 0);
  if (first?.length !== 4 || !isWhole) return [];
  return [{ body: { family: 'regnet', stem: first[0]!, stages }, channels: first[1]!, assumed: [] }];
}
