/**
 * Makes branches that read the same value and are only added together one convolution: the "re-parametrisation" of RepVGG,
 * MobileOne, FastViT and RepViT, which are trained with several convolutions and a batch norm beside each other.
 */
import type { BoundGraph } from '../bound-graph.js';
import { asConvolution, itself, type LinearForm, linearForm } from './linear-form.js';
import { type BoundNode, rewrite, tensorsOf, useCounts } from './rewrite.js';

/**
 * A branch has at most one convolution, batch norms and products with constants, or is the value itself. Branches stay where
 * the value of one of them is wanted or read by another node, and where one convolution would be more work.
 *
 * @param keep names of the nodes whose outputs are wanted
 */
export function mergeBranches(bound: BoundGraph, keep: ReadonlySet<string>): BoundGraph {
  const uses = useCounts(bound.graph);
  const isFree = (name: string): boolean => uses.get(name) === 1 && !keep.has(name);
  const forms = new Map<string, LinearForm>();
  const operand = (name: string): LinearForm => {
    const form = forms.get(name);
    if (form === undefined) return itself(name);
    if (isFree(name)) return { ...form, parts: [...form.parts, name] };
    return form.source === null ? form : itself(name);
  };
  const nodes = bound.graph.nodes.map((node): BoundNode => ({ node, tensors: tensorsOf(bound, node) }));
  for (const each of nodes) {
    const form = linearForm(each, operand);
    if (form !== null) forms.set(each.node.name, form);
  }
  return rewrite(bound, withMerged(nodes, forms));
}

/** The last node of branches becomes the convolution, so it is looked for from the end. */
function withMerged(nodes: readonly BoundNode[], forms: ReadonlyMap<string, LinearForm>): BoundNode[] {
  const gone = new Set<string>();
  const left: BoundNode[] = [];
  for (const each of nodes.toReversed()) {
    const { name } = each.node;
    if (gone.has(name)) continue;
    const form = forms.get(name);
    const merged = form === undefined ? null : asConvolution(form, name);
    if (merged !== null) for (const part of form!.parts) gone.add(part);
    left.push(merged ?? each);
  }
  return left.reverse();
}
