/**
 * VGG (Simonyan and Zisserman, https://arxiv.org/abs/1409.1556) as torchvision lays it out
 * (`torchvision/models/vgg.py`), with and without batch normalisation.
 */
import type { VggBody } from '../../weights/index.js';
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
  const groups = convolutions.map((count, group) => new Array<number>(count).fill(CHANNELS[group]!));
  const body: VggBody = { family: 'vgg', groups, batchNorm, pooled: 7 };
  return {
    name,
    body,
    graph: (head, classes) => traceGraph(vgg(body, vggHead(head, classes))),
    defaultTap: vggTap,
    preprocessing: imagenetPreprocessing,
  };
}

/** @param head the layers of `classifier`; they take the flattened map */
export function vgg(body: VggBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('features', features(body), image);
    x = m.run('avgpool', adaptiveAvgPool2d(body.pooled), x);
    x = flatten(m, x);
    return m.run('classifier', head, x);
  };
}

function features({ groups, batchNorm }: VggBody): Layer {
  const layers = groups.map((group) => [
    ...group.flatMap((channels) => {
      const convolution = conv2d(channels, 3, { padding: 1 });
      return batchNorm ? [convolution, batchNorm2d(), relu] : [convolution, relu];
    }),
    maxPool2d(2, { stride: 2 }),
  ]);
  return sequential(...layers.flat());
}

export function vggHead(head: Head, classes: number): Layer {
  if (head.length > 0) return perceptron(head, classes);
  return sequential(linear(4096), relu, dropout, linear(4096), relu, dropout, linear(classes));
}

export function vggTap(head: Head): string {
  return head.length === 0 ? 'classifier.5' : 'classifier.0';
}
