/** Maps and tokens as embeddings: `convert --tap LAYER --pool`, on every engine that is there, and what is proposed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint, convertToOnnx } from '../../convert/index.js';
import { prepareModel } from '../../engine/contract/prepared-model.js';
import { Embedder, type ImageBatch, loadBackend } from '../../engine/index.js';
import { readWeights } from '../../weights/index.js';
import { png, writeFiles } from '../support/image-files.js';
import { type FileModel, floats, index, ints, nodesOf, writeOnnxFile } from '../support/onnx-file.js';
import { pixels } from '../support/pseudo-random.js';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { relativeError } from '../support/relative-error.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, collect, refusal, runCli, temporaryFolder, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';

const SIDE = 32;
const KINDS = ['mean', 'max', 'cls'] as const;
const PIXELS: ConvertOptions = { size: [SIDE, SIDE], mean: [0.5], std: [0.5] };

/** A trunk, tokens of its last map, and what a detector adds: a neck, masks, and boxes by an operator nobody reads. */
const LINES = `
  c1 = Conv(x, k1, b1)
  a1 = Relu(c1)
  c2 = Conv(a1, k2, b2)
  a2 = Sigmoid(c2)
  c3 = Conv(a2, k3, b3)
  a3 = Relu(c3)
  rows = Reshape(a3, to rows)
  words = Transpose(rows)
  wide = MatMul(words, w)
  tokens = LayerNormalization(wide, gamma, beta)
  sequence = Transpose(tokens)
  up = Resize(a3, none, twice)
  neck = Concat(up, a2)
  masks = Conv(neck, km, bm)
  boxes = NonMaxSuppression(masks)`;
const half = { strides: [2, 2], pads: [1, 1, 1, 1] };
const nodes = nodesOf(LINES, {
  c1: half,
  c2: half,
  c3: half,
  words: { perm: [0, 2, 1] },
  tokens: { axis: -1 },
  sequence: { perm: [1, 0, 2] },
  up: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  neck: { axis: 1 },
});
const tensors = {
  k1: floats('k1', 6, 3, 3, 3),
  b1: floats('b1', 6),
  k2: floats('k2', 10, 6, 3, 3),
  b2: floats('b2', 10),
  k3: floats('k3', 20, 10, 3, 3),
  b3: floats('b3', 20),
  km: floats('km', 4, 30, 1, 1),
  bm: floats('bm', 4),
  'to rows': ints(0, 20, 16),
  w: floats('w', 20, 24),
  gamma: floats('gamma', 24),
  beta: floats('beta', 24),
  none: { dims: [0], data: [] },
  twice: { dims: [4], data: [1, 1, 2, 2] },
};
const detector: FileModel = { nodes, tensors, outputs: ['masks', 'boxes'], input: ['N', 3, SIDE, SIDE] };
const file = writeOnnxFile(detector);

async function converted(options: ConvertOptions, path = file) {
  const folder = join(temporaryFolder(), 'weights');
  const { config } = await convertCheckpoint(path, folder, { ...PIXELS, ...options });
  return { folder, config };
}

function batch(rows: number): ImageBatch {
  return { rows, height: SIDE, width: SIDE, data: pixels('images', rows * SIDE * SIDE * 3) };
}

/** The mean or the largest value of each channel, or the first token, one value after another. */
function plainly(kind: (typeof KINDS)[number], [rows, ...shape]: readonly number[], data: Float32Array, place: number) {
  const size = shape.reduce((a, b) => a * b, 1);
  const channels = shape[place]!;
  const inner = shape.slice(place + 1).reduce((a, b) => a * b, 1);
  return Array.from({ length: rows! * channels }, (_, i) => {
    const [row, channel] = [Math.floor(i / channels), i % channels];
    const own = [...data.subarray(row * size, (row + 1) * size)];
    const values = own.filter((_value, at) => Math.floor(at / inner) % channels === channel);
    if (kind === 'cls') return values[0]!;
    return kind === 'max' ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
  });
}

const LAYERS = [
  { tap: 'a3', place: 0, pools: ['mean', 'max'] },
  { tap: 'a2', place: 0, pools: ['mean', 'max'] },
  { tap: 'tokens', place: 1, pools: KINDS },
  { tap: 'sequence', place: 1, pools: KINDS },
  { tap: 'rows', place: 0, pools: ['mean', 'max'] },
] as const;

const engines = [tfjsOnCpu, await loadBackend('simd')];
for (const name of ['onnxruntime', 'tensorflow']) {
  const backend = await loadBackend(name);
  const { ok, reason } = await backend.availability();
  if (ok) engines.push(backend);
  else console.log(`SKIPPED (${reason}): pooled embeddings on ${name}`);
}

