/** Inception v3 (https://arxiv.org/abs/1512.00567) as `torchvision/models/inception.py` has it. */
import * as z from 'zod';
import type { Layer, ModuleScope, Value } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { defineFamily, LINEAR } from './family.js';
import { basicConv, halfPreprocessing, TRANSFORM_INPUT } from './shared-layers.js';
import { spelling } from './spelling.js';

const schema = z.object({ family: z.literal('inception_v3') });
const FEATURES = 2048;

const TORCHVISION = spelling(
  'torchvision',
  /^(.*\.|)Mixed_5b\.branch1x1\.conv\.weight$/,
  [[/^(Conv2d_\d[ab]_\dx\d|Mixed_\d[a-e])\./, '$1.']],
  { training: /^AuxLogits\./ },
);

export const inceptions = defineFamily<z.infer<typeof schema>>({
  name: 'inception_v3',
  title: 'an Inception v3',
  schema,
  preprocessing: () => ({ ...halfPreprocessing, size: [299, 299], resize: 342, crop: [299, 299] }),
  head: { module: 'fc', layers: LINEAR, before: 'avgpool' },
  network: (_body, head) => inceptionV3(head),
  features: () => FEATURES,
  spellings: [TORCHVISION],
  propose(shapes) {
    const first = shapes.get('Conv2d_1a_3x3.conv.weight');
    if (first?.length !== 4) return [];
    return [{ body: { family: 'inception_v3' }, channels: first[1]!, assumed: [TRANSFORM_INPUT] }];
  },
});

function inceptionV3(head: Layer): Layer {
  const pool = nn.maxPool2d(3, { stride: 2 });
  const layers: readonly (readonly [string, Layer])[] = [
    ['Conv2d_1a_3x3', basicConv(32, 3, { stride: 2 })],
    ['Conv2d_2a_3x3', basicConv(32, 3)],
    ['Conv2d_2b_3x3', basicConv(64, 3, { padding: 1 })],
    ['maxpool1', pool],
    ['Conv2d_3b_1x1', basicConv(80, 1)],
    ['Conv2d_4a_3x3', basicConv(192, 3)],
    ['maxpool2', pool],
    ['Mixed_5b', blockA(32)],
    ['Mixed_5c', blockA(64)],
    ['Mixed_5d', blockA(64)],
    ['Mixed_6a', blockB],
    ['Mixed_6b', blockC(128)],
    ['Mixed_6c', blockC(160)],
    ['Mixed_6d', blockC(160)],
    ['Mixed_6e', blockC(192)],
    ['Mixed_7a', blockD],
    ['Mixed_7b', blockE],
    ['Mixed_7c', blockE],
    ['avgpool', nn.adaptiveAvgPool2d(1)],
    ['dropout', nn.dropout],
  ];
  return (m, image) => {
    const x = layers.reduce((value, [name, layer]) => m.run(name, layer, value), image);
    return m.run('fc', head, nn.flatten(m, x));
  };
}

/** A convolution of a branch: its name, channels, filter and options. */
type Step = readonly [name: string, channels: number, kernel: nn.Size, options?: nn.ConvOptions];

function run(m: ModuleScope, x: Value, ...steps: readonly Step[]): Value {
  return steps.reduce((value, [name, channels, kernel, options]) => {
    const [height, width] = typeof kernel === 'number' ? [kernel, kernel] : kernel;
    const same = { padding: [(height - 1) / 2, (width - 1) / 2] as const };
    return m.run(name, basicConv(channels, kernel, options ?? same), value);
  }, x);
}

/** Halves the map, without padding. */
const HALVING: nn.ConvOptions = { stride: 2 };

function averaged(m: ModuleScope, x: Value): Value {
  const window = { kernel: [3, 3], stride: [1, 1], padding: [1, 1, 1, 1] } as const;
  return m.functional('avg_pool2d', nn.averagePooling, { ...window, ceilMode: false, countIncludePad: true }, [x]);
}

function halved(m: ModuleScope, x: Value): Value {
  const window = { kernel: [3, 3], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
  return m.functional('max_pool2d', nn.maxPooling, { ...window, ceilMode: false }, [x]);
}

function blockA(pooled: number): Layer {
  return (m, x) =>
    nn.concatChannels(m, [
      run(m, x, ['branch1x1', 64, 1]),
      run(m, x, ['branch5x5_1', 48, 1], ['branch5x5_2', 64, 5]),
      run(m, x, ['branch3x3dbl_1', 64, 1], ['branch3x3dbl_2', 96, 3], ['branch3x3dbl_3', 96, 3]),
      run(m, averaged(m, x), ['branch_pool', pooled, 1]),
    ]);
}

const blockB: Layer = (m, x) =>
  nn.concatChannels(m, [
    run(m, x, ['branch3x3', 384, 3, HALVING]),
    run(m, x, ['branch3x3dbl_1', 64, 1], ['branch3x3dbl_2', 96, 3], ['branch3x3dbl_3', 96, 3, HALVING]),
    halved(m, x),
  ]);

/** @param inside channels of the factorised 7×7 filters */
function blockC(inside: number): Layer {
  return (m, x) =>
    nn.concatChannels(m, [
      run(m, x, ['branch1x1', 192, 1]),
      run(m, x, ['branch7x7_1', inside, 1], ['branch7x7_2', inside, [1, 7]], ['branch7x7_3', 192, [7, 1]]),
      run(
        m,
        x,
        ['branch7x7dbl_1', inside, 1],
        ['branch7x7dbl_2', inside, [7, 1]],
        ['branch7x7dbl_3', inside, [1, 7]],
        ['branch7x7dbl_4', inside, [7, 1]],
        ['branch7x7dbl_5', 192, [1, 7]],
      ),
      run(m, averaged(m, x), ['branch_pool', 192, 1]),
    ]);
}

const blockD: Layer = (m, x) =>
  nn.concatChannels(m, [
    run(m, x, ['branch3x3_1', 192, 1], ['branch3x3_2', 320, 3, HALVING]),
    run(
      m,
      x,
      ['branch7x7x3_1', 192, 1],
      ['branch7x7x3_2', 192, [1, 7]],
      ['branch7x7x3_3', 192, [7, 1]],
      ['branch7x7x3_4', 192, 3, HALVING],
    ),
    halved(m, x),
  ]);

/** Its 3×3 filters are factorised side by side. */
const blockE: Layer = (m, x) => {
  const three = run(m, x, ['branch3x3_1', 384, 1]);
  const double = run(m, x, ['branch3x3dbl_1', 448, 1], ['branch3x3dbl_2', 384, 3]);
  return nn.concatChannels(m, [
    run(m, x, ['branch1x1', 320, 1]),
    run(m, three, ['branch3x3_2a', 384, [1, 3]]),
    run(m, three, ['branch3x3_2b', 384, [3, 1]]),
    run(m, double, ['branch3x3dbl_3a', 384, [1, 3]]),
    run(m, double, ['branch3x3dbl_3b', 384, [3, 1]]),
    run(m, averaged(m, x), ['branch_pool', 192, 1]),
  ]);
};
