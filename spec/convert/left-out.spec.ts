/** Tensors beside a network: what is known is left out, and what is not is asked for, as is a head that is not certain. */
import { type RecogniseOptions, recognise, type Shapes } from '../../convert/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { assert, refusal, test } from '../support/test.js';

type Tensors = Readonly<Record<string, readonly number[]>>;

/** resnet18 without its head under `body.`, and other tensors. */
function beside(others: Tensors): Shapes {
  const body = [...parameters(buildGraph({ backbone: 'resnet18', head: [], classes: 10 }))];
  const own = body.filter(([name]) => !name.startsWith('fc.')).map(([name, shape]) => [`body.${name}`, shape] as const);
  return new Map([...own, ...Object.entries(others)]);
}

function linear(name: string, outputs: number, inputs: number): Tensors {
  return { [`${name}.weight`]: [outputs, inputs], [`${name}.bias`]: [outputs] };
}

function found(others: Tensors, options: Omit<RecogniseOptions, 'label'> = {}) {
  return recognise(beside(others), { label: 'x.pth', ...options });
}

async function asked(code: string, others: Tensors, options: Omit<RecogniseOptions, 'label'> = {}) {
  const error = await refusal(code, () => found(others, options));
  assert.is(error.exitCode, 2, code);
  return error;
}

const FC = linear('fc', 10, 512);

const KNOWN: [what: string, tensors: Tensors, module: string][] = [
  ['a loss', { 'criterion.weight': [10] }, 'criterion'],
  ['a metric', { 'val_conf.confmat': [10, 10] }, 'val_conf'],
  ['an optimizer', { 'optimizer.0.exp_avg': [64, 3, 7, 7] }, 'optimizer'],
  ['an average under names without dots', { 'model_ema.layer1conv1weight': [64, 64, 3, 3] }, 'model_ema'],
];

for (const [what, tensors, module] of KNOWN) {
  test(`${what} is left out, by name`, () => {
    const { network, leftOut } = found({ ...FC, ...tensors });
    assert.equal([network.classes, leftOut], [10, [module]]);
  });
}

const UNKNOWN: [what: string, tensors: Tensors, module: string][] = [
  ['a decoder', { 'decoder.0.weight': [64, 512, 3, 3] }, 'decoder'],
  ['layers beside those of the body', { 'body.attention.conv.weight': [1, 2, 7, 7] }, 'body.attention'],
  ['an attention of 1×1 convolutions', { 'ca.fc1.weight': [32, 512, 1, 1] }, 'ca'],
  ['an LSTM', { 'lstm.weight_ih_l0': [64, 10], 'lstm.weight_hh_l0': [64, 16] }, 'lstm'],
  ['a layer norm', { 'norm.weight': [512], 'norm.bias': [512] }, 'norm'],
  [
    'a batch norm behind the head',
    Object.fromEntries(['weight', 'bias', 'running_mean', 'running_var'].map((part) => [`neck.${part}`, [512]])),
    'neck',
  ],
  ['a number', { temperature: [1] }, 'temperature'],
  ['a normalisation of the images', { 'normalise.mean': [3], 'normalise.std': [3] }, 'normalise'],
  [
    'augmentation with a normalisation, though its name begins like a metric',
    { 'train_transform.mean': [3] },
    'train_transform',
  ],
  ['a loss that may be the classifier', { 'criterion.W': [10, 512] }, 'criterion'],
  ['a text tower beside a network that has none', { 'text_model.weight': [4, 4, 1] }, 'text_model'],
];

for (const [what, tensors, module] of UNKNOWN) {
  test(`${what} is asked for, until --ignore names it`, async () => {
    const { message, hint } = await asked('TENSORS_LEFT_OUT', { ...FC, ...tensors });
    assert.match(message, `beside a ResNet under body. it has ${module} (`);
    assert.match(hint!, `--ignore ${module}.`);
    assert.is(found({ ...FC, ...tensors }, { ignore: [module] }).network.classes, 10);
  });
}

test('--ignore of a module that is not there is a slip', async () => {
  const { message } = await asked('IGNORE_NOT_FOUND', FC, { ignore: ['decoder'] });
  assert.match(message, '--ignore decoder: no tensor is in this module');
});

