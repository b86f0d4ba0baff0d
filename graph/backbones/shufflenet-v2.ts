/** ShuffleNetV2 (https://arxiv.org/abs/1807.11164) as `torchvision/models/shufflenetv2.py` has it. */
import * as z from 'zod';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { resizedFirst } from './backbone.js';
import { defineFamily, LINEAR, type Proposal } from './family.js';
import { blocks, channels, perStage } from './limits.js';
import { convNorm, GLOBAL_POOL, globalPool } from './shared-layers.js';
import { countsOf, type Shapes, spelling } from './spelling.js';

const even = channels.refine((count) => count % 2 === 0, 'not even');

const schema = z.object({
  family: z.literal('shufflenet_v2'),
  stem: channels,
  /** Blocks and output channels of stage2, stage3, …. */
  stages: perStage(z.object({ blocks, channels: even })),
  last: channels,
});
type ShuffleNetV2Body = z.infer<typeof schema>;

/** Number of the first stage in its name. */
const FIRST_STAGE = 2;
export const shufflenets = defineFamily<ShuffleNetV2Body>({
  name: 'shufflenet_v2',
  title: 'a ShuffleNetV2',
  schema,
  preprocessing: resizedFirst({ shufflenet_v2_x1_5: 232, shufflenet_v2_x2_0: 232 }),
  head: { module: 'fc', layers: LINEAR, before: GLOBAL_POOL },
  network: shufflenet,
  features: ({ last }) => last,
  spellings: [spelling('torchvision', /^(.*\.|)stage2\.0\.branch1\.0\.weight$/, [[/^(conv1|conv5|stage\d)\./, '$1.']])],
  propose,
});

function shufflenet({ stem, stages, last }: ShuffleNetV2Body, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('conv1', convNorm(stem, 3, { stride: 2, padding: 1, activation: nn.relu }), image);
    x = m.run('maxpool', nn.maxPool2d(3, { stride: 2, padding: 1 }), x);
    for (const [i, { blocks, channels }] of stages.entries()) {
      const layers = Array.from({ length: blocks }, (_, block) => (block === 0 ? halving : keeping)(channels / 2));
      x = m.run(`stage${FIRST_STAGE + i}`, nn.sequential(...layers), x);
    }
    x = m.run('conv5', convNorm(last, 1, { activation: nn.relu }), x);
    return m.run('fc', head, globalPool(m, x));
  };
}

/** Both branches see the whole input. @param half channels of each branch */
function halving(half: number): Layer {
  return (m, x) => {
    const filter = nn.conv2d(x.channels, 3, { stride: 2, padding: 1, groups: 'depthwise', bias: false });
    const layers = [filter, nn.batchNorm2d(), nn.conv2d(half, 1, { bias: false }), nn.batchNorm2d(), nn.relu];
    const left = m.run('branch1', nn.sequential(...layers), x);
    return shuffle(m, nn.concatChannels(m, [left, m.run('branch2', branch(half, 2), x)]));
  };
}

/** The first half of the channels passes unchanged. */
function keeping(half: number): Layer {
  return (m, x) => {
    const left = nn.slice(m, x, { axis: 1, start: 0, end: half }, { channels: half });
    const right = nn.slice(m, x, { axis: 1, start: half, end: null }, { channels: half });
    return shuffle(m, nn.concatChannels(m, [left, m.run('branch2', branch(half, 1), right)]));
  };
}

function branch(half: number, stride: number): Layer {
  return nn.sequential(
    ...[nn.conv2d(half, 1, { bias: false }), nn.batchNorm2d(), nn.relu],
    ...[nn.conv2d(half, 3, { stride, padding: 1, groups: 'depthwise', bias: false }), nn.batchNorm2d()],
    ...[nn.conv2d(half, 1, { bias: false }), nn.batchNorm2d(), nn.relu],
  );
}

/** `channel_shuffle(x, 2)`: a channel of the first half, one of the second, and so on. */
function shuffle(m: ModuleScope, x: Value): Value {
  const indices = Array.from({ length: x.channels }, (_, i) => Math.floor(i / 2) + (i % 2) * (x.channels / 2));
  return m.functional('channel_shuffle', nn.gatherOperation, { axis: 1, indices }, [x]);
}

function propose(shapes: Shapes): Proposal<ShuffleNetV2Body>[] {
  const first = shapes.get('conv1.0.weight');
  const last = shapes.get('conv5.0.weight')?.[0];
  const block = (stage: number, i: number) => shapes.get(`stage${FIRST_STAGE + stage}.${i}.branch2.0.weight`);
  const counts = countsOf((stage, i) => block(stage, i) !== undefined);
  const stages = counts.map((blocks, stage) => ({ blocks, channels: 2 * block(stage, 0)![0]! }));
  if (first?.length !== 4 || last === undefined || stages.length === 0) return [];
  return [{ body: { family: 'shufflenet_v2', stem: first[0]!, stages, last }, channels: first[1]!, assumed: [] }];
}
