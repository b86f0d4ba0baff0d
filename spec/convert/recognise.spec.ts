import { aliasOf, type RecogniseOptions, recognise } from '../../convert/index.js';
import { type FoundHead, usualActivation } from '../../convert/recognition/head.js';
import {
  backboneNames,
  buildGraph,
  type Hints,
  type NetworkSpec,
  usualEmbedding,
  usualTap,
} from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import type { Body } from '../../weights/index.js';
import { readFixture } from '../support/places.js';
import { assert, refusal, test } from '../support/test.js';

type Mutable = Map<string, readonly number[]>;

const TABLES = readFixture<{
  heads: [what: string, layers: [string, number[]][], read: string][];
  /** Names of other libraries by ours; `{}` stands for the part of attention. */
  timm: Record<string, string>;
  clip: Record<string, string>;
  clipResNet: Record<string, string>;
  unfit: [what: string, layers: [string, number[]][], says: string][];
}>('convert', 'cases', 'recognise.json');

function shapesOf(backbone: string, head: number[] = [], classes = 10): Mutable {
  return new Map(parameters(buildGraph({ backbone, head, classes })));
}

function found(shapes: Mutable, options: Omit<RecogniseOptions, 'label'> = {}) {
  return recognise(shapes, { label: 'x.pth', ...options });
}

function refused(code: string, shapes: Mutable, options: Omit<RecogniseOptions, 'label'> = {}) {
  return refusal(code, () => found(shapes, options));
}

const USUAL = 'its activations, poolings, strides and ε are those of a ResNet as it usually is: no tensor shows them';

/** resnet18 whose head is replaced: `[name in the state dict, shape]`. */
function withHead(layers: readonly (readonly [string, readonly number[]])[], prefix = ''): Mutable {
  const body = [...shapesOf('resnet18')].filter(([name]) => !name.startsWith('fc.'));
  return new Map([...body.map(([name, shape]) => [prefix + name, shape] as const), ...layers]);
}

function linear(name: string, outputs: number, inputs: number): [string, number[]][] {
  return [
    [`${name}.weight`, [outputs, inputs]],
    [`${name}.bias`, [outputs]],
  ];
}

for (const [i, backbone] of backboneNames().entries()) {
  for (const head of i % 4 === 0 ? [[], [128], [64, 32]] : [[]]) {
    test(`${backbone} with head [${head}] is recognised, in any order of tensors`, () => {
      const shapes = new Map([...shapesOf(backbone, head, 7)].reverse());
      assert.equal(found(shapes).network, { backbone, head, classes: 7 });
    });
  }
}

for (const prefix of ['net.', 'backbone.', 'model.backbone.', 'module._orig_mod.', 'a.b.c.', '0.', 'student.']) {
  test(`under the prefix ${prefix}`, () => {
    for (const backbone of ['resnet50', 'vgg11_bn', 'mobilenet_v2']) {
      const shapes = new Map([...shapesOf(backbone)].map(([name, shape]) => [prefix + name, shape]));
      const { network, tensors } = found(shapes);
      assert.equal(network, { backbone, head: [], classes: 10 });
      assert.ok([...tensors].every(([usual, { names }]) => names.join() === prefix + usual));
    }
  });
}

// What the state dict holds beside a body under `encoder.` → the head's layers, in short.
for (const [what, layers, read] of TABLES.heads) {
  test(`head: ${what}`, () => {
    const { network, head } = found(withHead(layers, 'encoder.'));
    const told = network.headLayers?.map(({ name, layer, outputs, bias }) => {
      return [name, layer, outputs, bias === false ? 'no bias' : undefined]
        .filter((part) => part !== undefined)
        .join(' ');
    });
    assert.is((network.headLayers ?? []).length === 0 ? '' : layersText(network), read);
    assert.is(network.classes, 10);
    assert.ok(head !== null && told?.length !== 0);
  });
}

function layersText({ headLayers = [] }: NetworkSpec): string {
  return headLayers
    .map(({ name, layer, outputs, bias }) => {
      return `${name} ${layer}${outputs === undefined ? '' : ` ${outputs}`}${bias === false ? ' no bias' : ''}`;
    })
    .join(', ');
}

