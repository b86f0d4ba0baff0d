/** Chooses the kernel for a step: by predicted cost if several can compute it. */
import { KERNELS } from '../kernels/registry.js';
import { type KernelRates, predictSeconds } from '../planning/cost.js';
import type { Compilation, Layer, Way } from '../planning/emission.js';

/**
 * The first folder of the registry that can compute the step has the plain way. A later folder replaces it if its
 * cheapest way costs less than the plain way. If there are several such folders, the last is used.
 */
export function chooseWay(layer: Layer, compilation: Compilation): Way {
  const offers = KERNELS.map(({ ways }) => ways?.(layer, compilation) ?? []).filter(({ length }) => length > 0);
  const [plain] = offers.shift() ?? [];
  if (plain === undefined) throw new Error(`No kernel computes ${layer.operands.node} (${layer.step.kind}).`);
  if (offers.length === 0) return plain;
  const plainSeconds = secondsOf(plain, compilation.rates);
  for (const ways of offers.reverse()) {
    const best = cheapest(ways, compilation.rates);
    if (best.seconds < plainSeconds) return best.way;
  }
  return plain;
}

function cheapest(ways: readonly Way[], rates: KernelRates): { way: Way; seconds: number } {
  const costs = ways.map((way) => ({ way, seconds: secondsOf(way, rates) }));
  return costs.reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

function secondsOf(way: Way, rates: KernelRates): number {
  return predictSeconds(way.work(), rates);
}
