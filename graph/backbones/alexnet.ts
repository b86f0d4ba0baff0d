/** AlexNet (https://arxiv.org/abs/1404.5997) as `torchvision/models/alexnet.py` has it, of any width. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import { imagenetPreprocessing } from './backbone.js';
import { defineFamily, numbered, type Proposal } from './family.js';
import { channels, perStage } from './limits.js';
import { type Shapes, spelling } from './spelling.js';

const schema = z.object({
  family: z.literal('alexnet'),
  /** Output channels of the five convolutions. */
  channels: perStage(channels, 5),
});
type AlexNetBody = z.infer<typeof schema>;

/** The convolutions by their position in `features`. */
const CONVOLUTIONS = [0, 3, 6, 8, 10];
/** Side of the map before the head. */
const POOLED = 6;
const FIRST_KERNEL = 11;

export const alexnets = defineFamily<AlexNetBody>({
  name: 'alexnet',
  title: 'an AlexNet',
  schema,
  preprocessing: () => imagenetPreprocessing,
  head: {
    module: 'classifier',
    layers: numbered('dropout', 4096, 'relu', 'dropout', 4096, 'relu', 'linear'),
    before: 'avgpool',
  },
  network: alexnet,
  features: ({ channels }) => channels.at(-1)! * POOLED ** 2,
  spellings: [spelling('torchvision', /^(.*\.|)0\.weight$/, [[/^(0|3|6|8|10)\.(weight|bias)$/, 'features.$1.$2']])],
  propose,
});

function alexnet(body: AlexNetBody, head: Layer): Layer {
  return (m, image) => {
    const x = m.run('avgpool', nn.adaptiveAvgPool2d(POOLED), m.run('features', features(body), image));
    return m.run('classifier', head, nn.flatten(m, x));
  };
}

function features({ channels: [a = 0, b = 0, c = 0, d = 0, e = 0] }: AlexNetBody): Layer {
  const pool = nn.maxPool2d(3, { stride: 2 });
  return nn.sequential(
    ...[nn.conv2d(a, FIRST_KERNEL, { stride: 4, padding: 2 }), nn.relu, pool],
    ...[nn.conv2d(b, 5, { padding: 2 }), nn.relu, pool],
    ...[nn.conv2d(c, 3, { padding: 1 }), nn.relu],
    ...[nn.conv2d(d, 3, { padding: 1 }), nn.relu],
    ...[nn.conv2d(e, 3, { padding: 1 }), nn.relu, pool],
  );
}

function propose(shapes: Shapes): Proposal<AlexNetBody>[] {
  const weights = CONVOLUTIONS.map((position) => shapes.get(`features.${position}.weight`));
  const [first] = weights;
  if (first?.length !== 4 || first[2] !== FIRST_KERNEL || weights.includes(undefined)) return [];
  const body: AlexNetBody = { family: 'alexnet', channels: weights.map((shape) => shape![0]!) };
  return [{ body, channels: first[1]!, assumed: [] }];
}
