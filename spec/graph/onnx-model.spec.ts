/** The bytes of the ONNX file: wire format and refusals. ci/onnx.sh checks that other tools can read it. */
import type { BoundGraph, GraphNode } from '../../graph/index.js';
import { onnxBytes, onnxModel, ProtobufMessage, ProtobufReader } from '../../graph/onnx/index.js';
import { assert, refusal, test } from '../support/test.js';

function hex(message: ProtobufMessage): string {
  return Buffer.concat(message.pieces).toString('hex');
}

test("protobuf: the documentation's own examples, and numbers of any sign", () => {
  assert.is(hex(new ProtobufMessage().integer(1, 150)), '089601');
  assert.is(hex(new ProtobufMessage().string(2, 'testing')), '120774657374696e67');
  assert.is(hex(new ProtobufMessage().message(3, new ProtobufMessage().integer(1, 150))), '1a03089601');
  assert.is(hex(new ProtobufMessage().integer(1, -1)), '08ffffffffffffffffff01');
  assert.is(hex(new ProtobufMessage().float(2, 1.5)), '150000c03f');
  assert.is(hex(new ProtobufMessage().integer(20, 2)), 'a00102');
});

/** Linears in a row that share one memory, so no machine needs the memory that they claim. */
function deep(layers: number, features: number): BoundGraph {
  const weight = { shape: [features, features], data: new Float32Array(features * features) };
  const names = Array.from({ length: layers }, (_, i) => `linear${i}`);
  return {
    graph: {
      nodes: [
        { name: ':input', inputs: [], op: 'input' },
        { name: ':flatten', inputs: [':input'], op: 'flatten' },
        ...names.map((name, i) => ({
          name,
          inputs: [i === 0 ? ':flatten' : `linear${i - 1}`],
          op: 'linear' as const,
          attrs: { inFeatures: features, outFeatures: features, bias: false },
        })),
      ],
      output: names.at(-1)!,
      modules: new Map(),
    },
    tensors: new Map(names.map((name) => [`${name}.weight`, weight])),
  };
}

/** An image of 32×32 has this many values. */
const FEATURES = 3 * 32 * 32;

const OPTIONS = { scores: true, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], size: { height: 32, width: 32 } };

test('more than a protobuf message may hold is refused before it is put together, with both numbers', async () => {
  const taps = new Map([['linear0', 'linear0']]);
  const most = Math.floor(2 ** 31 / (FEATURES * FEATURES * 4));
  assert.ok(onnxModel(deep(most, FEATURES), { ...OPTIONS, taps }).byteLength < 2 ** 31);
  const error = await refusal('ONNX_TOO_LARGE', () => onnxModel(deep(most + 1, FEATURES), { ...OPTIONS, taps }));
  assert.match(error.message, /has 2,15\d,\d{3},\d{3} bytes, one file may have 2,147,483,647/);
});

test('an image size that the network does not take is refused', async () => {
  const size = { height: 33, width: 32 };
  const error = await refusal('GRAPH_SHAPES', () =>
    onnxModel(deep(1, FEATURES), { ...OPTIONS, size, taps: new Map() }),
  );
  assert.match(error.message, /3072 channels and gets 3168/);
});

function definedNames({ pieces }: { pieces: readonly Uint8Array[] }): string[] {
  const graph = new ProtobufReader(Buffer.concat(pieces), (what) => new Error(what)).message(7)!;
  const names = (field: number, name: number) => Array.from(graph.messages(field), (message) => message.string(name));
  return [...names(5, 8), ...names(11, 1), ...names(1, 2)];
}

test('nodes may have any names: those of constants, of values in between, of the input and the outputs', () => {
  const names = ['mean', 'std', '255.0', '0.5', '1', 'scores', 'pixels', 'mean/sigmoid', 'tap', ':input/float'];
  const nodes = names.map((name, i): GraphNode => {
    const inputs = [names[i - 1] ?? ':input'];
    return { name, inputs, op: 'pointwise', attrs: { function: i % 2 === 0 ? 'silu' : 'gelu' } };
  });
  const graph = { nodes: [{ name: ':input', inputs: [], op: 'input' } as const, ...nodes], output: names.at(-1)! };
  const taps = new Map([
    ['tap', 'mean'],
    ['mean/sigmoid', 'mean/sigmoid'],
  ]);
  const model = onnxModel(
    { graph: { ...graph, modules: new Map() }, tensors: new Map() },
    { ...OPTIONS, taps, size: null },
  );
  const defined = definedNames(model);
  assert.equal(
    defined.filter((name, i) => defined.indexOf(name) !== i),
    [],
  );
  for (const name of ['pixels', 'scores', 'tap', 'mean', "pixels'", "scores'", "tap'"]) {
    assert.ok(defined.includes(name), name);
  }
});

test('outputs under the names asked for; the same bytes every time', () => {
  const taps = new Map([
    ['linear0', 'linear0'],
    ['another name', 'linear0'],
  ]);
  const [first, second] = [0, 1].map(() => onnxModel(deep(2, FEATURES), { ...OPTIONS, taps }));
  assert.equal(
    first!.outputs.map(({ name, shape }) => [name, shape]),
    [
      ['linear0', ['N', FEATURES]],
      ['another name', ['N', FEATURES]],
      ['scores', ['N', FEATURES]],
    ],
  );
  assert.equal(first!.input.shape, ['N', 32, 32, 3]);
  const bytes = onnxBytes(first!);
  assert.is(bytes.length, first!.byteLength);
  assert.ok(Buffer.from(bytes).equals(onnxBytes(second!)));
});
