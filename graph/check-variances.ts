/** Running variances that a batch norm can use: PyTorch takes the root of one without looking, and gives NaN for every image. */
import { type Tensor, WeightsError } from '../weights/index.js';
import type { Graph } from './graph.js';
import { parameterName } from './parameters.js';

const VARIANCE = 'running_var';

/**
 * Values that are not finite are not looked at here: `checkTensor` names them.
 *
 * @param place file, for messages
 * @throws WeightsError `WEIGHTS_VARIANCE` naming the tensor and the channel, where variance and eps are not above 0
 */
export function checkVariances(place: string, graph: Graph, tensors: ReadonlyMap<string, Tensor>): void {
  for (const node of graph.nodes) {
    if (node.op !== 'batchNorm2d') continue;
    const name = parameterName(node.name, VARIANCE);
    const data = tensors.get(name)?.data ?? [];
    const { eps } = node.attrs;
    const channel = data.findIndex((variance) => variance + eps <= 0);
    if (channel < 0) continue;
    throw new WeightsError(
      'WEIGHTS_VARIANCE',
      `${place}: tensor ${name}: element ${channel} of ${data.length.toLocaleString('en')} is ${data[channel]}; ` +
        `a batch norm takes the root of a variance and its eps of ${eps}, which is not above 0`,
      { hint: 'The file is damaged or was edited: PyTorch gives NaN with it, too. Take an earlier checkpoint.' },
    );
  }
}
