/** Walks through a graph once: computes what is known, makes nodes of the rest, collects what is not supported. */
import { ConvertError } from '../../convert-error.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import { attributeOf } from '../file/onnx-model.js';
import { type Constant, countOf, scalar, Unfoldable } from '../folding/constant.js';
import { fold, isFoldable, shapeOf } from '../folding/fold.js';
import { cast } from '../folding/making.js';
import { dependsOnBatch, foldForBatches, forBatch } from '../folding/other-batches.js';
import { ANY_BATCH, AS_NUMBER, checkBatch, repeatedForBatch, withoutPlaceholder } from './batch-number.js';
import type { ConstantStore } from './constants.js';
import { foldByGraph } from './fold-by-graph.js';
import { fuse } from './fuse.js';
import { GraphBuilder, type Operator } from './graph-builder.js';
import { OPERATORS } from './operators.js';
import { readsOf, sortNodes } from './sort-nodes.js';
import { dimsOf, NotSupported, nodeName, operatorName, Problems, type Value } from './value.js';

export interface ImportRequest {
  graph: OnnxGraph;
  label: string;
  opset: number;
  /** The values that the network computes from, by the names that the file has for them; the image is made first. */
  inputs(graph: GraphBuilder): ReadonlyMap<string, Value>;
  /** Images of a batch; null: any number. */
  batchSize: number | null;
  constants: ConstantStore;
  /** Operators that are not ONNX's, by `domain.name`. */
  otherOperators?: ReadonlyMap<string, Operator> | undefined;
}

export interface ImportedGraph {
  builder: GraphBuilder;
  /** By the names that the file has for them; those that depend on something unsupported are left out. */
  values: ReadonlyMap<string, Value>;
  problems: Problems;
  /** All nodes of the file that were walked through, those of branches that were taken among them. */
  nodes: readonly OnnxNode[];
}

export function importGraph(request: ImportRequest): ImportedGraph {
  return new Walk(request).run();
}

/** How many branches of If may lie inside each other. */
const MAX_BRANCHES = 16;

class Walk {
  readonly #request: ImportRequest;
  readonly #builder: GraphBuilder;
  readonly #values = new Map<string, Value>();
  readonly #unknown = new Set<string>();
  readonly #problems: Problems;
  /** How many images a batch has may be anything. */
  readonly #isAnyBatch: boolean;
  readonly #reads = new Map<string, number>();
  readonly #readByNodes = new Set<string>();
  readonly #walked: OnnxNode[] = [];

  constructor(request: ImportRequest) {
    this.#request = request;
    this.#builder = new GraphBuilder(request.batchSize ?? ANY_BATCH);
    this.#isAnyBatch = request.batchSize === null;
    this.#problems = new Problems(this.#isAnyBatch ? withoutPlaceholder : (reason) => reason);
  }

