/** MNASNet-B1 (https://arxiv.org/abs/1807.11626) as `torchvision/models/mnasnet.py` has it, of any width. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { resizedFirst } from './backbone.js';
import { defineFamily, numbered, type Proposal } from './family.js';
import { channels } from './limits.js';
import { type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('mnasnet'),
  /** Output channels: of the first two convolutions, of the six stages, of the last convolution. */
  channels: z.array(channels).length(9),
});
type MnasNetBody = z.infer<typeof schema>;

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
export const mnasnets = defineFamily<MnasNetBody>({
  name: 'mnasnet',
  title: 'a MNASNet',
  schema,
  preprocessing: resizedFirst({ mnasnet0_75: 232, mnasnet1_3: 232 }),
  head: { module: 'classifier', layers: numbered('dropout', 'linear'), before: null },
  network: mnasnet,
  features: ({ channels }) => channels.at(-1)!,
  essence: ({ family }) => family,
  spellings: [spelling('torchvision', /^(.*\.|)8\.0\.layers\.0\.weight$/, [[/^(\d+)\./, 'layers.$1.']])],
  propose,
});

function mnasnet(body: MnasNetBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('layers', layers(body), image);
    x = nn.flatten(m, nn.adaptiveAvgPool2dOf(m, x, [1, 1]));
    return m.run('classifier', head, x);
  };
}

function layers({ channels: [first = 0, second = 0, ...stages] }: MnasNetBody): Layer {
  return nn.sequential(
    ...[nn.conv2d(first, 3, { padding: 1, stride: 2, bias: false }), nn.batchNorm2d(), nn.relu],
    ...[nn.conv2d(first, 3, { padding: 1, groups: 'depthwise', bias: false }), nn.batchNorm2d(), nn.relu],
    ...[nn.conv2d(second, 1, { bias: false }), nn.batchNorm2d()],
    ...STAGES.map((stage, i) => stack(stage, stages[i]!)),
    ...[nn.conv2d(stages.at(-1)!, 1, { bias: false }), nn.batchNorm2d(), nn.relu],
  );
}

function stack({ kernel, stride, expansion, repeats }: (typeof STAGES)[number], channels: number): Layer {
  const blocks = Array.from({ length: repeats }, (_, i) =>
    invertedResidual(channels, kernel, i === 0 ? stride : 1, expansion),
  );
  return nn.sequential(...blocks);
}

function invertedResidual(channels: number, kernel: number, stride: number, expansion: number): Layer {
  return (m, x) => {
    const inside = x.channels * expansion;
    const depthwise = { padding: (kernel - 1) / 2, stride, groups: 'depthwise', bias: false } as const;
    const block = nn.sequential(
      ...[nn.conv2d(inside, 1, { bias: false }), nn.batchNorm2d(), nn.relu],
      ...[nn.conv2d(inside, kernel, depthwise), nn.batchNorm2d(), nn.relu],
      ...[nn.conv2d(channels, 1, { bias: false }), nn.batchNorm2d()],
    );
    const y = m.run('layers', block, x);
    return stride === 1 && x.channels === channels ? nn.add(m, y, x) : y;
  };
}

function propose(shapes: Shapes): Proposal<MnasNetBody>[] {
  const outputs = (position: string) => shapes.get(`layers.${position}.weight`)?.[0] ?? 0;
  const stages = STAGES.map((_, i) => outputs(`${FIRST_STAGE + i}.0.layers.6`));
  const body: MnasNetBody = { family: 'mnasnet', channels: [outputs('0'), outputs('6'), ...stages, outputs('14')] };
  const inputs = shapes.get('layers.0.weight')?.[1];
  return inputs === undefined || body.channels.includes(0) ? [] : [{ body, channels: inputs, assumed: [] }];
}
