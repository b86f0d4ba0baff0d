/** Names of values, each once. Nodes and tensors keep theirs; constants, values between and outputs may not. */
import type { OnnxNode } from '../operations/onnx-form.js';

export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** The name, or the name with primes if it is taken. */
  fresh(name: string): string {
    let free = name;
    while (this.#taken.has(free)) free += "'";
    this.#taken.add(free);
    return free;
  }

  /** Operators of one node, of which only the node's own output keeps its name for certain. */
  apart(nodes: readonly OnnxNode[], own: string): OnnxNode[] {
    const between = nodes.filter(({ output }) => output !== own).map(({ output }) => output);
    return renamed(nodes, new Map(between.map((name) => [name, this.fresh(name)])));
  }
}

/** @param names old name of a value → new name */
export function renamed(nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): OnnxNode[] {
  const place = (name: string) => names.get(name) ?? name;
  return nodes.map((node) => ({ ...node, inputs: node.inputs.map(place), output: place(node.output) }));
}
