/** From the layers of Keras to a graph of ONNX's operators, layer by layer. */
import type { OnnxGraph, OnnxNode, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { sortNodes } from '../../onnx/importing/sort-nodes.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { GraphWriter } from '../../onnx/written-graph.js';
import type { TfValue } from '../writing/writer.js';
import { imageValue, nameValue } from '../writing/writer.js';
import { LayerCall } from './layer-call.js';
import { trained, untrained } from './layers.js';
import type { AppliedLayer, Topology } from './topology.js';

const LAYERS = new Map(Object.entries({ ...trained, ...untrained }));

export interface LayersRequest {
  label: string;
  topology: Topology;
  tensors: ReadonlyMap<string, OnnxTensor>;
}

/** @throws ConvertError `ONNX_CYCLE`, `ONNX_INVALID` */
export function translateLayers(request: LayersRequest): OnnxGraph {
  return new Translator(request).run();
}

class Translator {
  readonly #request: LayersRequest;
  readonly #writer: GraphWriter;
  readonly #values = new Map<string, TfValue>();
  readonly #weights: WeightNames;

  constructor(request: LayersRequest) {
    this.#request = request;
    const { layers, inputs } = request.topology;
    this.#writer = new GraphWriter([...layers.map(({ output }) => output), ...inputs.map(({ name }) => name)]);
    this.#weights = new WeightNames(request.tensors.keys());
  }

  run(): OnnxGraph {
    const { topology, label } = this.#request;
    const inputs = topology.inputs.map(({ name, sizes }): OnnxValueInfo => {
      const { info, value } = imageValue(name, sizes.length === 0 ? null : sizes, false);
      this.#values.set(name, value);
      return info;
    });
    for (const { of } of sortNodes(topology.layers.map(withEdges), label)) this.#visit(of);
    return this.#writer.graph(inputs, topology.outputs);
  }

  #visit(layer: AppliedLayer): void {
    const translation = LAYERS.get(layer.className);
    const start = this.#writer.nodes.length;
    try {
      if (translation === undefined) throw new NotSupported(layer.className === 'Lambda' ? LAMBDA : '');
      const inputs = layer.inputs.map((name) => this.#values.get(name));
      // What they depend on is told.
      if (!inputs.every((value) => value !== undefined)) return;
      const call = new LayerCall(layer, inputs, this.#writer, (part) => this.#weight(layer, part));
      this.#values.set(layer.output, nameValue(call, translation(call), layer.output, start));
    } catch (error) {
      if (!(error instanceof NotSupported)) throw error;
      this.#writer.nodes.length = start;
      this.#writer.refuse(layer.className, [layer.output], error.message);
    }
  }

  #weight({ layer }: AppliedLayer, part: string): TfValue | null {
    const tensor = this.#request.tensors.get(this.#weights.find(layer, part) ?? '');
    if (tensor === undefined) return null;
    const name = this.#constant(tensor);
    return { name, rank: tensor.dims.length, isMap: false, sizes: tensor.dims, isConstant: true };
  }

  /** A shared layer has its weights once. */
  readonly #constants = new Map<OnnxTensor, string>();

  #constant(tensor: OnnxTensor): string {
    const known = this.#constants.get(tensor);
    if (known !== undefined) return known;
    const name = this.#writer.fresh(tensor.name);
    this.#writer.addTensor(name, tensor);
    this.#constants.set(tensor, name);
    return name;
  }
}

const LAMBDA = 'it is Python code, which is never run';

/** Weights by `layer/part`. TensorFlow's writers put models before, and repeat the layer (`model/conv/conv/kernel`). */
class WeightNames {
  readonly #byEnd = new Map<string, string | null>();
  readonly #names: ReadonlySet<string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    for (const name of this.#names) {
      const [part = '', layer = ''] = name.split('/').reverse();
      const end = `${layer}/${part}`;
      // Two weights of one ending are not told apart by it.
      this.#byEnd.set(end, this.#byEnd.has(end) ? null : name);
    }
  }

  find(layer: string, part: string): string | null {
    const name = `${layer}/${part}`;
    return this.#names.has(name) ? name : (this.#byEnd.get(name) ?? null);
  }
}

interface Edges extends Pick<OnnxNode, 'name' | 'inputs' | 'outputs' | 'attributes'> {
  of: AppliedLayer;
}

const NONE: OnnxNode['attributes'] = new Map();

function withEdges(of: AppliedLayer): Edges {
  return { of, name: of.output, inputs: of.inputs, outputs: [of.output], attributes: NONE };
}
