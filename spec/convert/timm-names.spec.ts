/** timm 1.0.31 (`spec/ci/names/headers.py`): a network is recognised only if its whole forward pass is known. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { libraryNames, recognise } from '../../convert/index.js';
import { findBodies } from '../../convert/recognition/find-bodies.js';
import { fingerprintOf, timmTable } from '../../convert/recognition/timm.js';
import { readFixture } from '../support/places.js';
import { assert, packageRoot, refusal, test } from '../support/test.js';

interface Header {
  name: string;
  tensors: Record<string, number[]>;
  config: Record<string, unknown>;
}

const TABLES = readFixture<{
  converted: [name: string, body: object][];
  refused: string[];
  ambiguous: [name: string, others: string[]][];
  configs: [name: string, change: object, told: string][];
}>('convert', 'cases', 'timm-names.json');

const packed = readFileSync(join(packageRoot, 'spec', 'fixtures', 'convert', 'timm-headers.jsonl.gz'));
const lines = gunzipSync(packed).toString('utf8').trim().split('\n');
const headers = new Map(lines.map((line) => JSON.parse(line) as Header).map((header) => [header.name, header]));

function shapesOf(name: string) {
  return new Map(Object.entries(headers.get(name)!.tensors));
}

/** As the folder that timm writes, with changes of its config.json. */
function folder(name: string, change: object = {}, shapes = shapesOf(name)) {
  const config = { ...headers.get(name)!.config, ...change };
  return recognise(shapes, { label: name, hints: { library: 'timm', architecture: name, config } });
}

function bare(name: string) {
  return recognise(shapesOf(name), { label: name });
}

function named(name: string, backbone: string) {
  return recognise(shapesOf(name), { label: name, backbone: `timm:${backbone}` });
}

for (const [name, expected] of TABLES.converted) {
  test(`${name}: what no tensor shows follows from the name, in a folder, by --backbone, and with a tag`, () => {
    for (const { network, assumed } of [folder(name), named(name, name), named(name, `${name}.tag_in1k`)]) {
      const body = network.body as unknown as Record<string, unknown> | undefined;
      const read = Object.fromEntries(Object.keys(expected).map((key) => [key, body?.[key]]));
      // torchvision's own ConvNeXt-T has the name for a body.
      if (body !== undefined) assert.equal(read, expected);
      assert.not.match(assumed.join('\n'), 'activations');
    }
  });
}

for (const name of TABLES.refused) {
  test(`${name}: refused by its name, with the lines that export it`, async () => {
    for (const converted of [() => folder(name), () => named(name, name)]) {
      const { program } = await refusal('BACKBONE_UNKNOWN', converted, `timm's ${name} is not converted: `);
      assert.match(
        program!.join('\n'),
        `timm.create_model("${name}", checkpoint_path="model.pth").eval()\ntorch.onnx.export(model, `,
      );
    }
  });
}

for (const [name, others] of TABLES.ambiguous) {
  test(`${name} without a name: asked, and each answer is right or refused`, async () => {
    const error = await refusal('BACKBONE_AMBIGUOUS', () => bare(name));
    assert.is(error.exitCode, 2);
    for (const other of [name, ...others]) assert.match(error.message, `timm:${other}`);
    for (const [, asked = '', isRefused] of error.message.matchAll(/timm:(\w+)( \(not converted\))?/g)) {
      if (isRefused === undefined) assert.is(named(name, asked).network.classes, 1000);
      else await refusal('BACKBONE_UNKNOWN', () => named(name, asked));
    }
  });
}

test('without a name, one network alone: converted, and what is taken for granted is said', () => {
  for (const [name, whose] of [
    ['spnasnet_100', "timm's spnasnet_100"],
    ['convnext_tiny_hnf', "timm's convnext_tiny_hnf"],
    ['resnet18', "torchvision's resnet18"],
    ['densenet121', "torchvision's densenet121"],
    ['regnety_002', "timm's regnety_002"],
  ] as const) {
    assert.match(
      bare(name).assumed.join('\n'),
      `its activations, poolings, strides and ε are those of ${whose}: no tensor shows them`,
    );
  }
  assert.match(bare('resnet18').assumed.join('\n'), "and timm's resnetblur18 has the same tensors");
  assert.equal((bare('mnasnet_small').network.body as { activation?: string } | undefined)?.activation, 'relu');
});

