/** GoogLeNet (https://arxiv.org/abs/1409.4842) as in torchvision: batch norms, and 3×3 filters for the paper's 5×5. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { defineFamily, LINEAR } from './family.js';
import { basicConv, halfPreprocessing, TRANSFORM_INPUT } from './shared-layers.js';
import { spelling } from './spelling.js';

const schema = z.object({ family: z.literal('googlenet') });

/** Channels of the branches: 1×1; 3×3 before and after; "5×5" before and after; after the pooling. */
type Branches = readonly [number, number, number, number, number, number];

/** Table 1 of the paper. A number is a max pooling of that side. */
const BLOCKS: readonly (readonly [string, Branches | number])[] = [
  ['inception3a', [64, 96, 128, 16, 32, 32]],
  ['inception3b', [128, 128, 192, 32, 96, 64]],
  ['maxpool3', 3],
  ['inception4a', [192, 96, 208, 16, 48, 64]],
  ['inception4b', [160, 112, 224, 24, 64, 64]],
  ['inception4c', [128, 128, 256, 24, 64, 64]],
  ['inception4d', [112, 144, 288, 32, 64, 64]],
  ['inception4e', [256, 160, 320, 32, 128, 128]],
  ['maxpool4', 2],
  ['inception5a', [256, 160, 320, 32, 128, 128]],
  ['inception5b', [384, 192, 384, 48, 128, 128]],
];
const FEATURES = 1024;

const TORCHVISION = spelling(
  'torchvision',
  /^(.*\.|)inception3a\.branch1\.conv\.weight$/,
  [[/^(conv[123]|inception\d[a-e])\./, '$1.']],
  { training: /^aux[12]\./ },
);

export const googlenets = defineFamily<z.infer<typeof schema>>({
  name: 'googlenet',
  title: 'a GoogLeNet',
  schema,
  preprocessing: () => halfPreprocessing,
  head: { module: 'fc', layers: LINEAR, before: 'avgpool' },
  network: (_body, head) => googlenet(head),
  features: () => FEATURES,
  spellings: [TORCHVISION],
  propose(shapes) {
    const first = shapes.get('conv1.conv.weight');
    if (first?.length !== 4) return [];
    return [{ body: { family: 'googlenet' }, channels: first[1]!, assumed: [TRANSFORM_INPUT] }];
  },
});

function googlenet(head: Layer): Layer {
  return (m, image) => {
    let x = m.run('conv1', basicConv(64, 7, { stride: 2, padding: 3 }), image);
    x = m.run('maxpool1', pool(3), x);
    x = m.run('conv2', basicConv(64, 1), x);
    x = m.run('conv3', basicConv(192, 3, { padding: 1 }), x);
    x = m.run('maxpool2', pool(3), x);
    for (const [name, block] of BLOCKS) {
      x = m.run(name, typeof block === 'number' ? pool(block) : inception(block), x);
    }
    x = nn.flatten(m, m.run('avgpool', nn.adaptiveAvgPool2d(1), x));
    return m.run('fc', head, m.run('dropout', nn.dropout, x));
  };
}

function pool(side: number): Layer {
  return nn.maxPool2d(side, { stride: 2, ceilMode: true });
}

function inception([one, threeBefore, three, fiveBefore, five, pooled]: Branches): Layer {
  const branches = [
    basicConv(one, 1),
    nn.sequential(basicConv(threeBefore, 1), basicConv(three, 3, { padding: 1 })),
    nn.sequential(basicConv(fiveBefore, 1), basicConv(five, 3, { padding: 1 })),
    nn.sequential(nn.maxPool2d(3, { stride: 1, padding: 1, ceilMode: true }), basicConv(pooled, 1)),
  ];
  return (m, x) =>
    nn.concatChannels(
      m,
      branches.map((branch, i) => m.run(`branch${i + 1}`, branch, x)),
    );
}
