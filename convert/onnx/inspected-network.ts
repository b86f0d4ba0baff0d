/** What inspections of network files say of a network, whatever format it came in. */
import { CodedError } from '../../base/index.js';
import type { OnnxLayers } from './read-network.js';

export interface InspectedNetwork {
  /** Operator → how often, the most frequent first. */
  operators: Record<string, number>;
  /** Values in all tensors. */
  parameters: number;
  layers: OnnxLayers['taps'];
  classes: number;
  /** Why it is not converted; null if it is. */
  reason: string | null;
  /** Which operators make onnxruntime run the file as it is; null for a network that every engine runs, and if nothing does. */
  as_is: string | null;
}

/**
 * @param reading of the layers; a coded error becomes the reason
 * @param operators operator → how often
 */
export async function inspectedNetwork(
  reading: Promise<OnnxLayers>,
  operators: ReadonlyMap<string, number>,
  parameters: number,
): Promise<InspectedNetwork> {
  const found = await reading.catch((error: unknown): OnnxLayers => {
    if (error instanceof CodedError) return { taps: [], classes: 0, problem: error };
    throw error;
  });
  return {
    operators: Object.fromEntries([...operators].sort(([, a], [, b]) => b - a)),
    parameters,
    layers: found.taps,
    classes: found.classes,
    reason: found.problem?.message ?? null,
    as_is: found.asIs ?? null,
  };
}
