import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { convertCheckpoint } from '../../../convert/index.js';
import { ProtobufMessage } from '../../../graph/onnx/index.js';
import {
  type FileModel,
  graphMessage,
  index,
  ints,
  networkOf,
  nodesOf,
  onnxBytesOf,
  writeOnnxFile,
} from '../../support/onnx-file.js';
import { assert, refusal, temporaryFolder, test } from '../../support/test.js';

const RELU = { op: 'Relu', inputs: ['x'], outputs: ['a'], name: 'first' };
const GLOBAL = { op: 'GlobalAveragePool', inputs: ['a'], outputs: ['b'] };
const FLATTEN = { op: 'Flatten', inputs: ['b'], outputs: ['y'] };
const SMALL: FileModel = { nodes: [RELU, GLOBAL, FLATTEN] };

const read = (model: FileModel | Uint8Array) => networkOf(writeOnnxFile(model));
const refuse = (code: string, model: FileModel | Uint8Array) => refusal(code, () => read(model));

test('the file that the others are made from is converted', async () => {
  const { classes, tap, graph } = await read(SMALL);
  assert.equal([classes, tap, graph.nodes.length], [0, 'y', 4]);
});

test('nodes that are not in order are sorted; a circle is refused by name', async () => {
  const { graph } = await read({ nodes: [FLATTEN, GLOBAL, RELU] });
  assert.equal(graph.nodes.map(({ op }) => op).slice(1), ['relu', 'adaptiveAvgPool2d', 'flatten']);
  const circle = nodesOf('a = Add(x, c)\nc = Relu(a)');
  const says = 'node a → node c → node a';
  assert.match((await refuse('ONNX_CYCLE', { nodes: [...circle, GLOBAL, FLATTEN] })).message, says);
});

test('all that is not supported is listed at once, each with its number and the first node', async () => {
  const lines = 'p = NonMaxSuppression(x)\nq = NonMaxSuppression(x)\na = Concat(x, x)\ns = Loop(x)';
  const thing = { op: 'Thing', inputs: ['p'], outputs: ['r'], name: 'mine', domain: 'com.example' };
  const nodes = [...nodesOf(lines, { a: { axis: 0 } }), thing, GLOBAL, FLATTEN];
  const { message } = await refuse('ONNX_NOT_SUPPORTED', { nodes });
  for (const part of [
    'NonMaxSuppression (2 ×, first node p)',
    'com.example.Thing (1 ×, first mine)',
    'Concat (1 ×, first node a): it works along the axis of the batch',
    'Loop (1 ×, first node s)',
  ]) {
    assert.match(message, part);
  }
});

test('a file of 3,000 kinds of operators: a hundred are told, the others are counted; what names hold cannot steer a terminal', async () => {
  const nodes = Array.from({ length: 6000 }, (_, i) => ({
    op: `Thing${i % 3000}`,
    inputs: ['x'],
    outputs: [`out${i}`],
    name: i === 0 ? `a\u001b[31m${'n'.repeat(5000)}` : `node${i}`,
  }));
  const odd = nodesOf('e = Einsum(x, x)\na = MaxPool(x)', {
    e: { equation: `\u001b]0;${'i'.repeat(90)}` },
    a: { kernel_shape: new Array<number>(9000).fill(2) },
  });
  const { message, hint } = await refuse('ONNX_NOT_SUPPORTED', { nodes: [...odd, ...nodes, GLOBAL, FLATTEN] });
  assert.match(message, 'Thing97 (2 ×, first node97)');
  assert.match(message, 'and 2,902 more kinds (5,804 nodes)');
  assert.not.match(message, '\u001b');
  assert.ok(message.length < 12_000, `${message.length} characters`);
  assert.match(hint ?? '', '--tap NAME');
});

test('attributes that ask for more than any memory has', async () => {
  const huge = 2 ** 31 - 1;
  const window = { kernel_shape: [huge, huge], dilations: [2, 2], pads: [huge, huge, huge, huge] };
  const sizes = ints(0, 0, huge, huge, 0, 0, huge, huge);
  const deep = { dims: [1, 3, 900, 1, 1], data: new Array(2700).fill(1) };
  for (const [line, attributes] of [
    ['a = AveragePool(x)', window],
    ['a = Pad(x, sizes)', { mode: 'wrap' }],
    ['a = Conv(x, deep)', {}],
  ] as const) {
    const nodes = [...nodesOf(line, { a: attributes }), GLOBAL, FLATTEN];
    await refuse('ONNX_NOT_SUPPORTED', { nodes, tensors: { sizes, deep } });
  }
  const nodes = [...nodesOf('p = Pad(w, sizes)\na = Add(x, p)'), GLOBAL, FLATTEN];
  await refuse('ONNX_TOO_LARGE', { nodes, tensors: { sizes, w: { dims: [1, 1, 1, 1], data: [1] } } });
});

test('a tap before what is not supported does without it', async () => {
  const nodes = [RELU, { op: 'Loop', inputs: ['a'], outputs: ['y'], name: 'loop' }];
  await refuse('ONNX_NOT_SUPPORTED', { nodes });
  const { tap, graph } = await networkOf(writeOnnxFile({ nodes }), { tap: 'a' });
  assert.equal([tap, graph.output], ['a', 'a']);
});