test('the activation can be said, and what was assumed is told', () => {
  const shapes = withHead([...linear('fc.0', 64, 512), ...linear('fc.2', 10, 64)]);
  const usual = found(shapes);
  assert.equal(usual.network, { backbone: 'resnet18', head: [64], classes: 10 });
  assert.equal(usual.assumed.slice(1), ['the activation after fc.0 is relu (--head-activation)']);
  const gelu = found(shapes, { headActivation: 'gelu' });
  assert.is(layersText(gelu.network), '0 linear 64, 1 gelu, 2 linear 10');
});

test("MaxViT's own head keeps its activation and its embedding where the last Linear is another", () => {
  const shapes: Mutable = new Map(shapesOf('maxvit_t'));
  assert.equal(found(shapes).network, { backbone: 'maxvit_t', head: [], classes: 10 });
  for (const [name, shape] of linear('classifier.5', 10, 512)) shapes.set(name, shape);
  const { network, assumed } = found(shapes, { backbone: 'maxvit_t' });
  assert.is(layersText(network), '3 linear 512, 4 tanh, 5 linear 10');
  assert.equal(
    [usualTap(network), usualEmbedding(network), assumed],
    ['classifier.4', 'what the last Linear takes', []],
  );
});

test('no head: the body alone, by itself or because it was asked for', () => {
  const { network, head } = found(withHead([]));
  assert.equal([network.headLayers, network.classes, head], [[], 0, null]);
  const asked = found(shapesOf('resnet18'), { head: 'none' });
  assert.equal([asked.network.headLayers, asked.network.classes, asked.leftOut], [[], 0, ['fc']]);
});

test('two heads: which one is asked for', async () => {
  const shapes = withHead([...linear('kind', 10, 512), ...linear('colour', 4, 512)], 'backbone.');
  const error = await refused('HEAD_AMBIGUOUS', shapes);
  assert.ok(error.message.includes('kind (10); colour (4)'), error.message);
  const { network, leftOut } = found(shapes, { head: 'colour' });
  assert.equal([network.classes, leftOut], [4, ['kind']]);
  await refused('HEAD_NOT_FOUND', shapes, { head: 'shape' });
});

/** timm's `deit_tiny_distilled_patch16_224` without its heads, of two blocks. */
function distilled(...heads: [string, number[]][][]): Mutable {
  const body: Body = {
    ...{ family: 'vit', grid: 2, patch: 16, width: 192, depth: 2, heads: 3, hidden: 768 },
    ...{ classToken: true, distillation: true, registers: 0, positions: 'all', patchBias: true, qkvBias: true },
    ...{ preNorm: false, layerScale: false, activation: 'gelu', eps: 1e-6 },
    ...{ pool: 'pair', fcNorm: false, pooler: false, projection: 0 },
  };
  const spec = { backbone: 'vit', body, head: [], headLayers: [], classes: 0 };
  return new Map([...parameters(buildGraph(spec)), ...heads.flat()]);
}

test('a distilled DeiT: the mean of two heads, which are alike', async () => {
  const { network, head, leftOut } = found(distilled(linear('head', 7, 192), linear('head_dist', 7, 192)));
  assert.equal([network.classes, head, leftOut], [7, 'head', []]);
  assert.is(usualEmbedding(network), 'the mean of the class token and the distillation token after the last norm');
  const none = found(distilled(linear('head', 7, 192), linear('head_dist', 7, 192)), { head: 'none' });
  assert.equal([none.network.classes, none.leftOut], [0, ['head', 'head_dist']]);
  const single = await refused('HEAD_NOT_SUPPORTED', distilled(linear('head', 7, 192)));
  assert.match(single.message, 'its scores are the mean of two heads, and only head (7) is there, no head_dist');
  const unlike = distilled(linear('head', 7, 192), linear('head_dist', 5, 192));
  const { message } = await refused('HEAD_NOT_SUPPORTED', unlike);
  assert.match(message, 'which differ: head (7); head_dist (5)');
});

