/** Where another reading of ONNX is near: sizes used as numbers, outputs that may be scores or an embedding. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConvertOptions, convertCheckpoint } from '../../../convert/index.js';
import type { OnnxOptions } from '../../../convert/onnx/read-network.js';
import {
  type FileModel,
  type FileNode,
  type FileTensor,
  floats,
  index,
  ints,
  networkOf,
  nodesOf,
  number,
  onnxBytesOf,
  outputsOf,
  writeOnnxFile,
} from '../../support/onnx-file.js';
import { uniform } from '../../support/pseudo-random.js';
import { assert, refusal, packageRoot as root, temporaryFolder, test } from '../../support/test.js';

const IMAGES = { shape: [2, 3, 8, 8], data: Float64Array.from(uniform('images', 2 * 3 * 64, -1, 1)) };

async function valuesOf(model: FileModel, tap = 'y'): Promise<number[]> {
  const network = await networkOf(writeOnnxFile(model), { tap });
  return [...outputsOf(network, IMAGES, [tap])[0]!.data];
}

function near(a: readonly number[], b: readonly number[], what: string): void {
  assert.is(a.length, b.length, what);
  for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]!) < 1e-6, `${what}: ${value} and ${b[i]}`);
}

const refused = (code: string, model: FileModel, says: string | RegExp) =>
  refusal(code, () => networkOf(writeOnnxFile(model)), says);

const END = 'p = GlobalAveragePool(y)\nflat = Flatten(p)\nlogits = Gemm(flat, w, bias)';
const HEAD = { w: floats('w', 3, 5), bias: floats('bias', 5) };

test('the number of images in a batch is a size of shapes; as a number it is refused by the name of the node', async () => {
  const size = 'shape = Shape(x)\nn = Gather(shape, zero)\nf = Cast(n)\n';
  const tensors = {
    ...HEAD,
    zero: index(0),
    one: index(1),
    one2: index(3),
    axis: ints(0),
    rest: ints(3, -1),
    back: ints(-1, 3, 8, 8),
    two: number(2),
  };
  const attributes = { f: { to: 1 }, g: { to: 1 }, to: { axis: 0 } };
  const model = (lines: string): FileModel => {
    return { nodes: nodesOf(size + lines + END, attributes), tensors, outputs: ['logits'] };
  };
  for (const [lines, node] of [
    ['y = Div(x, f)\n', 'node y'],
    ['root = Sqrt(f)\ny = Mul(x, root)\n', 'node y'],
    ['is = Equal(n, one)\nd = Mul(x, two)\ny = Where(is, x, d)\n', 'node y'],
    ['least = Min(f, two)\ny = Mul(x, least)\n', 'node y'],
    ['all = Size(x)\ng = Cast(all)\ny = Div(x, g)\n', 'node y'],
    ['third = Mod(n, one2)\ny = Gather(x, third)\n', 'node y'],
  ] as const) {
    const says = `first ${node}): it computes with the number of images in a batch`;
    const { message } = await refused('ONNX_NOT_SUPPORTED', model(lines), says);
    assert.not.match(message, /1009|2018/);
  }
  const shapes = 'col = Unsqueeze(n, axis)\nto = Concat(col, rest)\nrows = Reshape(x, to)\ny = Reshape(rows, back)\n';
  assert.is((await networkOf(writeOnnxFile(model(shapes)))).classes, 5);
});

test('a message about shapes says N for the batch, not the number that stands for it', async () => {
  const nodes = nodesOf(`c = Concat(x, x)\nboth = Reshape(x, to)\ny = Conv(both, kernel)\n${END}`, { c: { axis: 1 } });
  const tensors = { ...HEAD, to: ints(-1, 4), kernel: floats('kernel', 3, 3, 1, 1) };
  await refused('ONNX_NOT_SUPPORTED', { nodes, tensors, outputs: ['logits'] }, /it gets \[48·N, 4\]/);
});

test('a size that is used as a number makes a network of that size', async () => {
  const lines = `shape = Shape(x)\nh = Gather(shape, two)\nf = Cast(h)\ny = Div(x, f)\n${END}`;
  const nodes = nodesOf(lines, { f: { to: 1 } });
  const tensors = { ...HEAD, two: index(2) };
  const model: FileModel = { nodes, tensors, outputs: ['logits'], input: ['N', 3, 'H', 'W'] };
  assert.equal((await networkOf(writeOnnxFile(model), { size: [8, 8] })).size, [8, 8]);
  const plain = nodesOf(`y = Relu(x)\n${END}`);
  assert.is((await networkOf(writeOnnxFile({ ...model, nodes: plain }), { size: [8, 8] })).size, null);
});

test('another size than the network has: a line of torch only where the file says it is of PyTorch', async () => {
  const nodes = nodesOf(`shape = Shape(x)\nh = Gather(shape, two)\nf = Cast(h)\ny = Div(x, f)\n${END}`, {
    f: { to: 1 },
  });
  const hint = async (producer: string) => {
    const tensors = { ...HEAD, two: index(2) };
    const path = writeOnnxFile({ nodes, tensors, outputs: ['logits'], producer });
    const options: ConvertOptions = { size: [48, 64], resize: null, crop: [48, 64] };
    return (await refusal('ONNX_SIZE', () => convertCheckpoint(path, join(temporaryFolder(), 'out'), options))).hint!;
  };
  assert.match(await hint('pytorch'), 'Export it again with torch.randn(1, 3, 48, 64), or prepare images');
  assert.match(await hint('tf2onnx'), 'Export it again with images of 48×64, or prepare images');
});

test('scores that are added to themselves are their own bias in an attention', async () => {
  const tokens =
    'flat = Reshape(x, to)\nq = MatMul(flat, a)\nk = MatMul(flat, b)\nt = Transpose(k)\ns = MatMul(q, t)\n';
  const tensors = { to: ints(0, 24, 8), a: floats('a', 8, 4), b: floats('b', 8, 4), two: number(2) };
  const own = { t: { perm: [0, 2, 1] }, p: { axis: -1 } };
  const model = (twice: string): FileModel => ({
    nodes: nodesOf(`${tokens}${twice}\np = Softmax(z)\ny = MatMul(p, flat)`, own),
    tensors,
  });
  const once = await valuesOf(model('z = Identity(s)'));
  const doubled = await valuesOf(model('z = Mul(s, two)'));
  near(await valuesOf(model('z = Add(s, s)')), doubled, 'added to itself');
  assert.ok(
    once.some((value, i) => Math.abs(value - doubled[i]!) > 1e-3),
    'twice the scores give other values',
  );
});

test('the scale of a layer norm may be one value, or differ along the other axes', async () => {
  const model = (gamma: FileTensor, beta: FileTensor): FileModel => ({
    nodes: nodesOf('y = LayerNormalization(x, gamma, beta)', { y: { axis: -1 } }),
    tensors: { gamma, beta },
  });
  const filled = (value: number): FileTensor => ({ dims: [8], data: new Array<number>(8).fill(value) });
  near(await valuesOf(model(number(0.7), number(-0.2))), await valuesOf(model(filled(0.7), filled(-0.2))), 'numbers');
  const rows = floats('rows', 8, 1);
  const found = await valuesOf(model(rows, filled(0)));
  const plain = await valuesOf(model(filled(1), filled(0)));
  near(
    found,
    plain.map((value, i) => value * (rows.data as number[])[Math.floor(i / 8) % 8]!),
    'a value a row',
  );
});

test("PyTorch's LocalResponseNorm, which pools squares along the depth of one map, is one layer", async () => {
  const [size, alpha, beta, k] = [3, 0.3, 0.75, 1.5];
  const lines =
    's = Mul(x, x)\nv = Reshape(s, five)\np = Pad(v, pads)\na = AveragePool(p)\nq = Squeeze(a, one)\nr = Reshape(q, four)\n' +
    'm = Mul(r, alpha)\nt = Add(m, k)\nd = Pow(t, beta)\ny = Div(x, d)';
  const window = { kernel_shape: [size, 1, 1], strides: [1, 1, 1] };
  const tensors = { five: ints(-1, 1, 3, 8, 8), four: ints(-1, 3, 8, 8), one: ints(1), beta: number(beta) };
  const exported = (before: number): FileModel => ({
    nodes: nodesOf(lines, { a: window }),
    tensors: { ...tensors, alpha: number(alpha), k: number(k), pads: ints(0, 0, before, 0, 0, 0, 0, 2 - before, 0, 0) },
  });
  const attributes = { size, alpha, beta, bias: k };
  near(await valuesOf(exported(1)), await valuesOf({ nodes: nodesOf('y = LRN(x)', { y: attributes }) }), 'as LRN');
  const operations = async (model: FileModel) =>
    (await networkOf(writeOnnxFile(model), { tap: 'y' })).graph.nodes.map(({ op }) => op);
  assert.equal(await operations(exported(1)), ['input', 'localResponseNorm']);
  assert.not.ok((await operations(exported(0))).includes('localResponseNorm'), 'another window');
});

/** What an Einstein sum of float64 gives, letter by letter. */
function sumOf(equation: string, values: { shape: readonly number[]; data: ArrayLike<number> }[]): number[] {
  const [left = '', output = ''] = equation.split('->');
  const terms = left.split(',');
  const sizes = new Map(
    terms.flatMap((term, i) => [...term].map((label, at) => [label, values[i]!.shape[at]!] as const)),
  );
  const inner = [...sizes.keys()].filter((label) => !output.includes(label));
  const made: number[] = [];
  const walk = (labels: readonly string[], at: Map<string, number>, visit: () => void): void => {
    const [label, ...rest] = labels;
    if (label === undefined) visit();
    else for (let i = 0; i < sizes.get(label)!; i++) walk(rest, at.set(label, i), visit);
  };
  const at = new Map<string, number>();
  walk([...output], at, () => {
    made.push(0);
    walk(inner, at, () => {
      const factors = terms.map(
        (term, i) => values[i]!.data[[...term].reduce((sum, label) => sum * sizes.get(label)! + at.get(label)!, 0)]!,
      );
      made[made.length - 1]! += factors.reduce((a, b) => a * b, 1);
    });
  });
  return made;
}

