/**
 * MobileNetV2 (Sandler et al., https://arxiv.org/abs/1801.04381, table 2) as torchvision lays it out
 * (`torchvision/models/mobilenetv2.py`), width multiplier 1.
 */
import { relu6 } from '../operations/activation.js';
import { adaptiveAvgPool2dOf } from '../operations/adaptive-avg-pool.js';
import { add } from '../operations/add.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { type ConvOptions, conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { dropout } from '../operations/identity.js';
import { type Layer, sequential } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import { traceGraph } from '../trace-graph.js';
import { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
import { perceptron } from './head.js';

/** Table 2 of the paper. The stride belongs to the first repeat. */
const stages = [
  { expansion: 1, channels: 16, repeats: 1, stride: 1 },
  { expansion: 6, channels: 24, repeats: 2, stride: 2 },
  { expansion: 6, channels: 32, repeats: 3, stride: 2 },
  { expansion: 6, channels: 64, repeats: 4, stride: 2 },
  { expansion: 6, channels: 96, repeats: 3, stride: 1 },
  { expansion: 6, channels: 160, repeats: 3, stride: 2 },
  { expansion: 6, channels: 320, repeats: 1, stride: 1 },
];

export const mobilenetV2: Backbone = {
  name: 'mobilenet_v2',
  graph: (head, classes) => traceGraph(network(head, classes)),
  defaultTap: () => 'classifier.0',
  preprocessing: imagenetPreprocessing,
};

function network(head: Head, classes: number): Layer {
  const own = sequential(dropout, linear(classes));
  return (m, image) => {
    let x = m.run('features', features(), image);
    x = adaptiveAvgPool2dOf(m, x, [1, 1]);
    x = flatten(m, x);
    return m.run('classifier', head.length === 0 ? own : perceptron(head, classes), x);
  };
}

function features(): Layer {
  const blocks = stages.flatMap(({ expansion, channels, repeats, stride }) =>
    Array.from({ length: repeats }, (_, i) => invertedResidual(expansion, channels, i === 0 ? stride : 1)),
  );
  return sequential(convNormRelu6(32, 3, { stride: 2, padding: 1 }), ...blocks, convNormRelu6(1280, 1));
}

/** Expand (1×1), filter each channel (3×3), project (1×1, no activation); a shortcut where the shape stays the same. */
function invertedResidual(expansion: number, channels: number, stride: number): Layer {
  return (m, x) => {
    const expanded = x.channels * expansion;
    const conv = sequential(
      ...(expansion === 1 ? [] : [convNormRelu6(expanded, 1)]),
      convNormRelu6(expanded, 3, { stride, padding: 1, groups: 'depthwise' }),
      conv2d(channels, 1, { bias: false }),
      batchNorm2d(),
    );
    const y = m.run('conv', conv, x);
    return stride === 1 && x.channels === channels ? add(m, x, y) : y;
  };
}

/** torchvision's `Conv2dNormActivation`. */
function convNormRelu6(outChannels: number, kernel: number, options: ConvOptions = {}): Layer {
  return sequential(conv2d(outChannels, kernel, { bias: false, ...options }), batchNorm2d(), relu6);
}