const pooled = LAYERS.flatMap(({ tap, place, pools }) => pools.map((pool) => ({ tap, place, pool })));
const read = await Promise.all(
  pooled.map(async ({ tap, place, pool }) => {
    const { folder, config } = await converted({ tap, pool });
    assert.equal([config.tap, config.classes], [`${tap}:${pool}`, []]);
    return { tap, place, pool, weights: await readWeights(folder) };
  }),
);

for (const backend of engines) {
  test(`${backend.name}: each pool of maps and tokens is that of its layer, computed plainly`, async () => {
    for (const { tap, place, pool, weights } of read) {
      const { model, tapNodes } = prepareModel(weights, { tap: [`${tap}:${pool}`, tap], scores: false });
      const { mean, std } = weights.config.preprocessing;
      const compile = { taps: [...tapNodes.values()], scores: false, mean, std, precision: 'float32' } as const;
      const program = await backend.compile(model, compile);
      const { taps } = await program.run(batch(3));
      const [row, layer] = [...tapNodes.values()].map((node) => taps.get(node)!);
      const expected = plainly(pool, layer!.shape, layer!.data, place);
      assert.equal(row!.shape, [3, expected.length / 3], `${tap}:${pool}`);
      assert.ok(relativeError(row!.data, expected) < 1e-6, `${tap}:${pool}`);
      await program.dispose();
    }
  });
}

test('stored, read and embedded again; further taps stay as they are', async () => {
  const { folder, config } = await converted({ tap: 'a3', pool: 'max' });
  assert.equal(config.pool, { layer: 'a3', kind: 'max', axes: [2, 3] });
  await using embedder = await Embedder.load(folder, { tap: ['a3:max', 'a3'], threads: 0 });
  for await (const { taps } of embedder.run([batch(2)])) {
    assert.equal(
      [taps.get('a3:max')!.shape, taps.get('a3')!.shape],
      [
        [2, 20],
        [2, 20, 4, 4],
      ],
    );
  }
  const unpooled = await converted({ tap: 'a3', pool: 'none' });
  assert.equal([unpooled.config.tap, unpooled.config.pool], ['a3', undefined]);
  await using plain = await Embedder.load(unpooled.folder, { threads: 0 });
  assert.equal(plain.taps, [{ name: 'a3', shape: [20, 4, 4] }]);
});

test('a folder whose embedding is not the layer that it says is pooled is refused', async () => {
  const { folder } = await converted({ tap: 'a3', pool: 'mean' });
  const path = join(folder, 'model.json');
  const json = readFileSync(path, 'utf8');
  for (const [from, to] of [
    ['"tap": "a3:mean"', '"tap": "a3"'],
    ['"layer": "a3"', '"layer": "a2"'],
    ['"kind": "mean"', '"kind": "min"'],
  ] as const) {
    assert.ok(json.includes(from), from);
    writeFiles(folder, { 'model.json': json.replace(from, to) });
    await refusal('WEIGHTS_MANIFEST_INVALID', () => readWeights(folder));
  }
  writeFiles(folder, { 'model.json': json.replace(/("axes": \[\s*)2/, '$17') });
  await refusal('GRAPH_SHAPES', () => Embedder.load(folder));
});

test('a network of a known family: its scores stay, and the ONNX file gives the pooled layer', async () => {
  const { tensors } = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 3 });
  const folder = temporaryFolder();
  const path = join(folder, 'model.safetensors');
  writeSafetensors(path, tensors);
  const onnx = join(folder, 'model.onnx');
  const written = await convertToOnnx(path, onnx, { ...PIXELS, stem: 'cifar', tap: 'layer2', pool: 'mean' });
  assert.equal([written.onnx.outputs, written.config.classes.length], [['layer2:mean', 'scores'], 3]);
  const ours = join(folder, 'weights');
  await convertCheckpoint(path, ours, { ...PIXELS, stem: 'cifar', tap: 'layer2', pool: 'mean' });
  await using embedder = await Embedder.load(ours, { tap: ['layer2:mean', 'layer2'], threads: 0 });
  const back = await convertCheckpoint(onnx, join(folder, 'back'));
  assert.equal([back.config.tap, back.config.classes.length], ['layer2:mean', 3]);
  await using fromFile = await Embedder.load(join(folder, 'back'), { threads: 0 });
  const [own] = await collect(embedder.run([batch(2)]));
  const [read] = await collect(fromFile.run([batch(2)]));
  const { shape, data } = own!.taps.get('layer2')!;
  const pooled = own!.taps.get('layer2:mean')!.data;
  assert.ok(relativeError(pooled, plainly('mean', shape, data, 0)) < 1e-6);
  assert.ok(relativeError(read!.taps.get('layer2:mean')!.data, pooled) < 1e-5);
  assert.ok(relativeError(read!.scores!, own!.scores!) < 1e-5);
});