test('an Einstein sum of an image and a constant, with any letters on either side', async () => {
  const small = { shape: [2, 3, 4, 5], data: Float64Array.from(uniform('einsum', 120, -1, 1)) };
  for (const [equation, ...dims] of [
    ['nchw,hwk->nchk', 4, 5, 2],
    ['nchw,hkw->nchk', 4, 2, 5],
    ['dc,nchw->ndhw', 6, 3],
    ['nchw,cwdv->nhdv', 3, 5, 2, 2],
    ['nchw,chd->nwd', 3, 4, 2],
    ['nchw,c->nwhc', 3],
    ['nchw,d->ndwh', 2],
    ['nchw,dk->nhd', 2, 3],
    ['nchw,hc->nw', 4, 3],
  ] as [string, ...number[]][]) {
    const w = floats(equation, ...dims);
    const isFirst = !equation.startsWith('nchw');
    const nodes = nodesOf(`y = Einsum(${isFirst ? 'w, x' : 'x, w'})`, { y: { equation } });
    const network = await networkOf(writeOnnxFile({ nodes, tensors: { w }, input: ['N', 3, 4, 5] }), { tap: 'y' });
    const constant = { shape: w.dims, data: w.data as number[] };
    const truth = sumOf(equation, isFirst ? [constant, small] : [small, constant]);
    near([...outputsOf(network, small, ['y'])[0]!.data], truth, equation);
  }
  const w = floats('w', 5, 6);
  const plain = await einsumOf('nchw,wk->nchk', w, small);
  near(await einsumOf(' n...w, w k -> n...k', w, small), plain, 'with the letters of the rest left out');
  near(await einsumOf('bchw,wz', w, small), await einsumOf('bchw,wz->bchz', w, small), 'without an output');
});