test("timm's names of CLIP's ResNets", () => {
  const body: Body = {
    ...{ family: 'clip_resnet', blocks: [1, 2, 1, 1], width: 4, grid: 2, outputs: 24 },
  };
  const own = parameters(buildGraph({ backbone: 'clip_resnet', body, head: [], headLayers: [], classes: 0 }));
  const timm = new Map([...own].map(([name, shape]) => [TABLES.clipResNet[name]!, shape]));
  assert.ok(timm.has('stages.1.1.conv2_kxk.bn.running_var') && timm.has('stages.0.0.shortcut.conv.conv.weight'));
  const { network, tensors } = found(timm);
  assert.equal([network.backbone, network.body], ['clip_resnet', body]);
  assert.ok([...tensors].every(([name, { names }]) => names.join() === TABLES.clipResNet[name]!));
});

for (const [what, layers, says] of TABLES.unfit) {
  test(`refused: ${what}, unless the body alone is wanted`, async () => {
    const error = await refused('HEAD_NOT_SUPPORTED', withHead(layers));
    assert.ok(error.message.includes(says), error.message);
    assert.match(error.hint!, '--head none');
    assert.is(found(withHead(layers), { head: 'none' }).network.classes, 0);
  });
}

test('two copies of a network: --prefix says which, unless they are equal', async () => {
  const both = (prefixes: string[]) =>
    new Map(
      prefixes.flatMap((prefix) => [...shapesOf('resnet18')].map(([name, shape]) => [prefix + name, shape] as const)),
    );
  const shapes = both(['model.', 'ema.module.']);
  const error = await refused('CHECKPOINT_AMBIGUOUS', shapes);
  assert.ok(error.message.includes('under model.') && error.message.includes('under ema.module.'), error.message);
  assert.is(found(shapes, { prefix: 'ema' }).prefix, 'ema.module.');
  assert.is(found(shapes, { prefix: 'ema' }).tensors.get('fc.weight')!.names.join(), 'ema.module.fc.weight');
  await refused('PREFIX_NOT_FOUND', shapes, { prefix: 'teacher' });
  assert.is(found(shapes, { same: () => true }).prefix, 'model.');
});

function stemOf(body: NetworkSpec['body']): { maxPool: boolean } | undefined {
  return (body as { stem: { maxPool: boolean } } | undefined)?.stem;
}

test('depths, widths, stems and channels are read from the shapes', () => {
  const body = (backbone: string, change: (shapes: Mutable) => Mutable) => found(change(shapesOf(backbone))).network;
  const cifar = body('wide_resnet50_2', (shapes) => shapes.set('conv1.weight', [64, 3, 3, 3]));
  assert.is(cifar.backbone, 'wide_resnet50_2');
  assert.equal(stemOf(cifar.body), {
    channels: [64],
    kernel: 3,
    stride: 1,
    maxPool: false,
  });
  assert.is(body('resnet18', (shapes) => shapes.set('conv1.weight', [64, 1, 7, 7])).channels, 1);
  assert.is(body('vgg11', (shapes) => shapes.set('features.0.weight', [64, 4, 3, 3])).channels, 4);
  const pooled = found(shapesOf('resnet18').set('conv1.weight', [64, 3, 3, 3]), { stem: 'cifar-pool' });
  assert.equal(pooled.assumed, [USUAL]);
  assert.is(stemOf(pooled.network.body)?.maxPool, true);
});

test('a 3×3 stem is assumed to be that of CIFAR-10, and that is told', () => {
  const { assumed } = found(shapesOf('resnet18').set('conv1.weight', [64, 3, 3, 3]));
  assert.equal(assumed, ['conv1 is 3×3: its stride is 1 and no max pooling follows (--stem cifar)', USUAL]);
});

test('layers in a block are refused', async () => {
  const inside = shapesOf('resnet18').set('layer1.0.ca.fc1.weight', [4, 64, 1, 1]);
  const error = await refused('BACKBONE_MISMATCH', inside);
  assert.match(error.message, /a ResNet with an attention module.*1 of 103 tensors do not fit/);
});

test('group normalisation is named', async () => {
  const shapes = new Map([...shapesOf('resnet18')].filter(([name]) => !name.includes('running_')));
  const { message } = await refused('BACKBONE_MISMATCH', shapes);
  assert.match(message, 'looks like a ResNet, but 20 normalisations have no running statistics, such as bn1');
});

test('missing tensors are named with their shapes', async () => {
  const shapes = shapesOf('resnet34');
  shapes.delete('layer4.2.conv2.weight');
  const { message } = await refused('BACKBONE_MISMATCH', shapes);
  assert.match(message, 'layer4.2.conv2.weight [512, 512, 3, 3] is missing');
});

