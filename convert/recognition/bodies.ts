/**
 * Reads depths, widths and kinds of layers from the shapes of a body's tensors, by torchvision's names. What it gives is a
 * proposal: the network that it describes is built, and its tensors are compared with those that are there.
 */
import { IMAGENET_STEM, MOBILENET_V2_STAGES } from '../../graph/backbones/index.js';
import type { Body, MobileNetV2Body, ResNetBody, ResNetStem, VggBody } from '../../weights/index.js';
import type { Shapes } from './shapes.js';

/** Strides and poolings of the first layers, which a state dict does not show. */
export const STEMS = ['imagenet', 'cifar', 'cifar-pool', 'imagenet-no-pool'] as const;

export type Stem = (typeof STEMS)[number];

export interface Proposal {
  body: Body;
  /** Channels of the images. */
  channels: number;
  /** What the shapes do not show, and is taken as usual; one sentence each. */
  assumed: string[];
}

/** Null if the tensors do not look like such a body at all. */
export function proposeBody(family: Body['family'], shapes: Shapes, stem: Stem | undefined): Proposal | null {
  switch (family) {
    case 'resnet':
      return proposeResnet(shapes, stem);
    case 'vgg':
      return proposeVgg(shapes);
    case 'mobilenet_v2':
      return proposeMobilenet(shapes, stem);
  }
}

function proposeResnet(shapes: Shapes, stem: Stem | undefined): Proposal | null {
  const block = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const blocks = stagesOf(shapes);
  const first = shapes.get('conv1.weight') ?? shapes.get('conv1.0.weight');
  if (blocks.length === 0 || first?.length !== 4) return null;
  const outputsOf = (conv: string) => blocks.map((_, i) => shapes.get(`layer${i + 1}.0.${conv}.weight`)?.[0] ?? 0);
  const widths = outputsOf('conv1');
  const channels = outputsOf(block === 'basic' ? 'conv2' : 'conv3');
  const inGroup = block === 'basic' ? widths[0]! : (shapes.get('layer1.0.conv2.weight')?.[1] ?? 0);
  const groups = widths[0]! / inGroup;
  if (!Number.isInteger(groups) || [...widths, ...channels].includes(0)) return null;
  const averaged = [...shapes].some(([name, shape]) => /\.downsample\.1\.weight$/.test(name) && shape.length === 4);
  const { stem: read, assumed } = readStem(shapes, first, stem);
  const body: ResNetBody = {
    family: 'resnet',
    block,
    blocks,
    channels,
    widths,
    groups,
    stem: read,
    shortcut: averaged ? 'average' : 'convolution',
  };
  return { body, channels: first[1]!, assumed };
}

/** Number of blocks of each stage. */
function stagesOf(shapes: Shapes): number[] {
  const blocks: number[] = [];
  for (let stage = 1; shapes.has(`layer${stage}.0.conv1.weight`); stage++) {
    let count = 1;
    while (shapes.has(`layer${stage}.${count}.conv1.weight`)) count++;
    blocks.push(count);
  }
  return blocks;
}

const USUAL: Readonly<Record<Stem, Pick<ResNetStem, 'stride' | 'maxPool'>>> = {
  imagenet: { stride: 2, maxPool: true },
  cifar: { stride: 1, maxPool: false },
  'cifar-pool': { stride: 1, maxPool: true },
  'imagenet-no-pool': { stride: 2, maxPool: false },
};

function readStem(shapes: Shapes, first: readonly number[], said: Stem | undefined) {
  const deep = ['conv1.0.weight', 'conv1.3.weight', 'conv1.6.weight'].map((name) => shapes.get(name)?.[0]);
  const isDeep = deep[0] !== undefined;
  const channels = isDeep ? deep.filter((count) => count !== undefined) : [first[0]!];
  const kernel = first[2]!;
  const guessed: Stem = !isDeep && kernel <= 3 ? 'cifar' : 'imagenet';
  const stem: ResNetStem = { channels, kernel, ...USUAL[said ?? guessed] };
  const certain = said !== undefined || isDeep || kernel === IMAGENET_STEM.kernel;
  return { stem, assumed: certain ? [] : [stemAssumption(stem, guessed)] };
}

function stemAssumption({ kernel, stride, maxPool }: ResNetStem, guessed: Stem): string {
  const pool = maxPool ? 'a max pooling follows' : 'no max pooling follows';
  return `conv1 is ${kernel}×${kernel}: its stride is ${stride} and ${pool} (--stem ${guessed})`;
}

function proposeMobilenet(shapes: Shapes, stem: Stem | undefined): Proposal | null {
  const first = shapes.get('features.0.0.weight');
  const last = shapes.get('features.18.0.weight');
  if (first?.length !== 4 || last === undefined) return null;
  let at = 1;
  const stages = MOBILENET_V2_STAGES.map(({ expansion, repeats }) => {
    const projection = shapes.get(`features.${at}.conv.${expansion === 1 ? 1 : 2}.weight`);
    at += repeats;
    return projection?.[0] ?? 0;
  });
  if (stages.includes(0)) return null;
  const stride = stem?.startsWith('cifar') ? 1 : 2;
  const body: MobileNetV2Body = { family: 'mobilenet_v2', channels: [first[0]!, ...stages, last[0]!], stride };
  return { body, channels: first[1]!, assumed: [] };
}

/** Fewer groups are the first layers of another network. */
const LEAST_GROUPS = 2;
/** Side of the map before torchvision's head. */
const USUAL_POOLED = 7;

/**
 * The positions in the Sequential show what stands between the convolutions: Conv-ReLU or Conv-BatchNorm-ReLU, and a
 * max pooling where one more position is left free.
 */
function proposeVgg(shapes: Shapes): Proposal | null {
  const positions = [...shapes.keys()]
    .map((name) => /^features\.(\d+)\.weight$/.exec(name)?.[1])
    .filter((position) => position !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  const convolutions = positions.filter((position) => shapes.get(`features.${position}.weight`)!.length === 4);
  const batchNorm = shapes.has('features.1.running_mean');
  const unit = batchNorm ? 3 : 2;
  const groups: number[][] = [[]];
  for (const [i, position] of convolutions.entries()) {
    const gap = i === 0 ? unit : position - convolutions[i - 1]!;
    if (gap !== unit && gap !== unit + 1) return null;
    if (gap === unit + 1) groups.push([]);
    groups.at(-1)!.push(shapes.get(`features.${position}.weight`)![0]!);
  }
  const first = shapes.get('features.0.weight');
  if (groups.length < LEAST_GROUPS || first?.[2] !== 3) return null;
  const body: VggBody = { family: 'vgg', groups, batchNorm, pooled: USUAL_POOLED };
  return { body, channels: first[1]!, assumed: [] };
}
