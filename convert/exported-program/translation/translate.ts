/**
 * From the graph of an exported program to one of ONNX's operators, which `convert/onnx/` then imports: sizes that depend on
 * the image, the batch, constants and taps are treated in one way for both.
 */
import { printable } from '../../../base/index.js';
import type { OnnxGraph, OnnxNode, OnnxValueInfo } from '../../onnx/file/onnx-model.js';
import type { OnnxTensor } from '../../onnx/file/tensor-proto.js';
import { NotSupported } from '../../onnx/importing/not-supported.js';
import type { Program, ProgramNode } from '../file/schema.js';
import { Call } from './call.js';
import { elementwise, sizeOperators } from './elementwise.js';
import { layers } from './layers.js';
import { making } from './making.js';
import { Memory } from './memory.js';
import { moving } from './moving.js';
import { outputNames } from './outputs.js';
import { taking } from './taking.js';
import type { Translation } from './translation.js';
import { windows } from './windows.js';

const ATEN: ReadonlyMap<string, Translation> = new Map(
  Object.entries({ ...elementwise, ...layers, ...making, ...moving, ...taking, ...windows }),
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
  readonly #nodes: OnnxNode[] = [];
  readonly #initialisers = new Map<string, OnnxTensor>();
  /** Names of ONNX's values. */
  readonly #taken = new Set<string>();
  readonly #constants = new Set<string>();
  readonly #memory: Memory;

  constructor(request: TranslationRequest) {
    this.#request = request;
    const { nodes } = request.program.graph_module.graph;
    this.#memory = new Memory(nodes, request.outputs);
    for (const node of nodes) for (const name of outputNames(node)) this.#taken.add(name);
    for (const { name } of request.inputs) this.#taken.add(name);
    for (const [value, tensor] of request.tensors) this.#addTensor(value, tensor);
  }

  run(): OnnxGraph {
    const { nodes } = this.#request.program.graph_module.graph;
    nodes.forEach((node, position) => {
      if (!CHECKS.test(node.target)) this.#visit(node, position);
    });
    const outputs = this.#request.outputs.map((name) => this.#memory.current(name));
    return {
      nodes: this.#nodes,
      initialisers: this.#initialisers,
      inputs: this.#request.inputs,
      outputs: outputs.map((name) => ({ name, elementType: 1, shape: null })),
    };
  }

  /** Under the name in the state dict, which weights then have, where no value has that name. */
  #addTensor(value: string, tensor: OnnxTensor): void {
    const name = this.#taken.has(tensor.name) ? value : tensor.name;
    this.#taken.add(name);
    this.#constants.add(name);
    this.#initialisers.set(name, tensor);
    this.#memory.rename(value, name);
  }

  #visit(node: ProgramNode, position: number): void {
    const { operation, name, isInPlace } = operationOf(node.target);
    const translation = node.target.startsWith('_operator.') ? SIZES.get(node.target) : ATEN.get(name);
    const call = new Call(node, operation, modulePath(node.metadata['nn_module_stack']), this.#surroundings());
    const start = this.#nodes.length;
    try {
      if (translation === undefined) throw new NotSupported('');
      const made = translation(call);
      this.#name(call, Array.isArray(made) ? made : [made]);
      if (isInPlace) this.#memory.write(call, position, node);
      else this.#memory.note(call, name);
    } catch (error) {
      if (!(error instanceof NotSupported)) throw error;
      this.#nodes.length = start;
      const unknown = this.#refuse(call, node, operation, error.message === '' ? null : error.message);
      if (isInPlace) this.#memory.spoil(node, unknown);
    }
  }

  #surroundings() {
    const { tensor_values } = this.#request.program.graph_module.graph;
    return {
      meta: (value: string) => (Object.hasOwn(tensor_values, value) ? tensor_values[value] : undefined),
      current: (value: string) => this.#memory.current(value),
      isConstant: (value: string) => this.#constants.has(value),
      addNode: (node: OnnxNode) => this.#add(node),
      addConstant: (tensor: OnnxTensor) => {
        this.#initialisers.set(tensor.name, tensor);
        this.#constants.add(tensor.name);
      },
      fresh: (name: string) => this.#fresh(name),
    };
  }

  #add(node: OnnxNode): void {
    this.#nodes.push(node);
    const isConstant = node.inputs.every((input) => input === '' || this.#constants.has(input));
    if (isConstant) for (const output of node.outputs) this.#constants.add(output);
  }

  /** The last operators give the values that the program names. */
  #name(call: Call, values: readonly string[]): void {
    call.outputs.forEach((output, i) => {
      const value = values[i];
      if (value === undefined || output === '') return;
      const maker = this.#nodes.findLastIndex(({ outputs }) => outputs[0] === value);
      const isOwn = maker >= 0 && this.#nodes[maker]!.name === call.outputs[0];
      if (isOwn) this.#nodes[maker] = { ...this.#nodes[maker]!, outputs: [output] };
      else this.#memory.rename(output, value);
      if (this.#constants.has(value)) this.#constants.add(output);
    });
  }

  /** A node that the import cannot know, with the reason. @returns a value that it gives */
  #refuse(call: Call, node: ProgramNode, operation: string, reason: string | null): string {
    const outputs = call.outputs.length === 0 ? [this.#fresh(operation)] : call.outputs;
    this.#nodes.push({
      name: call.outputs[0] ?? '',
      op: operation,
      domain: 'program',
      inputs: [],
      outputs,
      attributes: new Map(),
      module: modulePath(node.metadata['nn_module_stack']),
      writtenAs: operation,
      refusal: reason,
    });
    return outputs[0]!;
  }

  #fresh(name: string): string {
    let found = name;
    for (let next = 2; this.#taken.has(found); next++) found = `${name}:${next}`;
    this.#taken.add(found);
    return found;
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

/**
 * The module that a node belongs to, as torch/_export/serde/serialize.py writes it down: `key,path,type` for each module from
 * the outside in, separated by semicolons. A module that runs again has `@1` behind its path; it is the same module.
 *
 * @param stack the node's metadata
 * @returns null where the program does not say; the empty path for the network itself
 */
export function modulePath(stack: unknown): string | null {
  if (typeof stack !== 'string') return null;
  const path = stack.slice(stack.lastIndexOf(';') + 1).split(',')[1];
  return path === undefined ? null : path.replaceAll(/@\d+/g, '');
}
