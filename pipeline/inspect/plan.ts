import { describePlan, type PlanDescription, type PlanOptions } from '../../engine/index.js';
import { readWeights } from '../../weights/index.js';

/**
 * Shows how image-drift's own kernels would run the model of a weights folder.
 *
 * @throws WeightsError if the folder has no weights, EngineError if the options do not fit the model
 */
export async function inspectPlan(path: string, options: PlanOptions): Promise<PlanDescription> {
  return describePlan(await readWeights(path), options);
}