async function einsumOf(equation: string, w: FileTensor, images: typeof IMAGES): Promise<number[]> {
  const nodes = nodesOf('y = Einsum(x, w)', { y: { equation } });
  const network = await networkOf(writeOnnxFile({ nodes, tensors: { w }, input: ['N', 3, 4, 5] }), { tap: 'y' });
  return [...outputsOf(network, images, ['y'])[0]!.data];
}

test('an Einstein sum over the images of a batch, of one letter twice, or of three values is refused', async () => {
  const tensors = { w: floats('w', 8), square: floats('square', 8, 8) };
  for (const [inputs, equation, says] of [
    ['x, w', 'nchw,d->cdhw', 'it sums over the images of a batch'],
    ['x, x', 'nchw,mchw->nm', 'its inputs have the batch in different axes'],
    ['x, square', 'nchw,hh->nchw', 'its equation is nchw,hh->nchw'],
    ['x, w, w', 'nchw,h,w->nc', 'its equation is nchw,h,w->nc'],
  ] as const) {
    const nodes = nodesOf(`y = Einsum(${inputs})\n${END}`, { y: { equation } });
    await refused('ONNX_NOT_SUPPORTED', { nodes, tensors: { ...HEAD, ...tensors }, outputs: ['logits'] }, says);
  }
});

