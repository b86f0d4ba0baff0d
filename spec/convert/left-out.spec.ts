import { type RecogniseOptions, recognise, type Shapes } from '../../convert/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { readFixture } from '../support/places.js';
import { assert, refusal, test } from '../support/test.js';

type Tensors = Readonly<Record<string, readonly number[]>>;

const TABLES = readFixture<{
  known: [what: string, tensors: Tensors, module: string][];
  unknown: [what: string, tensors: Tensors, module: string][];
  doubtful: [name: string, tensors: Tensors, says: string][];
  dilated: Tensors[];
}>('convert', 'cases', 'left-out.json');

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

for (const [what, tensors, module] of TABLES.known) {
  test(`${what} is left out, by name`, () => {
    const { network, leftOut } = found({ ...FC, ...tensors });
    assert.equal([network.classes, leftOut], [10, [module]]);
  });
}

for (const [what, tensors, module] of TABLES.unknown) {
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

for (const [name, layers, says] of TABLES.doubtful) {
  test(`a head that is called ${name} is asked about`, async () => {
    const { message } = await asked('HEAD_AMBIGUOUS', layers);
    assert.match(message, says);
    assert.ok(found(layers, { head: name }).network.classes > 0);
  });
}

test('a body with dilations is refused, also where what shows it is ignored', async () => {
  for (const tensors of TABLES.dilated) {
    const [first] = Object.keys(tensors);
    const options = { label: 'x.pth', ignore: [first!.split('.')[0]!] };
    const error = await refusal('BACKBONE_MISMATCH', () => recognise(beside(tensors), options));
    assert.match(error.message, `in a network for segmentation, as ${first} shows`);
    assert.match(error.program.join('\n'), 'torch.onnx.export(model');
  }
});