test('what is not pooled: a row, a map by its first token; a network that needs no pool keeps its embedding', async () => {
  const row: FileModel = { nodes: nodesOf('p = GlobalAveragePool(x)\ny = Flatten(p)'), input: ['N', 3, SIDE, SIDE] };
  const withWeights = {
    ...row,
    nodes: [...nodesOf('s = Mul(x, w)'), ...nodesOf('p = GlobalAveragePool(s)\ny = Flatten(p)')],
    tensors: { w: floats('w', 1, 3, 1, 1) },
  };
  const path = writeOnnxFile(withWeights);
  await refusal('POOL_MISFIT', () => converted({ tap: 'y', pool: 'mean' }, path), /needs a map .* "y" is \[3\]/);
  await refusal('POOL_MISFIT', () => converted({ tap: 'a3', pool: 'cls' }), {
    message: 'needs tokens [T, C]',
    hint: '--tap a3 --pool mean (20 values)',
    exitCode: 2,
  });
  assert.is((await converted({}, path)).config.tap, 'y');
});

test('where no output is an embedding, layers and pools are proposed, and can be given as they are printed', async () => {
  const folder = temporaryFolder();
  const convert = (...more: string[]) =>
    runCli(['convert', file, '--out', 'w', '--size', `${SIDE}`, ...more], { cwd: folder });
  const refused = convert();
  assert.is(refused.status, 4);
  const proposals = [...refused.stderr.matchAll(/--tap (\S+) --pool (\w+) \((\d+) values\)/g)];
  assert.equal(
    proposals.map(([, tap, pool, values]) => [tap, pool, values]),
    [
      ['a3', 'mean', '20'],
      ['sequence', 'mean', '24'],
    ],
  );
  assert.match(refused.stderr, 'Boxes and masks are not read');
  const done = convert(...proposals[0]![0].split(' ').slice(0, 4));
  assert.is(done.status, 0, done.stderr);
  assert.match(done.stdout, 'embedding: the output of a3:mean: the mean of each channel of a3');
  assert.match(done.stderr, 'Left out: the outputs masks, boxes (boxes and masks are not read)');
  const taps = JSON.parse(runCli(['inspect', file, '--taps', '--json'], { cwd: folder }).stdout);
  const shown = (taps as { name: string; proposed: string | null }[]).filter(({ proposed }) => proposed !== null);
  assert.equal(
    shown.map(({ name, proposed }) => [name, proposed]),
    [
      ['a3', 'mean'],
      ['sequence', 'mean'],
    ],
  );
  assert.match(runCli(['inspect', 'w', '--taps'], { cwd: folder }).stdout, /a3:mean +\[20\] +default/);
});

test('boxes and masks are not spoken of where a network has none', async () => {
  const classifier = writeOnnxFile({
    ...detector,
    nodes: [...nodes.slice(0, 6), ...nodesOf('logits = Unheard(a3)')],
    outputs: ['logits'],
  });
  await refusal('ONNX_NOT_SUPPORTED', () => converted({}, classifier), {
    hint: /^A layer can be the embedding: --tap a3/,
  });
  for (const [outputs, left] of [
    [['neck', 'up'], 'the outputs neck, up'],
    [['neck', 'masks'], 'the outputs neck, masks (boxes and masks are not read)'],
  ] as const) {
    const path = writeOnnxFile({ ...detector, nodes: nodes.slice(0, -1), outputs: [...outputs] });
    const { config } = await converted({ tap: 'a3', pool: 'mean' }, path);
    assert.equal(config.provenance.leftOut, [left]);
  }
});

test('an embedding of what a detector predicts is said, and one of its trunk, neck or tokens is not', async () => {
  const says = async (options: ConvertOptions, path = file) =>
    (await converted(options, path)).config.provenance.assumed?.filter((line) => line.includes('boxes, masks')) ?? [];
  const masks = await says({ tap: 'masks', pool: 'mean' });
  assert.match(masks.join(), /^masks is taken for what the image shows.*: --tap a3 --pool mean \(20 values\)/);
  for (const tap of ['a3', 'sequence', 'neck', 'up']) assert.equal(await says({ tap, pool: 'mean' }), [], tap);
  // Boxes by their name alone, without a map that is made larger.
  const flat = nodesOf('scaled = Conv(a3, kb, bb)\npred_boxes = Sigmoid(scaled)');
  const boxes = (name: string): FileModel => ({
    ...detector,
    nodes: [
      ...nodes.slice(0, 6),
      ...flat.map((node) => JSON.parse(JSON.stringify(node).replaceAll('pred_boxes', name))),
    ],
    tensors: { ...tensors, kb: floats('kb', 4, 20, 1, 1), bb: floats('bb', 4) },
    outputs: [name],
  });
  const path = writeOnnxFile(boxes('pred_boxes'));
  assert.is((await says({ tap: 'pred_boxes', pool: 'max' }, path)).length, 1);
  assert.is((await says({ tap: 'scaled', pool: 'mean' }, path)).length, 1);
  assert.is((await says({ tap: 'pred_boxes', head: 'none' }, path)).length, 1);
  assert.equal(await says({ tap: 'features', pool: 'mean' }, writeOnnxFile(boxes('features'))), []);
});

