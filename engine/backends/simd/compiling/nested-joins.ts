/**
 * Concatenations that begin with all that an earlier one has joined, as in DenseNet's blocks. They lie in one buffer,
 * as wide as the widest of them, so each copies only what is new.
 */
import { LANES } from '../abi/layout.js';
import type { Step, StepOf } from '../planning/step.js';
import type { Lowered } from './lower.js';

export interface NestedJoins {
  steps: readonly Step[];
  /** The widest concatenation, by each one that lies in its buffer. */
  widest: ReadonlyMap<string, string>;
}

/**
 * @param cut the number of steps that have buffers of their own for each image
 * @param kept sources of wanted values
 */
export function nestJoins({ steps, mapOf }: Lowered, cut: number, kept: ReadonlySet<string>): NestedJoins {
  const readers = readersOf(steps);
  const fits = ({ node }: Step): boolean => {
    const [channels] = mapOf(node);
    // Batch norms go through rows that are wider than their channels, but a residual lies like the output.
    const isRead = (readers.get(node) ?? []).every(({ kind, residual }) => kind === 'scale' && residual !== node);
    return channels % LANES === 0 && !kept.has(node) && isRead;
  };
  const joins = steps.filter((step) => step.kind === 'concat').filter(fits);
  const sideOf = new Map(steps.map(({ node }, i) => [node, i < cut]));
  /** The wider concatenation that begins with this one, and the other way round. */
  const wider = new Map<string, string>();
  const narrower = new Map<string, StepOf<'concat'>>();
  for (const join of joins) {
    const inside = joins.findLast((other) => {
      return !wider.has(other.node) && sideOf.get(other.node) === sideOf.get(join.node) && begins(join, other);
    });
    if (inside === undefined) continue;
    wider.set(inside.node, join.node);
    narrower.set(join.node, inside);
  }
  const widestOf = (node: string): string => (wider.has(node) ? widestOf(wider.get(node)!) : node);
  const nested = joins.filter(({ node }) => wider.has(node) || narrower.has(node));
  return {
    steps: steps.map((step) => {
      const inside = step.kind === 'concat' ? narrower.get(step.node) : undefined;
      return inside === undefined ? step : { ...step, inPlace: inside.inputs.length };
    }),
    widest: new Map(nested.map(({ node }) => [node, widestOf(node)])),
  };
}

/** Whether all inputs of another step are the first inputs of a step, which has more. */
function begins({ inputs }: Step, other: Step): boolean {
  return other.inputs.length < inputs.length && other.inputs.every((input, i) => input === inputs[i]);
}

function readersOf(steps: readonly Step[]): Map<string, Step[]> {
  const readers = new Map<string, Step[]>();
  for (const step of steps) {
    for (const value of [...step.inputs, ...(step.residual === null ? [] : [step.residual])]) {
      readers.set(value, [...(readers.get(value) ?? []), step]);
    }
  }
  return readers;
}
