import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { recognise } from '../../convert/index.js';
import { backboneNames, buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { refusal } from '../support/rejects.js';

type Mutable = Map<string, readonly number[]>;

function shapesOf(backbone: string, head: number[] = [], classes = 10): Mutable {
  return new Map(parameters(buildGraph({ backbone, head, classes })));
}

for (const backbone of backboneNames()) {
  for (const head of [[], [128], [64, 32]]) {
    test(`${backbone} with head [${head}] is recognised, in any order of tensors`, () => {
      const shapes = new Map([...shapesOf(backbone, head, 7)].reverse());
      assert.equal(recognise(shapes, { label: 'x.pth' }), { backbone, head, classes: 7 });
    });
  }
}

test('a changed stem is named with both shapes', async () => {
  const shapes = shapesOf('resnet18').set('conv1.weight', [64, 3, 3, 3]);
  const error = await refusal('BACKBONE_MISMATCH', () => recognise(shapes, { label: 'x.pth' }));
  assert.match(error.message, "is not torchvision's resnet18: 1 of 102 tensors differ");
  assert.ok(error.message.includes('conv1.weight is [64, 3, 3, 3], the network needs [64, 3, 7, 7]'));
});

test('missing and extra tensors are named, the first few, and counted', async () => {
  const shapes = shapesOf('resnet34');
  for (const name of [...shapes.keys()].filter((name) => name.startsWith('layer4.2.'))) shapes.delete(name);
  shapes.set('attention.weight', [3, 3]);
  const error = await refusal('BACKBONE_MISMATCH', () => recognise(shapes, { label: 'x.pth' }));
  assert.ok(
    error.message.includes('resnet34: 11 of 183 tensors differ: layer4.2.conv1.weight [512, 512, 3, 3] is missing'),
  );
  assert.ok(error.message.endsWith('and 6 more'));
  const extra = shapesOf('resnet18').set('attention.weight', [3, 3]);
  const { message } = await refusal('BACKBONE_MISMATCH', () => recognise(extra, { label: 'x.pth' }));
  assert.ok(message.includes('attention.weight [3, 3] is not part of the network'));
});

test('what resembles nothing is said to, with the known names', async () => {
  const error = await refusal('BACKBONE_UNKNOWN', () => recognise(new Map([['a.weight', [2, 2]]]), { label: 'x.pth' }));
  assert.match(error.message, /no backbone known here/);
  assert.match(error.hint!, /resnet18.*vgg16_bn.*mobilenet_v2/);
});

test('--backbone is compared even when another would fit', async () => {
  const shapes = shapesOf('resnet18');
  assert.is(recognise(shapes, { backbone: 'resnet18', label: 'x.pth' }).backbone, 'resnet18');
  const error = await refusal('BACKBONE_MISMATCH', () => recognise(shapes, { backbone: 'resnet34', label: 'x.pth' }));
  assert.ok(error.message.includes("is not torchvision's resnet34"));
  await refusal('UNKNOWN_BACKBONE', () => recognise(shapes, { backbone: 'resnet19', label: 'x.pth' }));
});

// Heads that leave other traces than Linear-ReLU-Linear: [index, outputs] of the Linear layers.
const heads: [what: string, layers: [number, number][]][] = [
  [
    'dropout between (a gap of three)',
    [
      [0, 128],
      [3, 10],
    ],
  ],
  ['dropout first', [[1, 10]]],
  [
    'no activation between',
    [
      [0, 128],
      [1, 10],
    ],
  ],
];

for (const [what, layers] of heads) {
  test(`a head with ${what} is refused, with what is there and what can be`, async () => {
    const shapes = shapesOf('resnet18');
    shapes.delete('fc.weight');
    shapes.delete('fc.bias');
    let inputs = 512;
    for (const [index, outputs] of layers) {
      shapes.set(`fc.${index}.weight`, [outputs, inputs]).set(`fc.${index}.bias`, [outputs]);
      inputs = outputs;
    }
    const error = await refusal('HEAD_NOT_SUPPORTED', () => recognise(shapes, { label: 'x.pth' }));
    assert.ok(error.message.includes(layers.map(([index, outputs]) => `fc.${index} (${outputs})`).join(', ')));
    assert.ok(error.hint!.includes('fc.0, fc.2'));
  });
}

test('a head whose layers do not fit each other', async () => {
  const shapes = shapesOf('vgg11', [64]).set('classifier.2.weight', [10, 65]);
  const error = await refusal('HEAD_NOT_SUPPORTED', () => recognise(shapes, { label: 'x.pth' }));
  assert.ok(error.message.includes('classifier.2.weight is [10, 65], the network needs [10, 64]'));
});

test('no head at all', async () => {
  const shapes = shapesOf('resnet18');
  shapes.delete('fc.weight');
  shapes.delete('fc.bias');
  const error = await refusal('BACKBONE_MISMATCH', () => recognise(shapes, { label: 'x.pth' }));
  assert.ok(error.message.includes('2 of 102 tensors differ: fc.weight [1000, 512] is missing'));
});

test.run();
