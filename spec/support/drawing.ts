/** A layer graph while it is drawn from a seed, and how random choices are made. */
import type { Random } from '../../base/index.js';
import { type Graph, type GraphNode, inferShapes, type Op } from '../../graph/index.js';

export type Operation = Exclude<Op, { op: 'input' }>;
export type Shape = readonly number[];

/** Layers that do not fit are drawn again. */
export class Drawing {
  readonly nodes: GraphNode[];
  readonly shapes: Map<string, Shape>;

  /** @param fits whether a node with this output is small enough */
  constructor(
    readonly random: Random,
    readonly height: number,
    readonly width: number,
    readonly fits: (shape: Shape, node: GraphNode) => boolean,
    size?: [number, number],
  ) {
    this.nodes = [{ name: ':input', inputs: [], op: 'input', ...(size && { size }) }];
    this.shapes = new Map([[':input', [3, height, width]]]);
  }

  get last(): string {
    return this.nodes.at(-1)!.name;
  }

  get lastShape(): Shape {
    return this.shapes.get(this.last)!;
  }

  chance(p: number): boolean {
    return this.random.uniform() < p;
  }

  /** @returns whether the operation fits: its window into the image, its output into the limits */
  add(operation: Operation, inputs: readonly string[] = [this.last]): boolean {
    const node: GraphNode = { name: `${operation.op}${this.nodes.length}`, inputs, ...operation };
    let shape: Shape;
    try {
      shape = inferShapes(asGraph([...this.nodes, node], node.name), this).get(node.name)!;
    } catch {
      return false;
    }
    if (!this.fits(shape, node)) return false;
    this.put(node, shape);
    return true;
  }

  put(node: GraphNode, shape: Shape): void {
    this.nodes.push(node);
    this.shapes.set(node.name, shape);
  }

  /** Two of these nodes, and the last one. */
  taps(inner: readonly GraphNode[]): string[] {
    const some = inner.length === 0 ? [] : [...this.random.sample(inner.length, Math.min(2, inner.length))];
    return [...some.map((i) => inner[i]!.name), this.last];
  }
}

export function asGraph(nodes: readonly GraphNode[], output: string): Graph {
  return { nodes, output, modules: new Map([...nodes.map(({ name }) => [name, name] as const), ['', output]]) };
}

export function divisors(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1).filter((divisor) => n % divisor === 0);
}

export function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}