test('a small network beside the body is asked for; another copy is not, once --prefix says which', async () => {
  const side = new Map(
    [...parameters(buildGraph({ backbone: 'resnet152', head: [], classes: 10 }))].map(([name, shape]) => [
      `net.${name}`,
      shape,
    ]),
  );
  for (const [name, shape] of beside({})) {
    if (/^body\.(conv1|bn1|layer1\.0)\./.test(name)) side.set(name.replace('body', 'side'), shape);
  }
  await refusal('TENSORS_LEFT_OUT', () => recognise(side, { label: 'x.pth' }), 'under net. it has side (');
  const two = new Map(
    [...beside(FC)].flatMap(
      ([name, shape]) =>
        [
          [`a.${name}`, shape],
          [`b.${name}`, shape],
        ] as const,
    ),
  );
  assert.equal(recognise(two, { label: 'x.pth', prefix: 'b' }).leftOut, ['a']);
});

test('two heads on a Linear that they share: each can be named', async () => {
  const heads = { ...linear('shared', 64, 512), ...linear('kind', 10, 64), ...linear('colour', 4, 64) };
  const { message, hint } = await asked('HEAD_AMBIGUOUS', heads);
  assert.match(message, '2 heads fit the body: shared, kind (64-10); shared, colour (64-4)');
  assert.match(hint!, '--head kind');
  for (const [head, classes] of [
    ['kind', 10],
    ['colour', 4],
  ] as const) {
    const { network } = found(heads, { head });
    assert.equal([network.head, network.classes], [[64], classes]);
  }
  await asked('HEAD_AMBIGUOUS', heads, { head: 'shared' });
});

test('heads in a ModuleDict are heads', async () => {
  const heads = { ...linear('heads.age', 9, 512), ...linear('heads.race', 5, 512) };
  const { message } = await asked('HEAD_AMBIGUOUS', heads);
  assert.match(message, '2 heads fit the body: heads.age (9); heads.race (5)');
  assert.is(found(heads, { head: 'heads.race' }).network.classes, 5);
});

test('a Linear that fits, and others elsewhere: which gives the scores is asked', async () => {
  const layers = { ...linear('image_fc', 32, 512), ...linear('table', 8, 5), ...linear('classifier', 10, 40) };
  const { message, hint } = await asked('HEAD_AMBIGUOUS', layers);
  assert.match(
    message,
    'image_fc (32) fits the body, and there are other Linear layers: table [8, 5], classifier [10, 40]',
  );
  assert.match(hint!, '--head image_fc');
  assert.equal(found(layers, { head: 'none' }).network.classes, 0);
});

const DOUBTFUL: [string, Tensors, string][] = [
  ['embedding', linear('embedding', 128, 512), 'an embedding'],
  ['arc', { ...linear('fc', 128, 512), 'arc.weight': [10, 128] }, 'a comparison of directions'],
];

for (const [name, layers, says] of DOUBTFUL) {
  test(`a head that is called ${name} is asked about`, async () => {
    const { message } = await asked('HEAD_AMBIGUOUS', layers);
    assert.match(message, says);
    assert.ok(found(layers, { head: name }).network.classes > 0);
  });
}

const DILATED: Tensors[] = [
  { 'classifier.0.weight': [512, 512, 3, 3], 'classifier.4.weight': [21, 512, 1, 1] },
  { 'classifier.0.convs.0.0.weight': [256, 512, 1, 1] },
  { 'aux_classifier.0.weight': [256, 256, 3, 3] },
  { 'decoder.aspp.0.weight': [256, 512, 1, 1] },
  { 'classifier.cbr.0.weight': [128, 512, 1, 1] },
];

test('a body with dilations is refused, also where what shows it is ignored', async () => {
  for (const tensors of DILATED) {
    const [first] = Object.keys(tensors);
    const options = { label: 'x.pth', ignore: [first!.split('.')[0]!] };
    const error = await refusal('BACKBONE_MISMATCH', () => recognise(beside(tensors), options));
    assert.match(error.message, `in a network for segmentation, as ${first} shows`);
    assert.match(error.program.join('\n'), 'torch.onnx.export(model');
  }
});
