/** Which values only one node reads: the step that makes such a value can compute its reader too. */
import type { GraphNode, Op } from '../../../../graph/index.js';
import type { Step } from '../planning/step.js';
import type { Building } from './building.js';

/** The operations whose values are views, mostly. */
const VIEW_OPERATIONS: ReadonlySet<Op['op']> = new Set([
  'identity',
  'flatten',
  'reshape',
  'permute',
  'select',
  'slice',
  'expand',
  'pixelShuffle',
]);

export class Uses {
  readonly #uses = new Map<string, number>();
  readonly #wanted: ReadonlySet<string>;

  constructor(nodes: readonly GraphNode[], wanted: ReadonlySet<string>) {
    const roots = new Map<string, string>();
    const rootOf = (node: string): string => roots.get(node) ?? node;
    for (const { name, op, inputs } of nodes) {
      if (VIEW_OPERATIONS.has(op)) roots.set(name, rootOf(inputs[0]!));
      else for (const input of inputs) this.#uses.set(rootOf(input), (this.#uses.get(rootOf(input)) ?? 0) + 1);
    }
    this.#wanted = new Set([...wanted].map(rootOf));
  }

  /** The step that made a value, if nothing else needs the value. */
  free(source: string, { steps }: Building): Step | null {
    if (this.#uses.get(source) !== 1 || this.#wanted.has(source)) return null;
    return steps.get(source) ?? null;
  }
}
