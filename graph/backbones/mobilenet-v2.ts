/** MobileNetV2 (https://arxiv.org/abs/1801.04381, table 2) as `torchvision/models/mobilenetv2.py` has it. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Hints, numbered, type Proposal } from './family.js';
import { channels, perStage, stride } from './limits.js';
import { convNorm } from './shared-layers.js';
import { type Shapes, type Spelling, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('mobilenet_v2'),
  /** Output channels: of the first convolution, of the seven stages, of the last convolution. */
  channels: perStage(channels, 9),
  /** Stride of the first convolution. */
  stride,
});
type MobileNetV2Body = z.infer<typeof schema>;

/** Table 2 of the paper. The stride belongs to the first repeat. */
const STAGES = [
  { expansion: 1, repeats: 1, stride: 1 },
  { expansion: 6, repeats: 2, stride: 2 },
  { expansion: 6, repeats: 3, stride: 2 },
  { expansion: 6, repeats: 4, stride: 2 },
  { expansion: 6, repeats: 3, stride: 1 },
  { expansion: 6, repeats: 3, stride: 2 },
  { expansion: 6, repeats: 1, stride: 1 },
] as const;

const TORCHVISION = spelling('torchvision', /^(.*\.|)1\.conv\.0\.0\.weight$/, [
  [/^(\d{1,2}\.(?:conv|0|1))\./, 'features.$1.'],
]);

/** timm's names: `conv_stem`, `blocks.STAGE.BLOCK.conv_dw`, `conv_head`. */
const TIMM: Spelling = {
  library: 'timm',
  normsActivate: true,
  anchor: /^(.*\.|)blocks\.0\.0\.conv_dw\.weight$/,
  rename(name) {
    const [, module, tensor] = /^(.*)\.(\w+)$/.exec(name) ?? [];
    const outer = module === undefined ? undefined : TIMM_OUTER[module];
    if (outer !== undefined) return `features.${outer}.${tensor}`;
    const [, stage, block, part] = /^blocks\.(\d)\.(\d+)\.(\w+)$/.exec(module ?? '') ?? [];
    const place = part === undefined ? undefined : (stage === '0' ? TIMM_FIRST_BLOCK : TIMM_BLOCK)[part];
    if (place === undefined) return name.startsWith('blocks.') ? name : null;
    const before = STAGES.slice(0, Number(stage)).reduce((sum, { repeats }) => sum + repeats, 0);
    return `features.${1 + before + Number(block)}.conv.${place}.${tensor}`;
  },
};

const TIMM_OUTER: Readonly<Record<string, string>> = {
  conv_stem: '0.0',
  bn1: '0.1',
  conv_head: '18.0',
  bn2: '18.1',
};
const TIMM_FIRST_BLOCK: Readonly<Record<string, string>> = { conv_dw: '0.0', bn1: '0.1', conv_pw: '1', bn2: '2' };
const TIMM_BLOCK: Readonly<Record<string, string>> = {
  conv_pw: '0.0',
  bn1: '0.1',
  conv_dw: '1.0',
  bn2: '1.1',
  conv_pwl: '2',
  bn3: '3',
};

export const mobilenetV2 = defineFamily<MobileNetV2Body>({
  name: 'mobilenet_v2',
  title: 'a MobileNetV2',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: { module: 'classifier', layers: numbered('dropout', 'linear'), before: null },
  network: mobilenet,
  features: ({ channels }) => channels.at(-1)!,
  essence: ({ family }) => family,
  spellings: [TORCHVISION, TIMM],
  propose,
});

function mobilenet(body: MobileNetV2Body, head: Layer): Layer {
  return (m, image) => {
    const map = m.run('features', features(body), image);
    return m.run('classifier', head, nn.flatten(m, nn.adaptiveAvgPool2dOf(m, map, [1, 1])));
  };
}

function features({ channels, stride: firstStride }: MobileNetV2Body): Layer {
  const blocks = STAGES.flatMap(({ expansion, repeats, stride }, stage) =>
    Array.from({ length: repeats }, (_, i) => invertedResidual(expansion, channels[stage + 1]!, i === 0 ? stride : 1)),
  );
  const first = convNormRelu6(channels[0]!, 3, { stride: firstStride, padding: 1 });
  return nn.sequential(first, ...blocks, convNormRelu6(channels.at(-1)!, 1));
}

/** Expand (1×1), filter each channel (3×3), project (1×1, no activation); a shortcut where the shape stays the same. */
function invertedResidual(expansion: number, channels: number, stride: number): Layer {
  return (m, x) => {
    const expanded = x.channels * expansion;
    const conv = nn.sequential(
      ...(expansion === 1 ? [] : [convNormRelu6(expanded, 1)]),
      convNormRelu6(expanded, 3, { stride, padding: 1, groups: 'depthwise' }),
      nn.conv2d(channels, 1, { bias: false }),
      nn.batchNorm2d(),
    );
    const y = m.run('conv', conv, x);
    return stride === 1 && x.channels === channels ? nn.add(m, x, y) : y;
  };
}

function convNormRelu6(outChannels: number, kernel: number, options: nn.ConvOptions = {}): Layer {
  return convNorm(outChannels, kernel, { ...options, activation: nn.relu6 });
}

function propose(shapes: Shapes, { stem }: Hints): Proposal<MobileNetV2Body>[] {
  const first = shapes.get('features.0.0.weight');
  const last = shapes.get('features.18.0.weight');
  if (first?.length !== 4 || last === undefined) return [];
  let at = 1;
  const stages = STAGES.map(({ expansion, repeats }) => {
    const projection = shapes.get(`features.${at}.conv.${expansion === 1 ? 1 : 2}.weight`);
    at += repeats;
    return projection?.[0] ?? 0;
  });
  if (stages.includes(0)) return [];
  const stride = stem?.startsWith('cifar') ? 1 : 2;
  const body: MobileNetV2Body = { family: 'mobilenet_v2', channels: [first[0]!, ...stages, last[0]!], stride };
  return [{ body, channels: first[1]!, assumed: [] }];
}
