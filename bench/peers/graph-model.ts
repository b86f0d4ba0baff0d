/**
 * tfjs's own way, installed only in `bench/`: a `GraphModel` of a ResNet on the wasm backend, with one thread, as the
 * converter would write it: TensorFlow's node names, batch norms folded, bias and ReLU fused.
 */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type { BoundGraph, GraphNode } from '../../graph/index.js';
import { packageVersion } from '../results.js';
import { imagesOf, optimisedModel } from './inputs.js';
import { engineTask, PEERS, repeated, serve } from './protocol.js';

interface Tensor {
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** Typed here, because the package is optional. Only the parts in use. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  tensor4d(data: Uint8Array, shape: readonly number[], type: 'int32'): Tensor;
  tensor1d(data: readonly number[]): Tensor;
  cast(x: Tensor, type: 'float32'): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  div(a: Tensor, b: Tensor | number): Tensor;
  softmax(x: Tensor): Tensor;
  tidy<T>(work: () => T): T;
  enableProdMode(): void;
}
interface Converter {
  loadGraphModel(from: {
    load(): Promise<object>;
  }): Promise<{ execute(feeds: object, outputs: readonly string[]): Tensor[] }>;
}

interface TfNode {
  name: string;
  op: string;
  input: string[];
  attr: Record<string, unknown>;
}

const FLOAT = { type: 'DT_FLOAT' };
const bytes = (value: string) => Buffer.from(value).toString('base64');
const text = (value: string) => ({ s: bytes(value) });
const texts = (values: readonly string[]) => ({ list: { s: values.map(bytes) } });
const numbers = (values: readonly number[]) => ({ list: { i: values.map(String) } });

/** A GraphDef in JSON and its constants, NHWC and HWIO. */
class GraphDef {
  readonly nodes: TfNode[] = [];
  readonly specs: { name: string; shape: number[]; dtype: 'float32' | 'int32' }[] = [];
  readonly #data: (Float32Array | Int32Array)[] = [];

  constructor({ graph, tensors }: BoundGraph) {
    for (const node of graph.nodes) {
      this.#add(node, (part) => {
        const tensor = tensors.get(`${node.name}.${part}`);
        if (tensor === undefined) throw new Error(`${node.name}: no ${part}`);
        return tensor;
      });
    }
  }

  weightData(): ArrayBuffer {
    const parts = this.#data.map((values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    const all = Buffer.concat(parts);
    return all.buffer.slice(all.byteOffset, all.byteOffset + all.byteLength) as ArrayBuffer;
  }

  /** @returns the name of the node with its output */
  #add(node: GraphNode, tensor: (part: string) => { shape: readonly number[]; data: Float32Array }): string {
    const name = tfName(node.name);
    const [first = '', second = ''] = node.inputs.map(tfName);
    switch (node.op) {
      case 'input':
        return this.#node(name, 'Placeholder', [], { dtype: FLOAT, shape: { shape: { unknownRank: true } } });
      case 'conv2d': {
        const { stride, padding, activation } = node.attrs;
        const [top, bottom, left, right] = padding;
        const filter = tensor('weight');
        const weights = this.#constant(`${name}/weight`, hwio(filter.shape, filter.data), 'float32');
        const bias = this.#constant(`${name}/bias`, tensor('bias'), 'float32');
        return this.#node(name, '_FusedConv2D', [first, weights, bias], {
          T: FLOAT,
          strides: numbers([1, ...stride, 1]),
          dilations: numbers([1, 1, 1, 1]),
          padding: text('EXPLICIT'),
          explicit_paddings: numbers([0, 0, top, bottom, left, right, 0, 0]),
          data_format: text('NHWC'),
          fused_ops: texts(['BiasAdd', ...relu(activation)]),
          num_args: { i: '1' },
        });
      }
      case 'maxPool2d': {
        const { kernel, stride, padding } = node.attrs;
        const [top, bottom, left, right] = padding;
        const pads = { shape: [4, 2], data: Int32Array.of(0, 0, top, bottom, left, right, 0, 0) };
        // After a ReLU, padding with zeros equals padding with minus infinity.
        this.#node(`${name}/pad`, 'Pad', [first, this.#constant(`${name}/pads`, pads, 'int32')], { T: FLOAT });
        return this.#node(name, 'MaxPool', [`${name}/pad`], {
          T: FLOAT,
          ksize: numbers([1, ...kernel, 1]),
          strides: numbers([1, ...stride, 1]),
          padding: text('VALID'),
          data_format: text('NHWC'),
        });
      }
      case 'add': {
        const fused = relu(node.attrs.activation).length > 0;
        this.#node(fused ? `${name}/sum` : name, 'AddV2', [first, second], { T: FLOAT });
        return fused ? this.#node(name, 'Relu', [`${name}/sum`], { T: FLOAT }) : name;
      }
      case 'relu':
        return this.#node(name, 'Relu', [first], { T: FLOAT });
      case 'adaptiveAvgPool2d': {
        const axes = this.#constant(`${name}/axes`, { shape: [2], data: Int32Array.of(1, 2) }, 'int32');
        return this.#node(name, 'Mean', [first, axes], { T: FLOAT, keep_dims: { b: false } });
      }
      case 'flatten':
        return this.#node(name, 'Identity', [first], { T: FLOAT });
      case 'linear': {
        const weights = this.#constant(`${name}/weight`, transposed(tensor('weight')), 'float32');
        const bias = this.#constant(`${name}/bias`, tensor('bias'), 'float32');
        return this.#node(name, '_FusedMatMul', [first, weights, bias], {
          T: FLOAT,
          transpose_a: { b: false },
          transpose_b: { b: false },
          fused_ops: texts(['BiasAdd']),
          num_args: { i: '1' },
        });
      }
      default:
        throw new Error(`${name}: ${node.op} is not part of a ResNet`);
    }
  }

  #constant(
    name: string,
    { shape, data }: { shape: readonly number[]; data: Float32Array | Int32Array },
    dtype: 'float32' | 'int32',
  ): string {
    this.specs.push({ name, shape: [...shape], dtype });
    this.#data.push(data);
    return this.#node(name, 'Const', [], { dtype: { type: dtype === 'float32' ? 'DT_FLOAT' : 'DT_INT32' } });
  }

  #node(name: string, op: string, input: string[], attr: Record<string, unknown>): string {
    this.nodes.push({ name, op, input, attr });
    return name;
  }
}

