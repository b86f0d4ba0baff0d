/**
 * VGG (Simonyan and Zisserman, https://arxiv.org/abs/1409.1556) as torchvision lays it out
 * (`torchvision/models/vgg.py`), with and without batch normalisation.
 */
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-avg-pool.js';
import { batchNorm2d } from '../operations/batch-norm.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { dropout } from '../operations/identity.js';
import { type Layer, sequential } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import { maxPool2d } from '../operations/pooling.js';
import { traceGraph } from '../trace-graph.js';
import { type Backbone, type Head, imagenetPreprocessing } from './backbone.js';
import { perceptron } from './head.js';

/** Convolutions in each of the five groups, all followed by a 2×2 max pooling. */
type Depths = readonly [number, number, number, number, number];

const CHANNELS = [64, 128, 256, 512, 512];

/** The paper's configurations A, B, D and E. */
const depths: Readonly<Record<string, Depths>> = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
};

export const vggs: readonly Backbone[] = Object.entries(depths).flatMap(([name, convolutions]) => [
  backbone(name, convolutions, false),
  backbone(`${name}_bn`, convolutions, true),
]);

function backbone(name: string, convolutions: Depths, batchNorm: boolean): Backbone {
  return {
    name,
    graph: (head, classes) => traceGraph(vgg(convolutions, batchNorm, head, classes)),
    defaultTap: (head) => (head.length === 0 ? 'classifier.5' : 'classifier.0'),
    preprocessing: imagenetPreprocessing,
  };
}

function vgg(convolutions: Depths, batchNorm: boolean, head: Head, classes: number): Layer {
  return (m, image) => {
    let x = m.run('features', features(convolutions, batchNorm), image);
    x = m.run('avgpool', adaptiveAvgPool2d(7), x);
    x = flatten(m, x);
    return m.run('classifier', head.length === 0 ? ownClassifier(classes) : perceptron(head, classes), x);
  };
}

function features(convolutions: Depths, batchNorm: boolean): Layer {
  const groups = convolutions.map((count, group) => {
    const convolution = conv2d(CHANNELS[group]!, 3, { padding: 1 });
    const unit = batchNorm ? [convolution, batchNorm2d(), relu] : [convolution, relu];
    return [...Array.from({ length: count }, () => unit).flat(), maxPool2d(2, { stride: 2 })];
  });
  return sequential(...groups.flat());
}

function ownClassifier(classes: number): Layer {
  return sequential(linear(4096), relu, dropout, linear(4096), relu, dropout, linear(classes));
}
