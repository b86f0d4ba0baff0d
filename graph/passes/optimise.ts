/** All passes, in the order in which each finds the most to do. */
import type { BoundGraph } from '../bound-graph.js';
import type { ImageSize } from '../shapes.js';
import { cutAfter, dropIdentity } from './drop-nodes.js';
import { foldConstants } from './fold-constants.js';
import { foldPadding } from './fold-padding.js';
import { foldBatchNorm, fuseActivation } from './fuse.js';
import { mergeBranches } from './merge-branches.js';
import { trimTaps } from './trim-taps.js';

/**
 * A smaller graph whose kept nodes give the same outputs under the same names, up to float32 rounding of the folded
 * weights. The given graph and tensors do not change.
 * @param keep names of the nodes whose outputs are wanted, from `resolveTap` or `graph.output`
 * @param image the only size that the graph will be used with; null: any
 * @throws GraphError `UNKNOWN_NODE` when a node is not in the graph, or none is named
 */
export function optimise(bound: BoundGraph, keep: ReadonlySet<string>, image: ImageSize | null = null): BoundGraph {
  const cut = foldPadding(foldConstants(dropIdentity(cutAfter(bound, keep), keep), keep), keep);
  // Trimming comes before merging and folding, which then have fewer values to scale.
  const trimmed = image === null ? cut : trimTaps(cut, image);
  return fuseActivation(foldBatchNorm(mergeBranches(trimmed, keep), keep), keep);
}