/** TensorFlow reads the part after a colon as the number of an output. */
function tfName(name: string): string {
  return name.replaceAll(':', '/');
}

function relu(activation: string | undefined): string[] {
  return activation === undefined ? [] : ['Relu'];
}

/** `[out, in, kh, kw]` → `[kh, kw, in, out]`. */
function hwio(shape: readonly number[], data: Float32Array): { shape: number[]; data: Float32Array } {
  const [out = 0, inputs = 0, height = 0, width = 0] = shape;
  const turned = new Float32Array(data.length);
  let from = 0;
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let at = 0; at < height * width; at++) turned[(at * inputs + i) * out + o] = data[from++]!;
    }
  }
  return { shape: [height, width, inputs, out], data: turned };
}

/** `[out, in]` → `[in, out]`. */
function transposed({ shape, data }: { shape: readonly number[]; data: Float32Array }) {
  return { ...hwio([...shape, 1, 1], data), shape: [shape[1]!, shape[0]!] };
}

const task = engineTask();
const require = createRequire(PEERS);
const tf = require('@tensorflow/tfjs-core') as Tfjs;
const { loadGraphModel } = require('@tensorflow/tfjs-converter') as Converter;
const wasm = require('@tensorflow/tfjs-backend-wasm') as { setWasmPaths(folder: string): void };
wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
tf.enableProdMode();
await tf.setBackend('wasm');

const { model: bound, node, weights } = await optimisedModel(task);
const input = tfName(bound.graph.nodes[0]!.name);
const def = new GraphDef(bound);
const model = await loadGraphModel({
  load: async () => ({
    modelTopology: { node: def.nodes, library: {}, versions: {} },
    weightSpecs: def.specs,
    weightData: def.weightData(),
    format: 'graph-model',
  }),
});
const mean = tf.tensor1d(weights.config.preprocessing.mean);
const std = tf.tensor1d(weights.config.preprocessing.std);

const run = repeated(async ({ rows, height, width, data }) => {
  const outputs = tf.tidy(() => {
    const pixels = tf.cast(tf.tensor4d(data, [rows, height, width, 3], 'int32'), 'float32');
    const feeds = { [input]: tf.div(tf.sub(tf.div(pixels, 255), mean), std) };
    const [embeddings, logits] = model.execute(feeds, [tfName(node), tfName(bound.graph.output)]);
    return [embeddings!, tf.softmax(logits!)] as const;
  });
  const last = { embeddings: await outputs[0].data(), scores: await outputs[1].data() };
  for (const output of outputs) output.dispose();
  return last;
});

await serve({ version: packageVersion('@tensorflow/tfjs-converter', PEERS), run }, imagesOf(task), task);