test('GatherND takes known positions of the axes before the batch, as adaptive pools are written', async () => {
  const positions = [0, 0, 1, 2, -1, -8, 7, 3, 2, 2, 5, 7];
  const model = (data: number[], perm = [2, 3, 0, 1]): FileModel => ({
    nodes: nodesOf('t = Transpose(x)\ng = GatherND(t, at)\ny = Transpose(g)', {
      t: { perm },
      y: { perm: [2, 3, 0, 1] },
    }),
    tensors: { at: { ...ints(...data), dims: [2, 3, 2] } },
  });
  const values = Array.from({ length: 6 }, (_, plane) =>
    [0, 1, 2, 3, 4, 5].map((i) => {
      const [row, column] = [(positions[2 * i]! + 8) % 8, (positions[2 * i + 1]! + 8) % 8];
      return IMAGES.data[(plane * 8 + row) * 8 + column]!;
    }),
  );
  near(await valuesOf(model(positions)), values.flat(), 'positions');
  await refused('ONNX_NOT_SUPPORTED', model([8, ...positions.slice(1)]), 'an index is out of range');
  await refused('ONNX_NOT_SUPPORTED', model(positions, [0, 1, 2, 3]), 'it works along the axis of the batch');
});

test('a value that is not chosen may be infinite or no number; an infinity that the network would choose is refused', async () => {
  const tensors = { low: number(-0.4), high: number(0.5), zero: number(0), infinity: number(Number.NEGATIVE_INFINITY) };
  const pixels = [...IMAGES.data];
  const model = (lines: string): FileModel => ({ nodes: nodesOf(lines), tensors });
  for (const [lines, formula] of [
    ['is = Greater(x, zero)\nl = Log(x)\ny = Where(is, l, x)', (x: number) => (x > 0 ? Math.log(x) : x)],
    ['is = LessOrEqual(x, zero)\nr = Sqrt(x)\ny = Where(is, x, r)', (x: number) => (x <= 0 ? x : Math.sqrt(x))],
    ['p = Relu(x)\nis = Equal(p, zero)\nq = Div(x, p)\ny = Where(is, p, q)', (x: number) => Number(x > 0)],
    [
      'a = Greater(x, low)\nb = Less(x, high)\nis = Xor(a, b)\ny = Where(is, x, zero)',
      (x: number) => (x > -0.4 !== x < 0.5 ? x : 0),
    ],
  ] as const) {
    near(await valuesOf(model(lines)), pixels.map(formula), lines);
  }
  const says = 'the network computes where infinity or no number is';
  await refused('ONNX_NOT_SUPPORTED', model('is = Less(x, zero)\ny = Where(is, infinity, x)'), says);
});

test('attention whose truth values the network computes is refused, as a row could be hidden whole', async () => {
  const lines =
    'r = Reshape(x, shape)\nt = Transpose(r)\ns = MatMul(r, t)\nm = Greater(s, zero)\nz = Attention(r, r, r, m)\ny = Reshape(z, back)\n';
  const nodes = nodesOf(lines + END, { t: { perm: [0, 1, 3, 2] } });
  const tensors = { ...HEAD, zero: number(0), shape: ints(-1, 3, 8, 8), back: ints(-1, 3, 8, 8) };
  const says = 'Attention (1 ×, first node z): the network computes which keys it hides';
  await refused('ONNX_NOT_SUPPORTED', { nodes, tensors, outputs: ['logits'], opset: 23 }, says);
});

