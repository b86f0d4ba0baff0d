/** Writes an exported program's graph with the operators of ONNX, which `convert/onnx/` imports. */
import { printable } from '../../../base/index.js';
import type { OnnxGraph, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { NotSupported } from '../../onnx/importing/value.js';
import { GraphWriter } from '../../onnx/written-graph.js';
import type { Program, ProgramNode } from '../file/schema.js';
import { Call, outputNames, type Surroundings, type Translation } from './call.js';
import { elementwise, sizeOperators } from './elementwise.js';
import { layers } from './layers.js';
import { making, taking } from './making.js';
import { Memory } from './memory.js';
import { moving } from './moving.js';

const ATEN: ReadonlyMap<string, Translation> = new Map(
  Object.entries({ ...elementwise, ...layers, ...making, ...moving, ...taking }),
);
const SIZES: ReadonlyMap<string, Translation> = new Map(Object.entries(sizeOperators));

/** What only checks what was true when the program was exported. */
const CHECKS =
  /^(torch\.ops\.aten\.(_assert\w*|sym_constrain_range\w*)\.|_operator\.(ge|le|gt|lt|eq|ne|and_|or_|not_)$)/;

export interface TranslationRequest {
  program: Program;
  /** Values of the program that are tensors of the archive. */
  tensors: ReadonlyMap<string, OnnxTensor>;
  inputs: readonly OnnxValueInfo[];
  outputs: readonly string[];
}

/** Operators that are not known become nodes with their own names, which the import then lists. */
export function translate(request: TranslationRequest): OnnxGraph {
  return new Translator(request).run();
}

class Translator {
  readonly #request: TranslationRequest;
  readonly #writer: GraphWriter;
  readonly #memory: Memory;

  constructor(request: TranslationRequest) {
    this.#request = request;
    const { nodes } = request.program.graph_module.graph;
    this.#memory = new Memory(nodes, request.outputs);
    this.#writer = new GraphWriter([...nodes.flatMap(outputNames), ...request.inputs.map(({ name }) => name)]);
    for (const [value, tensor] of request.tensors) this.#addTensor(value, tensor);
  }

  run(): OnnxGraph {
    const { nodes } = this.#request.program.graph_module.graph;
    nodes.forEach((node, position) => {
      if (!CHECKS.test(node.target)) this.#visit(node, position);
    });
    const { inputs, outputs } = this.#request;
    return this.#writer.graph(
      inputs,
      outputs.map((name) => this.#memory.current(name)),
    );
  }

  /** Under the name in the state dict, which weights then have, where no value has that name. */
  #addTensor(value: string, tensor: OnnxTensor): void {
    const name = this.#writer.isTaken(tensor.name) ? value : tensor.name;
    this.#writer.addTensor(name, tensor);
    this.#memory.rename(value, name);
  }

  #visit(node: ProgramNode, position: number): void {
    const { operation, name, isInPlace } = operationOf(node.target);
    const translation = node.target.startsWith('_operator.') ? SIZES.get(node.target) : ATEN.get(name);
    const { nodes } = this.#writer;
    const call = new Call(node, operation, this.#surroundings());
    const start = nodes.length;
    try {
      if (translation === undefined) throw new NotSupported('');
      const made = translation(call);
      this.#name(call, Array.isArray(made) ? made : [made]);
      if (isInPlace) this.#memory.write(call, position, node);
      else this.#memory.note(call, name);
    } catch (error) {
      if (!(error instanceof NotSupported)) throw error;
      nodes.length = start;
      const outputs = call.outputs.length === 0 ? [this.#writer.fresh(operation)] : call.outputs;
      this.#writer.refuse(operation, outputs, error.message, call.module);
      if (isInPlace) this.#memory.spoil(node, outputs[0]!);
    }
  }

  #surroundings(): Surroundings {
    const { tensor_values } = this.#request.program.graph_module.graph;
    return {
      writer: this.#writer,
      meta: (value) => (Object.hasOwn(tensor_values, value) ? tensor_values[value] : undefined),
      current: (value) => this.#memory.current(value),
    };
  }

  /** The last operators give the values that the program names. */
  #name(call: Call, values: readonly string[]): void {
    const { nodes, constants } = this.#writer;
    call.outputs.forEach((output, i) => {
      const value = values[i];
      if (value === undefined || output === '') return;
      const maker = nodes.findLastIndex(({ outputs }) => outputs[0] === value);
      const isOwn = maker >= 0 && nodes[maker]!.name === call.outputs[0];
      if (isOwn) nodes[maker] = { ...nodes[maker]!, outputs: [output] };
      else this.#memory.rename(output, value);
      if (constants.has(value)) constants.add(output);
    });
  }
}

/** `torch.ops.aten.relu_.default` → `aten.relu_`, and `relu`, which is the same operation written into its input. */
export function operationOf(target: string): { operation: string; name: string; isInPlace: boolean } {
  const [, namespace = '', full = ''] = /^torch\.ops\.(\w+)\.(\w+)/.exec(target) ?? [];
  if (namespace === '') return { operation: printable(target.slice(0, 100)), name: '', isInPlace: false };
  const operation = `${namespace}.${full}`;
  const isInPlace = namespace === 'aten' && full.endsWith('_') && !full.endsWith('__');
  return { operation, name: namespace === 'aten' ? full.slice(0, isInPlace ? -1 : undefined) : '', isInPlace };
}
