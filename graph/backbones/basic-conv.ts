/** The convolution of GoogLeNet and Inception v3: `BasicConv2d`, with its batch norm of ε = 0.001 and a ReLU. */
import { reluOperation } from '../operations/activation.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { type ConvOptions, conv2d } from '../operations/convolution.js';
import type { Layer, Value } from '../operations/layer.js';
import type { Size } from '../operations/window.js';
import { imagenetPreprocessing } from './backbone.js';

const EPS = 0.001;

export function basicConv(outChannels: number, kernel: Size, options: ConvOptions = {}): Layer {
  return (m, x) => {
    let y: Value = m.run('conv', conv2d(outChannels, kernel, { bias: false, ...options }), x);
    y = m.run('bn', batchNorm2d(EPS), y);
    return m.functional('relu', reluOperation, null, [y], { spatial: y.spatial });
  };
}

/**
 * torchvision's pretrained weights change ImageNet's normalisation to this one inside the network (`transform_input`): so
 * the network itself takes (pixel/255 - 0.5) / 0.5.
 */
export const halfPreprocessing = { ...imagenetPreprocessing, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

export const TRANSFORM_INPUT =
  "mean and std are 0.5 as torchvision's pretrained weights need them (transform_input); a network that was trained without " +
  'them needs its own (--mean, --std)';