test('what resembles nothing is said to, and other families are named', async () => {
  const error = await refused('BACKBONE_UNKNOWN', new Map([['a.weight', [2, 2]]]));
  assert.match(error.message, 'none of its 1 tensors begin a backbone known here; they are a.weight [2, 2]');
  assert.match(
    error.hint!,
    /ResNet, VGG, MobileNetV2.* and RepVGG are converted.*image-drift models lists.*Export any other to ONNX/,
  );
  const scale = 'layers.0.blocks.0.attn.logit_scale';
  const swin = await refused('BACKBONE_UNKNOWN', new Map([[scale, [3, 1, 1]]]));
  assert.match(
    swin.message,
    'looks like a Swin Transformer V2, which is not converted: it needs the size of its windows',
  );
});

test('two networks that have the same tensors are refused, until --backbone says which', async () => {
  const shapes: Mutable = new Map();
  for (const [name, shape] of shapesOf('mobilenet_v3_small')) shapes.set(TABLES.timm[name]!, shape);
  const error = await refused('BACKBONE_AMBIGUOUS', shapes);
  assert.match(error.message, 'timm:mobilenetv3_small_100, timm:tf_mobilenetv3_small_100');
  const styles = ['mobilenetv3_small_100', 'tf_mobilenetv3_small_100'].map((name) => {
    const { body } = found(shapes, { backbone: `timm:${name}` }).network;
    return body as { eps?: number; padding?: string } | undefined;
  });
  assert.equal(
    styles.map((body) => [body?.eps, body?.padding]),
    [
      [1e-5, 'symmetric'],
      [0.001, 'same'],
    ],
  );
  const inFolder = found(shapes, { hints: { library: 'timm', architecture: 'mobilenetv3_small_100' } });
  assert.equal(inFolder.network.body, styles[0]);
});

test('timm without a classifier: its last Linear is part of the body', () => {
  const shapes: Mutable = new Map();
  for (const [name, shape] of shapesOf('mobilenet_v3_small')) shapes.set(TABLES.timm[name]!, shape);
  for (const part of ['weight', 'bias']) shapes.delete(`classifier.${part}`);
  shapes.set('conv_head.weight', [1024, 576, 1, 1]);
  const { network, tensors } = found(shapes, { backbone: 'timm:mobilenetv3_small_100' });
  assert.equal([network.headLayers, network.classes, usualTap(network)], [[], 0, 'act2']);
  assert.equal(tensors.get('conv_head.weight'), { names: ['conv_head.weight'], shape: [1024, 576] });
});

for (const [asked, near] of [
  ['timm:mobilenetv3_smal_100', 'mobilenetv3_small_100'],
  ['open_clip:ViT-B-32-quickglu', 'ViT-B-32-quickgelu'],
  ['transformers:siglp', 'siglip'],
] as const) {
  test(`refused: --backbone ${asked}, with the nearest names`, async () => {
    const { hint } = await refused('UNKNOWN_BACKBONE', shapesOf('resnet18'), { backbone: asked });
    assert.match(hint!, near);
  });
}

test('refused: --backbone of a network or a library that nobody has, with what lists all; also where a folder names its library', async () => {
  const refusedName = async (backbone: string, hints?: Hints) => {
    return refused('UNKNOWN_BACKBONE', shapesOf('resnet18'), { backbone, hints });
  };
  assert.match(
    (await refusedName('timm:zzz')).hint ?? '',
    /^image-drift models --library timm lists the \d{3} that are converted\.$/,
  );
  const library = await refusedName('tim:resnet18', { library: 'timm', architecture: 'resnet18' });
  assert.is(library.message, '"tim" is not a library known here');
  assert.is(library.hint, 'Did you mean timm? There are torchvision, timm, transformers, open_clip.');
  await refusedName('resnet81', { library: 'timm', architecture: 'resnet18' });
});

test('a tag of timm does not matter', () => {
  assert.is(found(shapesOf('resnet18'), { backbone: 'timm:resnet18.a1_in1k' }).network.backbone, 'resnet18');
});

