/**
 * MNASNet-B1 (Tan et al., https://arxiv.org/abs/1807.11626) as torchvision lays it out (`torchvision/models/mnasnet.py`), of
 * any width.
 */
import { z } from 'zod';
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2dOf } from '../operations/adaptive-pooling.js';
import { add } from '../operations/add.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { type Layer, sequential } from '../operations/layer.js';
import { imagenetPreprocessing } from './backbone.js';
import { DROPOUT_AND_LINEAR, defineFamily, type Proposal, type Shapes, type Spelling } from './family.js';
import { channels } from './limits.js';
import { divisible } from './rounding.js';

interface MnasNetBody {
  family: 'mnasnet';
  /** Output channels: of the first two convolutions, of the six stages, of the last convolution. */
  channels: number[];
}

const schema: z.ZodType<MnasNetBody> = z.object({
  family: z.literal('mnasnet'),
  channels: z.array(channels).length(9),
});

/** Figure 7 of the paper. The stride belongs to the first repeat. The stages stand at positions 8 to 13 of `layers`. */
const STAGES = [
  { kernel: 3, stride: 2, expansion: 3, repeats: 3 },
  { kernel: 5, stride: 2, expansion: 3, repeats: 3 },
  { kernel: 5, stride: 2, expansion: 6, repeats: 3 },
  { kernel: 3, stride: 1, expansion: 6, repeats: 2 },
  { kernel: 5, stride: 2, expansion: 6, repeats: 4 },
  { kernel: 3, stride: 1, expansion: 6, repeats: 1 },
] as const;

const FIRST_STAGE = 8;
const CHANNELS = [32, 16, 24, 40, 80, 96, 192, 320];
const LAST = 1280;

function variant(width: number): MnasNetBody {
  return { family: 'mnasnet', channels: [...CHANNELS.map((count) => divisible(count * width)), LAST] };
}

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)8\.0\.layers\.0\.weight$/,
  rename: (name) => (/^\d+\./.test(name) ? `layers.${name}` : null),
};

export const mnasnets = defineFamily<MnasNetBody>({
  name: 'mnasnet',
  title: 'a MNASNet',
  schema,
  variants: {
    mnasnet0_5: variant(0.5),
    mnasnet0_75: variant(0.75),
    mnasnet1_0: variant(1),
    mnasnet1_3: variant(1.3),
  },
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: DROPOUT_AND_LINEAR,
    before: null,
  },
  network: mnasnet,
  features: ({ channels }) => channels.at(-1)!,
  essence: ({ family }) => family,
  spellings: [TORCHVISION],
  propose,
});

/** @param head the layers of `classifier`; they take the features */
function mnasnet(body: MnasNetBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('layers', layers(body), image);
    x = flatten(m, adaptiveAvgPool2dOf(m, x, [1, 1]));
    return m.run('classifier', head, x);
  };
}

function layers({ channels: [first = 0, second = 0, ...stages] }: MnasNetBody): Layer {
  return sequential(
    ...[conv2d(first, 3, { padding: 1, stride: 2, bias: false }), batchNorm2d(), relu],
    ...[conv2d(first, 3, { padding: 1, groups: 'depthwise', bias: false }), batchNorm2d(), relu],
    ...[conv2d(second, 1, { bias: false }), batchNorm2d()],
    ...STAGES.map((stage, i) => stack(stage, stages[i]!)),
    ...[conv2d(stages.at(-1)!, 1, { bias: false }), batchNorm2d(), relu],
  );
}

function stack({ kernel, stride, expansion, repeats }: (typeof STAGES)[number], channels: number): Layer {
  const blocks = Array.from({ length: repeats }, (_, i) =>
    invertedResidual(channels, kernel, i === 0 ? stride : 1, expansion),
  );
  return sequential(...blocks);
}

function invertedResidual(channels: number, kernel: number, stride: number, expansion: number): Layer {
  return (m, x) => {
    const inside = x.channels * expansion;
    const depthwise = { padding: (kernel - 1) / 2, stride, groups: 'depthwise', bias: false } as const;
    const block = sequential(
      ...[conv2d(inside, 1, { bias: false }), batchNorm2d(), relu],
      ...[conv2d(inside, kernel, depthwise), batchNorm2d(), relu],
      ...[conv2d(channels, 1, { bias: false }), batchNorm2d()],
    );
    const y = m.run('layers', block, x);
    return stride === 1 && x.channels === channels ? add(m, y, x) : y;
  };
}

function propose(shapes: Shapes): Proposal<MnasNetBody>[] {
  const outputs = (position: string) => shapes.get(`layers.${position}.weight`)?.[0] ?? 0;
  const stages = STAGES.map((_, i) => outputs(`${FIRST_STAGE + i}.0.layers.6`));
  const body: MnasNetBody = { family: 'mnasnet', channels: [outputs('0'), outputs('6'), ...stages, outputs('14')] };
  const inputs = shapes.get('layers.0.weight')?.[1];
  return inputs === undefined || body.channels.includes(0) ? [] : [{ body, channels: inputs, assumed: [] }];
}