test('a branch whose condition is known is taken, one whose condition is computed is refused', async () => {
  const branch = (op: string) =>
    graphMessage({ nodes: [{ op, inputs: ['x'], outputs: ['t'] }], input: [], outputs: ['t'] });
  const branches = { then_branch: branch('Sigmoid'), else_branch: branch('Relu') };
  const lines = 'dims = Shape(x)\nside = Gather(dims, two)\nis eight = Equal(side, eight)\nlargest = ReduceMax(x)';
  const choose = (condition: string) => ({
    nodes: [...nodesOf(`${lines}\na = If(${condition})`, { a: branches }), GLOBAL, FLATTEN],
    tensors: { two: index(2), eight: index(8) },
    input: ['N', 3, 8, 8],
  });
  const { graph } = await read(choose('is eight'));
  assert.equal(graph.nodes[1]?.op, 'pointwise');
  await refuse('ONNX_NOT_SUPPORTED', choose('largest'));
});

test('files that are not ONNX, or end too early', async () => {
  const whole = onnxBytesOf(SMALL);
  await refuse('ONNX_INVALID', new Uint8Array(0));
  await refuse('ONNX_INVALID', whole.subarray(0, whole.length - 20));
  await refuse('ONNX_INVALID', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:12\n'));
  await refuse('ONNX_VERSION', { ...SMALL, opset: 6 });
  await refuse('ONNX_VERSION', { ...SMALL, opset: 900 });
  await refuse('ONNX_VERSION', { ...SMALL, ir: 2 });
});

test('messages inside messages have a limit', async () => {
  let inner = new ProtobufMessage();
  for (let i = 0; i < 300; i++) {
    inner = new ProtobufMessage().message(
      1,
      new ProtobufMessage().string(4, 'If').message(5, new ProtobufMessage().message(6, inner).integer(20, 5)),
    );
  }
  const file = new ProtobufMessage().integer(1, 8).message(7, inner);
  assert.match((await refuse('ONNX_INVALID', Buffer.concat(file.pieces))).message, 'deep');
});

test('tensors that lie about their size', async () => {
  const tensors = (dims: number[], data: number[] | Uint8Array) => ({
    ...SMALL,
    nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['a'] }, GLOBAL, FLATTEN],
    tensors: { w: { dims, data } },
  });
  await read(tensors([1, 3, 1, 1], [1, 2, 3]));
  assert.match((await refuse('ONNX_TENSOR', tensors([3, 1, 1], [1, 2]))).message, '3 values, the file has 2');
  await refuse('ONNX_TENSOR', tensors([2 ** 40, 2 ** 40], [1]));
  await refuse('ONNX_TENSOR', tensors([-3], [1]));
});

test('operators that would make huge constants', async () => {
  const nodes = [...nodesOf('huge = ConstantOfShape(shape)\na = Add(x, huge)'), GLOBAL, FLATTEN];
  await refuse('ONNX_TOO_LARGE', { nodes, tensors: { shape: ints(100_000, 100_000, 100_000) } });
});

test('data beside the file: read by ranges, never from outside its folder', async () => {
  const external = (entries: Record<string, string>) => {
    const path = writeOnnxFile({
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['a'] }, GLOBAL, FLATTEN],
      tensors: { w: { dims: [1, 3, 1, 1], data: [], external: entries } },
    });
    const values = Float32Array.of(9, 9, 1, 2, 3);
    writeFileSync(join(dirname(path), 'data.bin'), new Uint8Array(values.buffer));
    mkdirSync(join(dirname(path), 'inside'));
    return path;
  };
  const at = { location: 'data.bin', offset: '8', length: '12' };
  const { tensors } = await networkOf(external(at));
  assert.equal([...tensors.get('w')!.data], [1, 2, 3]);
  for (const location of ['../data.bin', '/etc/passwd', 'inside/../../data.bin', '', '..']) {
    const code = location === '' ? 'ONNX_TENSOR' : 'ONNX_EXTERNAL_DATA';
    await refusal(code, () => networkOf(external({ ...at, location })));
  }
  await refusal('ONNX_EXTERNAL_DATA', () => networkOf(external({ ...at, offset: '16' })));
  await refusal('ONNX_EXTERNAL_DATA', () => networkOf(external({ ...at, length: '8' })));
  await refusal('ONNX_TENSOR', () => networkOf(external({ ...at, offset: '-4' })));
  await refusal('FILE_NOT_FOUND', () => networkOf(external({ ...at, location: 'other.bin' })));
});

test('inputs that are not images, outputs that are not embeddings', async () => {
  assert.match((await refuse('ONNX_INPUT', { ...SMALL, input: ['N', 77] })).message, '"x" [N, 77]');
  await refuse('ONNX_OUTPUT', { nodes: [RELU], outputs: ['a'] });
  await refuse('ONNX_INVALID', { nodes: [{ op: 'Relu', inputs: ['nowhere'], outputs: ['y'] }] });
  await refuse('ONNX_INVALID', { nodes: [RELU, { ...RELU, name: 'second' }] });
  const path = writeOnnxFile(SMALL);
  await refusal('UNKNOWN_TAP', () => networkOf(path, { tap: 'c' }));
});

test('options of state dicts, and a size that the network cannot take', async () => {
  const path = writeOnnxFile({
    nodes: [RELU, ...nodesOf('sum = Add(a, w)\ny = Reshape(sum, shape)')],
    tensors: { shape: ints(-1, 192), w: { dims: [1], data: [3] } },
    input: ['N', 3, 8, 8],
  });
  const out = join(temporaryFolder(), 'weights');
  await refusal('ONNX_OPTION', () => convertCheckpoint(path, out, { backbone: 'resnet18' }));
  await refusal('ONNX_OUTPUT', () => convertCheckpoint(path, out, { size: [16, 8] }));
  await refusal('ONNX_OUTPUT', () => convertCheckpoint(writeOnnxFile(SMALL), out));
  const { config } = await convertCheckpoint(path, out);
  assert.equal([config.preprocessing.size, config.classes, config.tap], [[8, 8], [], 'y']);
});
