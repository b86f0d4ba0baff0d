/** The body of a ResNet as data, how libraries spell it, and how it is read from the shapes of its tensors. */
import * as z from 'zod';
import type { Hints, Proposal, Stem } from './family.js';
import { blocks, channels, kernel, perStage, stride } from './limits.js';
import { countsOf, listed, ruled, type Shapes, type Spelling, spelling } from './spelling.js';

/** The first convolution, or the first three, and whether a 3×3 max pooling of stride 2 follows. */
const stem = z.object({
  /** Output channels of each convolution: one, or three in a deep stem. */
  channels: z.array(channels).min(1).max(3),
  /** Side of the first convolution's filter, pixels. */
  kernel,
  /** Stride of the first convolution. */
  stride,
  maxPool: z.boolean(),
});
export type ResNetStem = z.infer<typeof stem>;

export const schema = z.object({
  family: z.literal('resnet'),
  block: z.enum(['basic', 'bottleneck']),
  /** Blocks of each stage, layer1 first. */
  blocks: perStage(blocks),
  channels: perStage(channels),
  /** Channels inside the blocks of each stage. */
  widths: perStage(channels),
  /** Groups of a bottleneck's 3×3 convolution. */
  groups: channels,
  stem,
  /** What a shortcut that changes the size has: a 1×1 convolution, or an average pooling before it ("ResNet-D"). */
  shortcut: z.enum(['convolution', 'average']),
  /** Channels of the squeeze-and-excitation in the blocks of each stage; left out: none. */
  squeeze: perStage(channels).optional(),
});
export type ResNetBody = z.infer<typeof schema>;

/** Shortcuts are called `shortcut` in many repositories for CIFAR-10. */
const OWN = listed('resnet torchvision');

/** `nn.Sequential(*list(resnet.children())[:-1])`: modules by their position. */
const CHILDREN: Spelling = {
  library: 'others',
  anchor: /^(.*\.|)(\d{1,2})\.0\.conv1\.weight$/,
  rename(name, { anchor }) {
    const [, position, rest] = /^(\d{1,2})\.(.*)$/.exec(name) ?? [];
    if (position === undefined || rest === undefined) return null;
    if (position === '0') return `conv1.${rest}`;
    if (position === '1') return `bn1.${rest}`;
    const stage = Number(position) - Number(anchor[2]) + 1;
    return stage >= 1 && /^\d+\./.test(rest) ? ruled(`layer${stage}.${rest}`, OWN) : null;
  },
};

export const RESNET_SPELLINGS: readonly Spelling[] = [
  spelling('torchvision', /^(.*\.|)layer1\.0\.conv1\.weight$/, OWN),
  CHILDREN,
  spelling('transformers', /^(.*\.|)embedder\.embedder\.convolution\.weight$/, listed('resnet transformers')),
];

export function proposeResNet(shapes: Shapes, { stem: said }: Hints): Proposal<ResNetBody>[] {
  const block = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const blocks = countsOf((stage, i) => shapes.has(`layer${stage + 1}.${i}.conv1.weight`));
  const first = shapes.get('conv1.weight') ?? shapes.get('conv1.0.weight');
  if (blocks.length === 0 || first?.length !== 4) return [];
  const outputsOf = (conv: string) => blocks.map((_, i) => shapes.get(`layer${i + 1}.0.${conv}.weight`)?.[0] ?? 0);
  const widths = outputsOf('conv1');
  const channels = outputsOf(block === 'basic' ? 'conv2' : 'conv3');
  const squeeze = blocks.map((_, i) => shapes.get(`layer${i + 1}.0.se.fc1.weight`)?.[0] ?? 0);
  const inGroup = block === 'basic' ? widths[0]! : (shapes.get('layer1.0.conv2.weight')?.[1] ?? 0);
  const groups = widths[0]! / inGroup;
  if (!Number.isInteger(groups) || [...widths, ...channels].includes(0)) return [];
  const averaged = [...shapes].some(([name, shape]) => /\.downsample\.1\.weight$/.test(name) && shape.length === 4);
  const { stem, assumed } = readStem(shapes, first, said);
  const body: ResNetBody = {
    family: 'resnet',
    ...{ block, blocks, channels, widths, groups, stem },
    shortcut: averaged ? 'average' : 'convolution',
    ...(squeeze.includes(0) ? {} : { squeeze }),
  };
  return [{ body, channels: first[1]!, assumed }];
}

/** Side of torchvision's first filter, which nobody uses with another stride. */
const IMAGENET_KERNEL = 7;

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
  const certain = said !== undefined || isDeep || kernel === IMAGENET_KERNEL;
  return { stem, assumed: certain ? [] : [stemAssumption(stem, guessed)] };
}

function stemAssumption({ kernel, stride, maxPool }: ResNetStem, guessed: Stem): string {
  const pool = maxPool ? 'a max pooling follows' : 'no max pooling follows';
  return `conv1 is ${kernel}×${kernel}: its stride is ${stride} and ${pool} (--stem ${guessed})`;
}
