/** What Strassen's seven products cost. */
import { LANES, panelsOf } from '../../abi/layout.js';
import { USUAL_IMAGES, type Work } from '../../planning/cost.js';
import type { Operands } from '../../planning/emission.js';
import type { Filter } from '../../planning/filter.js';
import { type Region, tapsIn } from '../../planning/regions.js';
import type { Value } from '../../planning/value.js';
import { FACTORS, SUMS } from './factors.js';
import { rowsOf } from './pairs.js';

/*
 * Costs besides the multiplications, fitted to the layers of thirteen networks with seven products and with eight (Zen 5, 256-bit): that of a product, in
 * input channels, since tiles are loaded, stored and added; and those of a sum of inputs and of a residual that is added,
 * beside that of a float of a Winograd transform. Inputs of one tap are read in a row. Where inputs come from an outer
 * cache, other kernels wait for them as long, so a sum costs little there. Residuals come from outer memory while a tile
 * waits, if they are not near.
 */
const STEPS_OF_A_PRODUCT = 9;
const SUM_COST = { near: 0.4, far: 0.1 };
const SUM_OF_TAPS_COST = 0.5;
const RESIDUAL_COST = { near: 0.3, far: 1.3 };
/** An image's values of up to so many bytes are near: in an L2 cache. */
const NEAR_BYTES = 448 << 10;

export function strassenWork(
  regions: readonly Region[],
  filter: Filter,
  input: Value,
  { output, residual }: Operands,
): Work {
  const channels = filter.inChannels / 2;
  const columns = (panelsOf(filter.outChannels) / 2) * LANES;
  const oneTapCost = SUM_COST[distanceOf(input)];
  const residualCost = residual === null ? 0 : RESIDUAL_COST[distanceOf(output)];
  let [multiplyAdds, transformFloats, weightFloats] = [0, 0, 0];
  for (const region of regions) {
    const rows = rowsOf(region, USUAL_IMAGES);
    const taps = tapsIn(region).length;
    const floats = taps * channels;
    const sumCost = taps === 1 ? oneTapCost : SUM_OF_TAPS_COST;
    multiplyAdds += rows * FACTORS.length * (floats + STEPS_OF_A_PRODUCT) * columns;
    transformFloats += sumCost * SUMS * rows * floats + residualCost * 4 * rows * columns;
    // Units read the weights again, but while they multiply.
    weightFloats += FACTORS.length * floats * columns;
  }
  return { multiplyAdds, transformFloats, weightFloats };
}

/** By the size of an image's map, not by that of a batch: no bit of a result depends on the batch. */
function distanceOf({ map }: Value): 'near' | 'far' {
  return 4 * map[0] * map[1] * map[2] <= NEAR_BYTES ? 'near' : 'far';
}
