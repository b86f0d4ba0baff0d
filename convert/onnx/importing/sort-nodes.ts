/** Puts nodes into an order in which each comes after those that it reads. */
import { ConvertError } from '../../convert-error.js';
import type { OnnxGraph, OnnxNode } from '../file/onnx-model.js';
import { nodeName } from './value.js';

/** What the order depends on, in whatever format a node is. */
type Sortable = Pick<OnnxNode, 'name' | 'inputs' | 'outputs' | 'attributes'>;

/**
 * Nodes in order stay as they are. Names that no node gives are inputs, or come from the graph around this one.
 * @throws ConvertError `ONNX_INVALID` for a value that two nodes give; `ONNX_CYCLE` with the names of a circle's nodes
 */
export function sortNodes<Node extends Sortable>(nodes: readonly Node[], label: string): Node[] {
  const producers = new Map<string, number>();
  nodes.forEach(({ outputs }, i) => {
    for (const output of outputs) {
      if (output === '') continue;
      if (producers.has(output)) {
        throw new ConvertError('ONNX_INVALID', `${label}: the value ${output.slice(0, 200)} is given by two nodes`);
      }
      producers.set(output, i);
    }
  });
  const sources = nodes.map((node) => sourcesOf(node, producers));
  if (sources.every((indices, i) => indices.every((source) => source < i))) return [...nodes];
  return inOrder(nodes, sources, label);
}

function sourcesOf(node: Sortable, producers: ReadonlyMap<string, number>): number[] {
  return readsOf(node).flatMap((name) => producers.get(name) ?? []);
}

/** What a node reads, its subgraphs included. */
export function readsOf({ inputs, attributes }: Pick<OnnxNode, 'inputs' | 'attributes'>): string[] {
  const inside = [...attributes.values()].flatMap((attribute) =>
    attribute.type === 'graph' ? readsOfGraph(attribute.value) : [],
  );
  return [...inputs.filter((name) => name !== ''), ...inside];
}

function readsOfGraph({ nodes, outputs }: OnnxGraph): string[] {
  return [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)];
}

/** Depth first, without recursion: a chain may have as many nodes as the file. */
function inOrder<Node extends Sortable>(
  nodes: readonly Node[],
  sources: readonly (readonly number[])[],
  label: string,
): Node[] {
  const sorted: Node[] = [];
  const state = new Uint8Array(nodes.length);
  for (let root = 0; root < nodes.length; root++) {
    const stack = [{ node: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (state[top.node] === DONE) {
        stack.pop();
        continue;
      }
      state[top.node] = OPEN;
      const source = sources[top.node]![top.next++];
      if (source === undefined) {
        state[top.node] = DONE;
        sorted.push(nodes[top.node]!);
        stack.pop();
      } else if (state[source] === OPEN) {
        throw cycle(
          stack.slice(stack.findIndex(({ node }) => node === source)).map(({ node }) => nodes[node]!),
          label,
        );
      } else if (state[source] !== DONE) stack.push({ node: source, next: 0 });
    }
  }
  return sorted;
}

const OPEN = 1;
const DONE = 2;
const MAX_NAMED = 5;

function cycle(nodes: readonly Sortable[], label: string): ConvertError {
  const names = nodes.slice(0, MAX_NAMED).map(nodeName);
  const rest = nodes.length - names.length;
  const message =
    `${label}: ${nodes.length.toLocaleString('en')} nodes read each other in a circle: ` +
    `${names.join(' → ')}${rest > 0 ? ` → ${rest} more` : ''} → ${names[0]}`;
  return new ConvertError('ONNX_CYCLE', message);
}