test('minus infinity around a map is for a MaxPool, whose own padding it is', async () => {
  const tensors = { pads: ints(0, 0, 0, 0, 0, 0, 1, 1), low: number(Number.NEGATIVE_INFINITY), high: number(-0.5) };
  const window = { kernel_shape: [3, 3], strides: [2, 2] };
  const padded = await valuesOf({ nodes: nodesOf('a = Pad(x, pads, low)\ny = MaxPool(a)', { y: window }), tensors });
  const own = await valuesOf({ nodes: nodesOf('y = MaxPool(x)', { y: { ...window, pads: [0, 0, 1, 1] } }), tensors });
  near(padded, own, 'the same maxima');
  const read: FileModel = { nodes: nodesOf('a = Pad(x, pads, low)\ny = Max(a, high)'), tensors };
  await refused('ONNX_NOT_SUPPORTED', read, 'it pads with -Infinity for other operators than MaxPool');
});

test('aligned corners of a scale that gives a part of a pixel are refused: runtimes differ there', async () => {
  const aligned = { coordinate_transformation_mode: 'align_corners', mode: 'linear' };
  const model = (scale: number): FileModel => ({
    nodes: nodesOf('y = Resize(x, none, scales)', { y: aligned }),
    tensors: { none: { dims: [0], data: [] }, scales: { dims: [4], data: [1, 1, scale, scale] } },
  });
  const { message } = await refusal('ONNX_NOT_SUPPORTED', () => networkOf(writeOnnxFile(model(1.3)), { tap: 'y' }));
  assert.match(message, 'its scale gives a part of a pixel');
  assert.is((await valuesOf(model(1.5))).length, 2 * 3 * 12 * 12);
});

test('constants that double at each step end at a bound, by the name of the node', async () => {
  const chain = (line: (from: string, to: string) => string) =>
    Array.from({ length: 45 }, (_, i) => line(`k${i}`, `k${i + 1}`)).join('\n');
  const tensors = { ...HEAD, k0: floats('k', 1), two: ints(2), big: ints(2 ** 45), long: ints(0, 2 ** 40) };
  const axis = Object.fromEntries(Array.from({ length: 46 }, (_, i) => [`k${i}`, { axis: 0 }]));
  for (const [lines, node] of [
    [chain((from, to) => `${to} = Tile(${from}, two)`), 'Tile node k26'],
    [chain((from, to) => `${to} = Concat(${from}, ${from})`), 'Concat node k26'],
    ['k45 = Expand(k0, big)', 'Expand node k45'],
    ['k45 = ConstantOfShape(big)', 'ConstantOfShape node k45'],
    ['k45 = Pad(k0, long)', 'Pad node k45'],
  ] as const) {
    const nodes = nodesOf(`${lines}\nsum = ReduceSum(k45)\ny = Add(x, sum)\n${END}`, { ...axis, sum: { keepdims: 0 } });
    const says = `model.onnx: ${node}: a constant of the graph would have the shape`;
    await refused('ONNX_TOO_LARGE', { nodes, tensors, outputs: ['logits'] }, says);
  }
  const often = nodesOf(`t = Tile(x, times)\ny = Slice(t, from, until, at)\n${END}`);
  const many = { ...HEAD, times: ints(1, 100_000, 1, 1), from: ints(0), until: ints(3), at: ints(1) };
  const repeated: FileModel = { nodes: often, tensors: many, outputs: ['logits'] };
  await refused('ONNX_NOT_SUPPORTED', repeated, 'it repeats its input 100000 times');
});

const FEATURES = 'p = GlobalAveragePool(x)\nf = Flatten(p)\n';

function withOutputs(lines: string, outputs: string[], attributes: Record<string, FileNode['attributes']> = {}) {
  const sizes = { a: [3, 5], ab: [5], b: [3, 2], bb: [2], one: [3, 1], zero: [1], plain: [3, 4] };
  const drawn = Object.entries(sizes).map(([name, dims]) => [name, floats(name, ...dims)] as const);
  const tensors = { ...Object.fromEntries(drawn), t: number(0.5), half: number(0.5), axis: ints(1) };
  return { nodes: nodesOf(FEATURES + lines, attributes), outputs, tensors };
}

const read = (model: FileModel, options: Partial<OnnxOptions> = {}) => networkOf(writeOnnxFile(model), options);
const asked = async (model: FileModel, options: Partial<OnnxOptions> = {}) => {
  const error = await refusal('HEAD_AMBIGUOUS', () => read(model, options));
  assert.is(error.exitCode, 2);
  return error.message;
};

