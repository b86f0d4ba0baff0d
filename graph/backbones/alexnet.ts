/**
 * AlexNet (Krizhevsky, https://arxiv.org/abs/1404.5997) as torchvision lays it out (`torchvision/models/alexnet.py`), of any
 * width.
 */
import { z } from 'zod';
import { relu } from '../operations/activation.js';
import { adaptiveAvgPool2d } from '../operations/adaptive-pooling.js';
import { conv2d } from '../operations/convolution.js';
import { flatten } from '../operations/flatten.js';
import { type Layer, sequential } from '../operations/layer.js';
import { maxPool2d } from '../operations/pooling.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, type Proposal, type Shapes, type Spelling } from './family.js';
import { channels, perStage } from './limits.js';

interface AlexNetBody {
  family: 'alexnet';
  /** Output channels of the five convolutions. */
  channels: number[];
}

const schema: z.ZodType<AlexNetBody> = z.object({ family: z.literal('alexnet'), channels: perStage(channels, 5) });

/** The convolutions by their position in `features`. */
const CONVOLUTIONS = [0, 3, 6, 8, 10];
/** Side of the map before the head. */
const POOLED = 6;
/** Side of the first filter. */
const FIRST_KERNEL = 11;

const TORCHVISION: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)0\.weight$/,
  rename: (name) => (/^(0|3|6|8|10)\.(weight|bias)$/.test(name) ? `features.${name}` : null),
};

export const alexnets = defineFamily<AlexNetBody>({
  name: 'alexnet',
  title: 'an AlexNet',
  schema,
  variants: { alexnet: { family: 'alexnet', channels: [64, 192, 384, 256, 256] } },
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: [
      { name: '0', layer: 'dropout' },
      { name: '1', layer: 'linear', outputs: 4096 },
      { name: '2', layer: 'relu' },
      { name: '3', layer: 'dropout' },
      { name: '4', layer: 'linear', outputs: 4096 },
      { name: '5', layer: 'relu' },
      { name: '6', layer: 'linear' },
    ],
    before: 'avgpool',
  },
  network: alexnet,
  features: ({ channels }) => channels.at(-1)! * POOLED ** 2,
  spellings: [TORCHVISION],
  propose,
});

/** @param head the layers of `classifier`; they take the flattened map */
function alexnet(body: AlexNetBody, head: Layer): Layer {
  return (m, image) => {
    let x = m.run('features', features(body), image);
    x = m.run('avgpool', adaptiveAvgPool2d(POOLED), x);
    x = flatten(m, x);
    return m.run('classifier', head, x);
  };
}

function features({ channels: [a = 0, b = 0, c = 0, d = 0, e = 0] }: AlexNetBody): Layer {
  const pool = maxPool2d(3, { stride: 2 });
  return sequential(
    ...[conv2d(a, FIRST_KERNEL, { stride: 4, padding: 2 }), relu, pool],
    ...[conv2d(b, 5, { padding: 2 }), relu, pool],
    ...[conv2d(c, 3, { padding: 1 }), relu],
    ...[conv2d(d, 3, { padding: 1 }), relu],
    ...[conv2d(e, 3, { padding: 1 }), relu, pool],
  );
}

function propose(shapes: Shapes): Proposal<AlexNetBody>[] {
  const weights = CONVOLUTIONS.map((position) => shapes.get(`features.${position}.weight`));
  const [first] = weights;
  if (first?.length !== 4 || first[2] !== FIRST_KERNEL || weights.includes(undefined)) return [];
  const body: AlexNetBody = { family: 'alexnet', channels: weights.map((shape) => shape![0]!) };
  return [{ body, channels: first[1]!, assumed: [] }];
}