test('a name for the tensors of another network is refused, with the names that have them', async () => {
  const { message } = await refusal('BACKBONE_MISMATCH', () => named('spnasnet_100', 'efficientnet_b0'));
  assert.match(message, "its tensors are not those of timm's efficientnet_b0: spnasnet_100 has them");
  await refusal('BACKBONE_MISMATCH', () => named('convnext_tiny', 'convnext_tiny_hnf'));
});

test('tensors of none of the networks, with two ways to compute them, are refused', async () => {
  const shapes = shapesOf('efficientnet_b0');
  for (const part of ['weight', 'bias', 'running_mean', 'running_var']) {
    const [, ...rest] = shapes.get(`bn2.${part}`) ?? shapes.get('conv_head.weight')!;
    shapes.set(`bn2.${part}`, [1000, ...rest]);
  }
  shapes.set('conv_head.weight', [1000, 320, 1, 1]).set('classifier.weight', [10, 1000]).set('classifier.bias', [10]);
  const { program } = await refusal('BACKBONE_UNKNOWN', () => recognise(shapes, { label: 'x.pth' }));
  assert.match(program!.join(), 'torch.onnx.export');
  await refusal('BACKBONE_MISMATCH', () => recognise(shapes, { label: 'x.pth', backbone: 'timm:efficientnet_b0' }));
});

for (const [name, change, told] of TABLES.configs) {
  test(`config.json of ${name}: ${told} is refused`, async () => {
    const { message, program } = await refusal('HUB_FOLDER_INVALID', () => folder(name, change));
    assert.match(message, `config.json says ${told}, with which timm's ${name} computes something else`);
    assert.match(program!.join(), 'timm.create_model("local-dir:FOLDER", pretrained=True)');
  });
}

test('config.json: another number of classes than the head has is refused', async () => {
  const { message } = await refusal('HUB_FOLDER_INVALID', () => folder('resnet50', { num_classes: 10 }));
  assert.match(message, 'config.json says num_classes 10, the tensors have a head of 1000');
});

test('config.json: the pooling and the heads of a vision transformer are followed', () => {
  const body = (change: object) =>
    folder('vit_tiny_patch16_224', change).network.body as { pool?: string; heads?: number } | undefined;
  assert.is(body({ model_args: { global_pool: 'avg', fc_norm: false }, global_pool: 'avg' })?.pool, 'mean');
  assert.is(body({ model_args: { num_heads: 6 } })?.heads, 6);
  const shapes = new Map(
    [...shapesOf('vit_tiny_patch16_224')].map(([key, shape]) => [key.replace(/^norm\./, 'fc_norm.'), shape]),
  );
  const change = { model_args: { global_pool: 'avg' }, global_pool: 'avg' };
  const averaged = folder('vit_tiny_patch16_224', change, shapes).network.body as { fcNorm?: boolean } | undefined;
  assert.is(averaged?.fcNorm, true);
});

test("a head in two modules is found in safetensors' order of names, too", () => {
  const sorted = new Map([...shapesOf('mobilenetv3_small_100')].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { network } = folder('mobilenetv3_small_100', {}, sorted);
  assert.equal([network.head, network.classes], [[], 1000]);
});

test('the table has each name once, and the hash of its tensors', () => {
  const listed = timmTable().lines;
  assert.is(new Set(listed.map((line) => line.split(' ')[0])).size, listed.length);
  for (const [name, { tensors }] of headers) {
    const line = listed.find((each) => each.startsWith(`${name} `));
    if (line === undefined) continue;
    const [body] = findBodies(new Map(Object.entries(tensors)), { library: 'timm', forward: { heads: 1 } }).whole;
    assert.is(line.split(' ')[1], fingerprintOf(body!), name);
  }
  assert.ok(libraryNames('timm').includes('spnasnet_100') && !libraryNames('timm').includes('resnetblur18'));
});