test('features beside their scores are the embedding, in any order; several heads are asked about', async () => {
  const scores = 'o = Gemm(f, a, ab)';
  for (const outputs of [
    ['f', 'o'],
    ['o', 'f'],
  ]) {
    const { classes, tap } = await read(withOutputs(scores, outputs));
    assert.equal([classes, tap], [5, 'p'], outputs.join());
  }
  const heads = withOutputs(`${scores}\nq = Gemm(f, b, bb)`, ['o', 'q']);
  assert.match(await asked(heads), 'several outputs may be the one that is meant: "o" [N, 5], "q" [N, 2]');
  assert.match((await refusal('HEAD_NOT_FOUND', () => read(heads, { head: 'z' }))).hint!, '"o", "q"');
  assert.is((await read(heads, { head: 'q' })).classes, 2);
  await asked(heads, { hasClasses: false });
});

test('the mean of two heads: what both read is the embedding; where nothing is, it is said', async () => {
  const heads = 'l = Gemm(f, a, ab)\nm = Gemm(f, a, ab)\nd = Add(l, m)\nlogits = Mul(d, half)';
  const { classes, tap, assumed } = await read(withOutputs(heads, ['logits']));
  assert.equal([classes, tap], [5, 'p']);
  assert.not.match(assumed.join(), 'themselves');
  const other = 'g = Mul(f, half)\nl = Gemm(f, a, ab)\nm = Gemm(g, a, ab)\nlogits = Add(l, m)';
  const unknown = await read(withOutputs(other, ['logits']));
  assert.match(unknown.assumed.join(), 'the embedding is the scores themselves, as no layer');
});

test('what may be scores or an embedding is asked; what is neither is no softmax of scores', async () => {
  for (const lines of [
    'l = Gemm(f, a, ab)\no = Div(l, t)',
    'n = LpNormalization(f)\no = MatMul(n, plain)',
    'n = ReduceL2(f, axis)\nu = Div(f, n)\nv = Mul(u, t)\no = MatMul(v, plain)',
    'l = Gemm(f, a, ab)\nm = Gemm(f, a, ab)\no = Add(l, m)',
  ]) {
    const model = withOutputs(lines, ['o']);
    assert.match(await asked(model), 'its values may be scores of classes or an embedding');
    assert.ok((await read(model, { hasClasses: true })).classes > 1);
    assert.is((await read(model, { hasClasses: false })).classes, 0);
  }
  for (const lines of [
    'l = Gemm(f, a, ab)\nm = Gemm(f, a, ab)\nr = Sigmoid(l)\ns = Sigmoid(m)\nd = Add(r, s)\no = Mul(d, half)',
    'l = Gemm(f, a, ab)\nm = Gemm(f, a, ab)\nr = Softmax(l)\ns = Softmax(m)\nd = Add(r, s)\no = Mul(d, half)',
  ]) {
    const model = withOutputs(lines, ['o']);
    assert.match(await asked(model), 'its values are not the scores of one softmax');
    assert.match(await asked(model, { hasClasses: true }), 'its values are not the scores of one softmax');
    assert.is((await read(model, { hasClasses: false })).classes, 0);
  }
  const unit = await read(withOutputs('m = MatMul(f, plain)\no = LpNormalization(m)', ['o']));
  assert.is(unit.classes, 0);
});

test('a sigmoid for each value: labels of which several may hold, or with --head none the embedding', async () => {
  const model = withOutputs('l = Gemm(f, a, ab)\no = Sigmoid(l)', ['o']);
  const found = await read(model);
  assert.equal([found.classes, found.isMultiLabel, found.isProbability, found.tap], [5, true, false, 'p']);
  assert.match(found.assumed.join(), 'the sigmoids of the output o are scores of labels of which several may hold');
  assert.not.match((await read(model, { multiLabel: true })).assumed.join(), 'several');
  const embedding = await read(model, { hasClasses: false });
  assert.equal([embedding.classes, embedding.isMultiLabel, embedding.tap], [0, false, 'o']);
  const logits = withOutputs('o = Gemm(f, a, ab)', ['o']);
  assert.is((await read(logits)).isMultiLabel, false);
  assert.is((await read(logits, { multiLabel: true })).isMultiLabel, true);
  // Weights of parts of an image beside scores ask nothing.
  const gates = withOutputs('z = Gemm(f, a, ab)\nn = LpNormalization(f)\nm = MatMul(n, plain)\no = Sigmoid(m)', [
    'z',
    'o',
  ]);
  assert.equal([(await read(gates)).isMultiLabel, (await read(gates)).classes], [false, 5]);
  const softmax = withOutputs('l = Gemm(f, a, ab)\no = Softmax(l)', ['o']);
  const error = await refusal('MULTI_LABEL_SOFTMAX', () => read(softmax, { multiLabel: true }));
  assert.match(error.message, 'the output "o" ends in a softmax');
});

