/**
 * MobileNetV2 (Sandler et al., https://arxiv.org/abs/1801.04381, table 2) as torchvision lays it out
 * (`torchvision/models/mobilenetv2.py`), of any width.
 */
import type { MobileNetV2Body } from '../../weights/index.js';
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
export const STAGES = [
  { expansion: 1, repeats: 1, stride: 1 },
  { expansion: 6, repeats: 2, stride: 2 },
  { expansion: 6, repeats: 3, stride: 2 },
  { expansion: 6, repeats: 4, stride: 2 },
  { expansion: 6, repeats: 3, stride: 1 },
  { expansion: 6, repeats: 3, stride: 2 },
  { expansion: 6, repeats: 1, stride: 1 },
] as const;

/** The first convolution, the stages and the last convolution, at width 1. */
const CHANNELS = [32, 16, 24, 32, 64, 96, 160, 320, 1280];

const body: MobileNetV2Body = { family: 'mobilenet_v2', channels: CHANNELS, stride: 2 };

export const mobilenetV2: Backbone = {
  name: 'mobilenet_v2',
  body,
  graph: (head, classes) => traceGraph(mobilenet(body, mobilenetHead(head, classes))),
  defaultTap: mobilenetTap,
  preprocessing: imagenetPreprocessing,
};

/** @param head the layers of `classifier`; they take the features, one for each channel of the last convolution */
export function mobilenet(body: MobileNetV2Body, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('features', features(body), image);
    x = adaptiveAvgPool2dOf(m, x, [1, 1]);
    x = flatten(m, x);
    return m.run('classifier', head, x);
  };
}

export function mobilenetHead(head: Head, classes: number): Layer {
  return head.length === 0 ? sequential(dropout, linear(classes)) : perceptron(head, classes);
}

export function mobilenetTap(): string {
  return 'classifier.0';
}

function features({ channels, stride: firstStride }: MobileNetV2Body): Layer {
  const blocks = STAGES.flatMap(({ expansion, repeats, stride }, stage) =>
    Array.from({ length: repeats }, (_, i) => invertedResidual(expansion, channels[stage + 1]!, i === 0 ? stride : 1)),
  );
  const first = convNormRelu6(channels[0]!, 3, { stride: firstStride, padding: 1 });
  return sequential(first, ...blocks, convNormRelu6(channels.at(-1)!, 1));
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