  run(): ImportedGraph {
    const { graph, inputs, label } = this.#request;
    for (const [name, value] of inputs(this.#builder)) this.#values.set(name, value);
    for (const node of graph.nodes) {
      this.#count(readsOf(node));
      for (const name of node.inputs) if (name !== '') this.#readByNodes.add(name);
    }
    this.#count(graph.outputs.map(({ name }) => name));
    for (const node of sortNodes(graph.nodes, label)) this.#visit(node, 0);
    fuse(this.#builder);
    return { builder: this.#builder, values: this.#values, problems: this.#problems, nodes: this.#walked };
  }

  #count(names: readonly string[]): void {
    for (const name of names) this.#reads.set(name, (this.#reads.get(name) ?? 0) + 1);
  }

  #visit(node: OnnxNode, depth: number): void {
    this.#walked.push(node);
    const isOwn = this.#operatorOf(node) !== undefined || (node.domain === '' && isKnown(node.op));
    if (node.inputs.some((name) => this.#unknown.has(name))) {
      // Known operators are not told: what they depend on is.
      if (!isOwn) this.#problems.add(node, null);
      this.#giveUp(node);
      return;
    }
    try {
      if (node.refusal != null) throw new NotSupported(node.refusal);
      if (!isOwn) throw new UnknownOperator();
      if (node.op === 'If') this.#branch(node, depth);
      else this.#keep(node, this.#outputs(node));
    } catch (error) {
      if (error instanceof ConvertError && error.code === 'ONNX_TOO_LARGE') throw this.#tooLarge(node, error);
      this.#problems.add(node, reasonOf(error));
      this.#giveUp(node);
    }
  }

  #tooLarge(node: OnnxNode, { code, message }: ConvertError): ConvertError {
    const told = this.#isAnyBatch ? withoutPlaceholder(message) : message;
    return new ConvertError(code, `${this.#request.label}: ${operatorName(node)} ${nodeName(node)}: ${told}`);
  }

  #keep(node: OnnxNode, outputs: readonly Value[]): void {
    node.outputs.forEach((name, i) => {
      const value = outputs[i];
      if (name !== '' && value !== undefined) this.#values.set(name, value);
      else if (name !== '') this.#unknown.add(name);
      if (value === undefined && this.#readByNodes.has(name)) this.#problems.add(node, `its output ${i + 1} is used`);
    });
  }

  #giveUp(node: OnnxNode): void {
    for (const name of node.outputs) this.#unknown.add(name);
  }

  #outputs(node: OnnxNode): readonly Value[] {
    const inputs = node.inputs.map((name) => (name === '' ? null : this.#valueOf(name)));
    const constants = inputs.map((input) => (input?.kind === 'constant' ? input.constant : null));
    if (inputs.every((input) => input === null || input.kind === 'constant')) {
      if (!isFoldable(node.op)) {
        checkBatch(node, inputs);
        return this.#foldByGraph(node, inputs);
      }
      const value = this.#attribute(node, 'value') ?? scalar('float', 0);
      const repeated = repeatedForBatch(this.#builder, node, inputs, value);
      if (repeated !== null) return [repeated];
      const context = { opset: this.#request.opset, tensor: (of: OnnxNode, name: string) => this.#attribute(of, name) };
      const compute = () => foldForBatches(constants, (known) => fold(node, known, context));
      const outputs = this.#request.constants.folded(node, constants, compute);
      return outputs.map((constant) => ({ kind: 'constant', name: null, constant }));
    }
    if (node.op === 'CastLike' && constants[0] != null) {
      const [constant] = foldForBatches([constants[0]], ([known]) => [cast(known!, FLOAT)]);
      return [{ kind: 'constant', name: null, constant: constant! }];
    }
    if (node.op === 'Shape' || node.op === 'Size') return [this.#sizes(node, inputs[0]!)];
    checkBatch(node, inputs);
    const operator = this.#operatorOf(node);
    if (operator === undefined) throw new UnknownOperator();
    const made = operator({
      node,
      inputs,
      name: node.outputs[0] ?? '',
      graph: this.#builder,
      opset: this.#request.opset,
      isOnlyReader: (input) => this.#reads.get(node.inputs[input] ?? '') === 1,
      isReadBy: (op) => this.#isReadBy(node.outputs[0] ?? '', op),
    });
    return Array.isArray(made) ? made : [made];
  }

  #isReadBy(name: string, op: string): boolean {
    const { nodes, outputs } = this.#request.graph;
    const isOutput = outputs.some((output) => output.name === name);
    return !isOutput && nodes.every((node) => node.op === op || !readsOf(node).includes(name));
  }

  #foldByGraph(node: OnnxNode, inputs: readonly (Value | null)[]): Value[] {
    const operator = this.#operatorOf(node);
    if (operator === undefined) throw new UnknownOperator();
    const made = foldByGraph(operator, node, inputs, this.#request.opset);
    if (made === null) throw new NotSupported('it reads constants only');
    return made.map((constant) => ({ kind: 'constant', name: null, constant }));
  }

  #operatorOf({ domain, op }: OnnxNode): Operator | undefined {
    if (domain === '' || (domain === CONTRIB && op === 'Gelu')) return OPERATORS.get(op);
    return this.#request.otherOperators?.get(`${domain}.${op}`);
  }

  #sizes(node: OnnxNode, value: Value): Value {
    const sizes = (batchSize: number): Constant => {
      const dims = dimsOf(value, batchSize);
      return node.op === 'Shape' ? shapeOf(node, dims) : scalar('int', countOf(dims));
    };
    const { batchSize } = this.#builder;
    return {
      kind: 'constant',
      name: null,
      constant: this.#isAnyBatch ? forBatch(batchSize, sizes) : sizes(batchSize),
    };
  }

  /** @throws NotSupported for a condition that is not known */
  #branch(node: OnnxNode, depth: number): void {
    const condition = this.#valueOf(node.inputs[0] ?? '');
    if (condition.kind !== 'constant') throw new NotSupported('the network itself decides between two subgraphs');
    if (dependsOnBatch(condition.constant)) throw new NotSupported(AS_NUMBER);
    const branch = condition.constant.data[0] === 0 ? 'else_branch' : 'then_branch';
    const taken = attributeOf(node, branch, 'graph');
    if (taken === null || depth >= MAX_BRANCHES) throw new NotSupported('its branch cannot be read');
    for (const tensor of taken.initialisers.values()) {
      this.#values.set(tensor.name, {
        kind: 'constant',
        name: null,
        constant: this.#request.constants.decoded(tensor),
      });
    }
    for (const inner of sortNodes(taken.nodes, this.#request.label)) this.#visit(inner, depth + 1);
    node.outputs.forEach((name, i) => {
      const value = this.#values.get(taken.outputs[i]?.name ?? '');
      if (value === undefined) this.#unknown.add(name);
      else this.#values.set(name, value);
    });
  }

  #valueOf(name: string): Value {
    const value = this.#values.get(name) ?? this.#initialiser(name);
    if (value !== undefined) return value;
    throw new ConvertError('ONNX_INVALID', `${this.#request.label}: no node gives the value ${name.slice(0, 200)}`);
  }

  #initialiser(name: string): Value | undefined {
    const tensor = this.#request.graph.initialisers.get(name);
    if (tensor === undefined) return undefined;
    const value: Value = { kind: 'constant', name, constant: this.#request.constants.decoded(tensor) };
    this.#values.set(name, value);
    return value;
  }

  #attribute(node: OnnxNode, name: string): Constant | null {
    const tensor = attributeOf(node, name, 'tensor');
    return tensor === null ? null : this.#request.constants.decoded(tensor);
  }
}

/** TensorProto.DataType of all that a network computes here. */
const FLOAT = 1;
/** The domain of onnxruntime's own operators. */
const CONTRIB = 'com.microsoft';

class UnknownOperator extends Error {}

function isKnown(op: string): boolean {
  return OPERATORS.has(op) || isFoldable(op) || ['Shape', 'Size', 'If'].includes(op);
}

/** @returns null for an operator that is not known; every other error is a mistake, and is thrown again */
function reasonOf(error: unknown): string | null {
  if (error instanceof UnknownOperator) return null;
  if (error instanceof NotSupported || error instanceof Unfoldable) return error.message;
  throw error;
}