test('a softmax over the images of a batch is refused, not left out', async () => {
  const model = withOutputs('l = Gemm(f, a, ab)\no = Softmax(l)', ['o'], { o: { axis: 0 } });
  await refused('ONNX_NOT_SUPPORTED', model, 'it works along the axis of the batch');
});

test('one output without a name for its two classes is asked about, also as [N]', async () => {
  const folder = temporaryFolder();
  const usual: ConvertOptions = { mean: [0.5], std: [0.5], size: [8, 8], overwrite: true };
  const convert = (model: FileModel, options: object) =>
    convertCheckpoint(writeOnnxFile(model), join(folder, 'weights'), { ...usual, ...options });
  for (const [lines, output] of [
    ['o = Gemm(f, one, zero)', 'o'],
    ['l = Gemm(f, one, zero)\no = Squeeze(l, axis)', 'o'],
  ] as const) {
    const model = withOutputs(lines, [output]);
    assert.match((await refusal('HEAD_AMBIGUOUS', () => convert(model, {}))).hint!, '--classes NO,YES');
    const { config } = await convert(model, { classes: ['no', 'yes'] });
    assert.equal(config.classes, ['no', 'yes']);
    // The layer before keeps its one value.
    const last = config.graph!.nodes.at(-1)!;
    assert.equal([last.op, last.attrs!['inFeatures'], last.attrs!['outFeatures']], ['linear', 1, 2]);
    assert.equal((await convert(model, { head: 'none' })).config.classes, []);
  }
  const sigmoid = withOutputs('l = Gemm(f, one, zero)\ns = Sigmoid(l)\no = Squeeze(s, axis)', ['o']);
  assert.equal((await convert(sigmoid, {})).config.classes.length, 2);
});

test('a module into which the older exporter folds a batch norm has no value of its own; the norm has, where it is known', async () => {
  const path = join(root, 'spec', 'fixtures', 'onnx', 'efficientnet.torchscript.onnx');
  const { message } = await refusal('UNKNOWN_TAP', () => networkOf(path, { tap: 'features.0.0' }));
  assert.match(
    message,
    '"features.0.0" cannot be the embedding: the exporter has folded a batch norm into a convolution',
  );
  assert.is((await networkOf(path, { tap: 'features.0.1' })).tap, 'features.0.1');
});

test('data beside a file is read through links inside its folder and to the blobs of the Hub cache, not to other places', async () => {
  const bytes = Buffer.from(Float32Array.from(uniform('w', 15, -1, 1)).buffer);
  const external = { location: 'data.bin', offset: '0', length: '60' };
  const file = onnxBytesOf({
    ...withOutputs('o = Gemm(f, far, ab)', ['o']),
    tensors: { far: { dims: [3, 5], data: [], external }, ab: floats('ab', 5) },
  });
  const outside = join(temporaryFolder(), 'data.bin');
  writeFileSync(outside, bytes);
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'model.onnx'), file);
  symlinkSync(outside, join(folder, 'data.bin'));
  await refusal('FILE_OUTSIDE_FOLDER', () => networkOf(join(folder, 'model.onnx')), `is a link to ${outside}`);

  const cache = join(temporaryFolder(), 'models--org--name');
  const snapshot = join(cache, 'snapshots', 'abc');
  mkdirSync(snapshot, { recursive: true });
  mkdirSync(join(cache, 'blobs'));
  writeFileSync(join(cache, 'blobs', 'one'), bytes);
  writeFileSync(join(snapshot, 'model.onnx'), file);
  symlinkSync(join('..', '..', 'blobs', 'one'), join(snapshot, 'data.bin'));
  assert.is((await networkOf(join(snapshot, 'model.onnx'))).classes, 5);
});