test('a batch norm with its activation, and one module alone in another, are no names of layers here', () => {
  const shapes: Mutable = new Map();
  for (const [name, shape] of shapesOf('mobilenet_v3_small')) shapes.set(TABLES.timm[name]!, shape);
  const read = found(shapes, { backbone: 'timm:mobilenetv3_small_100' });
  assert.is(aliasOf('bn1', read), null);
  assert.is(aliasOf('conv_stem', read), 'features.0.0');
  assert.is(aliasOf('blocks.0', read), 'features.1');
  assert.is(aliasOf('blocks.0.0', read), null);
});

test('queries, keys and values that are apart become one tensor, and config.json says the heads', () => {
  const shapes: Mutable = new Map();
  for (const [name, shape] of shapesOf('vit_b_32', [], 5)) {
    const clip = TABLES.clip[name]!;
    const parts = clip.includes('{}') ? ['q_proj', 'k_proj', 'v_proj'] : [''];
    const [rows = 0, ...rest] = shape;
    for (const part of parts) shapes.set(clip.replace('{}', part), parts.length === 1 ? shape : [rows / 3, ...rest]);
  }
  const config = { vision_config: { num_attention_heads: 8, hidden_act: 'gelu', layer_norm_eps: 1e-5 } };
  const { network, tensors, assumed } = found(shapes, {
    hints: { library: 'transformers', architecture: 'clip', config },
  });
  const { heads, activation, eps } = network.body as { heads?: number; activation?: string; eps?: number };
  assert.equal([heads, activation, eps, assumed], [8, 'gelu', 1e-5, []]);
  const { names, shape } = tensors.get('blocks.3.attn.qkv.weight')!;
  const layer = 'vision_model.encoder.layers.3.self_attn';
  assert.equal([names, shape], [['q', 'k', 'v'].map((part) => `${layer}.${part}_proj.weight`), [2304, 768]]);
  assert.is(aliasOf('vision_model.encoder.layers.3', found(shapes)), 'blocks.3');
});

test("torchvision's ConvNeXt has its last norm inside its classifier", () => {
  const shapes = new Map(
    [...shapesOf('convnext_tiny')].map(([name, shape]) => {
      return [
        name.startsWith('norm.')
          ? name.replace('norm.', 'classifier.0.')
          : name.replace('classifier.', 'classifier.2.'),
        shape,
      ] as const;
    }),
  );

  assert.equal(found(shapes).network, { backbone: 'convnext_tiny', head: [], classes: 10 });
});

test('thousands of blocks are refused at once', async () => {
  const shapes: Mutable = new Map();
  for (let i = 0; i < 3000; i++) {
    shapes
      .set(`_blocks.${i}._depthwise_conv.weight`, [8, 1, 3, 3])
      .set(`_blocks.${i}._project_conv.weight`, [8, 8, 1, 1]);
  }
  const start = performance.now();
  await refused('BACKBONE_UNKNOWN', shapes);
  assert.ok(performance.now() - start < 5000);
});

test('--backbone is compared with what is there', async () => {
  const shapes = shapesOf('resnet18');
  assert.is(found(shapes, { backbone: 'resnet18' }).network.backbone, 'resnet18');
  const error = await refused('BACKBONE_MISMATCH', shapes, { backbone: 'resnet34' });
  assert.match(error.message, 'is resnet18, not resnet34');
  await refused('UNKNOWN_BACKBONE', shapes, { backbone: 'resnet19' });
});

test("the hidden layer of timm's heads comes first wherever it is in the file, with its own activation", () => {
  const head = [...linear('head.fc', 10, 512), ...linear('head.pre_logits.fc', 256, 512)];
  head[0]![1] = [10, 256];
  const { network, assumed } = found(withHead(head));
  assert.equal([network.head, network.classes], [[256], 10]);
  assert.match(assumed.join(), 'the activation after head.pre_logits.fc is tanh (--head-activation)');
  const hidden: FoundHead = { root: 'head', end: 'head', modules: [linearModule('head.pre_logits.fc')] };
  assert.is(usualActivation(hidden, 'convnext'), 'gelu');
  assert.is(usualActivation({ ...hidden, modules: [linearModule('head.fc.0')] }, 'convnext'), 'relu');
});

function linearModule(path: string): FoundHead['modules'][number] {
  return { path, kind: 'linear', inputs: 8, outputs: 8, bias: true, convolution: false };
}
