/** A graph together with the tensors of its nodes, checked to fit each other. Passes turn one into another. */
import { type OnnxFileFacts, type Tensor, WeightsError } from '../weights/index.js';
import type { Graph } from './graph.js';
import { GraphError } from './graph-error.js';
import { parameterName, parameters } from './meaning.js';

export interface BoundGraph {
  readonly graph: Graph;
  /** Exactly the tensors of `parameters(graph)`. Passes share those that they do not change: never write to them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The file that computes the nodes `onnxFile`; left out where the graph has none. */
  readonly file?: StoredOnnxFile | undefined;
}

/** An ONNX file that runs as it is, and what there is to know of it. */
export interface StoredOnnxFile {
  facts: OnnxFileFacts;
  /** All of it, the values of its tensors included. */
  bytes: Uint8Array;
}

export interface TensorProblem {
  kind: 'missing' | 'unexpected' | 'misshapen';
  /** The name in the state dict. */
  name: string;
  /** Shape in the network; null when it is not part of it. */
  expected: readonly number[] | null;
  /** Shape in the weights; null when they lack it. */
  actual: readonly number[] | null;
}

/** How many problems a message tells before it only counts the rest. */
const MAX_TOLD = 5;

/** Where the tensors of some weights differ from the tensors that a network needs; empty if they fit. */
export function tensorProblems(
  expected: ReadonlyMap<string, readonly number[]>,
  actual: ReadonlyMap<string, readonly number[]>,
): TensorProblem[] {
  const problems: TensorProblem[] = [];
  for (const [name, shape] of expected) {
    const found = actual.get(name) ?? null;
    if (found === null) problems.push({ kind: 'missing', name, expected: shape, actual: null });
    else if (!sameShape(shape, found)) problems.push({ kind: 'misshapen', name, expected: shape, actual: found });
  }
  for (const [name, shape] of actual) {
    if (!expected.has(name)) problems.push({ kind: 'unexpected', name, expected: null, actual: shape });
  }
  return problems;
}

/** `fc.0.weight is [64, 512], the network needs [128, 512]; …`: one line, the first few problems. */
export function describeTensorProblems(problems: readonly TensorProblem[]): string {
  const told = problems.slice(0, MAX_TOLD).map(({ kind, name, expected, actual }) => {
    if (kind === 'missing') return `${name} ${showShape(expected)} is missing`;
    if (kind === 'unexpected') return `${name} ${showShape(actual)} is not part of the network`;
    return `${name} is ${showShape(actual)}, the network needs ${showShape(expected)}`;
  });
  const rest = problems.length - told.length;
  return told.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/**
 * Binds weights to a graph.
 * @throws GraphError `TENSORS_DO_NOT_FIT`, naming each tensor that is missing, misshapen, not part of the network, or
 *   of another number of values than its shape says
 */
export function bind(graph: Graph, tensors: ReadonlyMap<string, Tensor>): BoundGraph {
  const shapes = new Map([...tensors].map(([name, tensor]) => [name, tensor.shape]));
  const problems = tensorProblems(parameters(graph), shapes);
  if (problems.length > 0) throw new GraphError('TENSORS_DO_NOT_FIT', describeTensorProblems(problems));
  for (const [name, { shape, data }] of tensors) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (data.length !== size) {
      throw new GraphError(
        'TENSORS_DO_NOT_FIT',
        `${name} has ${data.length} values, its shape ${showShape(shape)} needs ${size}`,
      );
    }
  }
  return { graph, tensors };
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

function showShape(shape: readonly number[] | null): string {
  return `[${shape?.join(', ') ?? ''}]`;
}

const VARIANCE = 'running_var';

/**
 * Checks that batch norms can use their running variances: PyTorch gives NaN for every image.
 * @throws WeightsError `WEIGHTS_VARIANCE` naming the tensor and the channel, where variance and eps are not above 0
 */
export function checkVariances(place: string, graph: Graph, tensors: ReadonlyMap<string, Tensor>): void {
  for (const node of graph.nodes) {
    if (node.op !== 'batchNorm2d') continue;
    const name = parameterName(node.name, VARIANCE);
    const data = tensors.get(name)?.data ?? [];
    const { eps } = node.attrs;
    const channel = data.findIndex((variance) => variance + eps <= 0);
    if (channel < 0) continue;
    throw new WeightsError(
      'WEIGHTS_VARIANCE',
      `${place}: tensor ${name}: element ${channel} of ${data.length.toLocaleString('en')} is ${data[channel]}; ` +
        `a batch norm takes the root of a variance and its eps of ${eps}, which is not above 0`,
      { hint: 'The file is damaged or was edited: PyTorch gives NaN with it, too. Take an earlier checkpoint.' },
    );
  }
}
