/**
 * ResNet (He et al., https://arxiv.org/abs/1512.03385), Wide ResNet (https://arxiv.org/abs/1605.07146) and ResNeXt
 * (https://arxiv.org/abs/1611.05431) as torchvision lays them out (`torchvision/models/resnet.py`): in a bottleneck the
 * stride is on the 3×3 convolution ("v1.5").
 */
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-avg-pool.js';
import { add } from '../operations/add.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { type ConvOptions, conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { type Layer, sequential } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import { maxPool2d } from '../operations/pooling.js';
import { traceGraph } from '../trace-graph.js';
import { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
import { perceptron } from './head.js';

interface Variant {
  block: 'basic' | 'bottleneck';
  /** Blocks in layer1 to layer4. */
  layers: readonly [number, number, number, number];
  /** Groups of the 3×3 convolution of a bottleneck (ResNeXt's cardinality). */
  groups?: number;
  /** Channels a group in layer1; doubles with every stage. */
  widthPerGroup?: number;
}

const variants: Readonly<Record<string, Variant>> = {
  resnet18: { block: 'basic', layers: [2, 2, 2, 2] },
  resnet34: { block: 'basic', layers: [3, 4, 6, 3] },
  resnet50: { block: 'bottleneck', layers: [3, 4, 6, 3] },
  resnet101: { block: 'bottleneck', layers: [3, 4, 23, 3] },
  resnet152: { block: 'bottleneck', layers: [3, 8, 36, 3] },
  wide_resnet50_2: { block: 'bottleneck', layers: [3, 4, 6, 3], widthPerGroup: 128 },
  wide_resnet101_2: { block: 'bottleneck', layers: [3, 4, 23, 3], widthPerGroup: 128 },
  resnext50_32x4d: { block: 'bottleneck', layers: [3, 4, 6, 3], groups: 32, widthPerGroup: 4 },
  resnext101_32x8d: { block: 'bottleneck', layers: [3, 4, 23, 3], groups: 32, widthPerGroup: 8 },
  resnext101_64x4d: { block: 'bottleneck', layers: [3, 4, 23, 3], groups: 64, widthPerGroup: 4 },
};

export const resnets: readonly Backbone[] = Object.entries(variants).map(([name, variant]) => ({
  name,
  graph: (head, classes) => traceGraph(resnet(variant, head, classes)),
  defaultTap: (head) => (head.length === 0 ? 'avgpool' : 'fc.0'),
  preprocessing: imagenetPreprocessing,
}));

function resnet(variant: Variant, head: Head, classes: number): Layer {
  return (m, image) => {
    let x = m.run('conv1', conv2d(64, 7, { stride: 2, padding: 3, bias: false }), image);
    x = m.run('bn1', batchNorm2d(), x);
    x = m.run('relu', relu, x);
    x = m.run('maxpool', maxPool2d(3, { stride: 2, padding: 1 }), x);
    x = m.run('layer1', stage(variant, 0), x);
    x = m.run('layer2', stage(variant, 1), x);
    x = m.run('layer3', stage(variant, 2), x);
    x = m.run('layer4', stage(variant, 3), x);
    x = m.run('avgpool', adaptiveAvgPool2d(1), x);
    x = flatten(m, x);
    return m.run('fc', head.length === 0 ? linear(classes) : perceptron(head, classes), x);
  };
}

/** One of the four stages; all but the first halve height and width in their first block. */
function stage(variant: Variant, index: number): Layer {
  const planes = 64 * 2 ** index;
  const block = (stride: number): Layer =>
    variant.block === 'basic' ? basicBlock(planes, stride) : bottleneck(planes, stride, variant);
  const strides = Array.from({ length: variant.layers[index]! }, (_, i) => (i === 0 && index > 0 ? 2 : 1));
  return sequential(...strides.map(block));
}

function basicBlock(planes: number, stride: number): Layer {
  return (m, x) => {
    let y = m.run('conv1', conv3x3(planes, { stride }), x);
    y = m.run('bn1', batchNorm2d(), y);
    y = m.run('relu', relu, y);
    y = m.run('conv2', conv3x3(planes), y);
    y = m.run('bn2', batchNorm2d(), y);
    const identity = needsProjection(x.channels, planes, stride)
      ? m.run('downsample', projection(planes, stride), x)
      : x;
    return m.run('relu', relu, add(m, y, identity));
  };
}

function bottleneck(planes: number, stride: number, { groups = 1, widthPerGroup = 64 }: Variant): Layer {
  const width = Math.trunc(planes * (widthPerGroup / 64)) * groups;
  const out = 4 * planes;
  return (m, x) => {
    let y = m.run('conv1', conv1x1(width), x);
    y = m.run('bn1', batchNorm2d(), y);
    y = m.run('relu', relu, y);
    y = m.run('conv2', conv3x3(width, { stride, groups }), y);
    y = m.run('bn2', batchNorm2d(), y);
    y = m.run('relu', relu, y);
    y = m.run('conv3', conv1x1(out), y);
    y = m.run('bn3', batchNorm2d(), y);
    const identity = needsProjection(x.channels, out, stride) ? m.run('downsample', projection(out, stride), x) : x;
    return m.run('relu', relu, add(m, y, identity));
  };
}

function needsProjection(inChannels: number, outChannels: number, stride: number): boolean {
  return stride !== 1 || inChannels !== outChannels;
}

function projection(outChannels: number, stride: number): Layer {
  return sequential(conv1x1(outChannels, { stride }), batchNorm2d());
}

function conv3x3(outChannels: number, options: ConvOptions = {}): Layer {
  return conv2d(outChannels, 3, { padding: 1, bias: false, ...options });
}

function conv1x1(outChannels: number, options: ConvOptions = {}): Layer {
  return conv2d(outChannels, 1, { bias: false, ...options });
}