test('a network that enlarges its image first has the same proposals', async () => {
  const rest = nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (name === 'x' ? 'large' : name)) }));
  const large = {
    ...nodes.find(({ outputs }) => outputs[0] === 'up')!,
    inputs: ['x', 'none', 'twice'],
    outputs: ['large'],
  };
  const half = writeOnnxFile({ ...detector, nodes: [large, ...rest], input: ['N', 3, SIDE / 2, SIDE / 2] });
  await refusal('ONNX_NOT_SUPPORTED', () => converted({ size: [SIDE / 2, SIDE / 2] }, half), {
    hint: /--tap a3 --pool mean \(20 values\), or --tap sequence --pool mean \(24 values\)/,
  });
});

test('an embedding of more than 16,384 values is made only where it is asked for', async () => {
  const wide: FileModel = {
    nodes: nodesOf('a = Conv(x, k)\nf = Flatten(a)'),
    tensors: { k: floats('k', 17, 3, 1, 1) },
    outputs: ['f'],
    input: ['N', 3, SIDE, SIDE],
  };
  const path = writeOnnxFile(wide);
  const says = { message: /17,408 values; more than 16,384/, hint: '--tap a --pool mean (17 values)', exitCode: 2 };
  await refusal('POOL_NEEDED', () => converted({}, path), says);
  await refusal('POOL_NEEDED', () => converted({ tap: 'a' }, path), says);
  assert.is((await converted({ tap: 'a', pool: 'none' }, path)).config.tap, 'a');
  assert.is((await converted({ tap: 'f' }, path)).config.tap, 'f');
  const small = { ...wide, tensors: { k: floats('k', 16, 3, 1, 1) } };
  assert.is((await converted({}, writeOnnxFile(small))).config.tap, 'f');
});

test('drift from end to end on a pooled embedding', async () => {
  const { folder } = await converted({ tap: 'a3', pool: 'mean' });
  const cwd = temporaryFolder();
  const images = (name: string, dark: number) =>
    Object.fromEntries(
      Array.from({ length: 120 }, (_, i) => {
        const data = pixels(`${name} ${i}`, SIDE * SIDE * 3).map((value) => Math.floor(value * dark));
        return [`${name}/${i}.png`, png(SIDE, SIDE, data)];
      }),
    );
  writeFiles(cwd, { ...images('before', 1), ...images('same', 1), ...images('dark', 0.7) });
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = runCli(args, { cwd });
    assert.is(status, 0, stderr);
    return stdout;
  };
  for (const name of ['before', 'same', 'dark']) run('embed', name, '--weights', folder, '--out', `${name}.parquet`);
  assert.match(run('inspect', 'before.parquet'), '20 values, layer a3:mean');
  run('baseline', 'before.parquet', '--out', 'profile.json');
  const { windows } = JSON.parse(run('drift', 'same.parquet', 'dark.parquet', '--baseline', 'profile.json', '--json'));
  assert.equal(
    windows.map(({ verdict }: { verdict: string }) => verdict === 'drift'),
    [false, true],
  );
});

test('a detector that takes one image, [channels, height, width], has the same layers', async () => {
  const steps = nodesOf(
    'first = Unsqueeze(x, zero)\nbig = Resize(first, none, once)\nplain = Squeeze(big, zero)\npicked = Gather(first, nothing)\nboth = Add(plain, picked)\nwhole = Unsqueeze(both, zero)',
  );
  const rest = nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => (name === 'x' ? 'whole' : name)) }));
  const more = { zero: ints(0), nothing: index(0), once: { dims: [4], data: [1, 1, 1, 1] } };
  const alone = writeOnnxFile({
    ...detector,
    nodes: [...steps, ...rest],
    tensors: { ...tensors, ...more },
    input: [3, SIDE, SIDE],
  });
  const { folder } = await converted({ tap: 'a3', pool: 'mean' }, alone);
  const plain = await converted({ tap: 'a3', pool: 'mean', mean: [0.5], std: [0.25] });
  const rows = await Promise.all(
    [folder, plain.folder].map(async (weights) => {
      await using embedder = await Embedder.load(weights, { threads: 0 });
      const [found] = await collect(embedder.run([batch(3)]));
      return found!.taps.get('a3:mean')!.data;
    }),
  );
  assert.ok(relativeError(rows[0]!, rows[1]!) < 1e-6);
});
