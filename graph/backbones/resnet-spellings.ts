/** How ResNets are spelt, and how a body is read from the shapes of its tensors. */
import type { Hints, Proposal, Shapes, Spelling, Stem } from './family.js';
import type { ResNetBody, ResNetStem } from './resnet-body.js';

const RESNET: Spelling = {
  library: 'torchvision',
  anchor: /^(.*\.|)layer1\.0\.conv1\.weight$/,
  rename: (name) => (/^(conv1|bn1|layer\d+)\./.test(name) ? withDownsample(name) : null),
};

/** `nn.Sequential(*list(resnet.children())[:-1])`: modules by their position. */
const RESNET_CHILDREN: Spelling = {
  library: 'others',
  anchor: /^(.*\.|)(\d{1,2})\.0\.conv1\.weight$/,
  rename(name, { anchor }) {
    const [, position, rest] = /^(\d{1,2})\.(.*)$/.exec(name) ?? [];
    if (position === undefined || rest === undefined) return null;
    if (position === '0') return `conv1.${rest}`;
    if (position === '1') return `bn1.${rest}`;
    const stage = Number(position) - Number(anchor[2]) + 1;
    return stage >= 1 && /^\d+\./.test(rest) ? withDownsample(`layer${stage}.${rest}`) : null;
  },
};

/** Shortcuts are called `shortcut` in many repositories for CIFAR-10. */
function withDownsample(name: string): string {
  return name.replace(/^(layer\d+\.\d+)\.shortcut\./, '$1.downsample.');
}

const HUGGING_FACE_RESNET: Spelling = {
  library: 'transformers',
  anchor: /^(.*\.|)embedder\.embedder\.convolution\.weight$/,
  rename(name) {
    const [, part, tensor] = /^(.*)\.(convolution|normalization)\.\w+$/.exec(name) ?? [];
    if (part === undefined) return null;
    const last = name.slice(name.lastIndexOf('.'));
    const convolution = tensor === 'convolution';
    if (part === 'embedder.embedder') return `${convolution ? 'conv1' : 'bn1'}${last}`;
    const [, stage, block, layer] = /^encoder\.stages\.(\d+)\.layers\.(\d+)\.(layer\.\d+|shortcut)$/.exec(part) ?? [];
    if (stage === undefined || layer === undefined) return null;
    const module = `layer${Number(stage) + 1}.${block}`;
    if (layer === 'shortcut') return `${module}.downsample.${convolution ? 0 : 1}${last}`;
    return `${module}.${convolution ? 'conv' : 'bn'}${Number(layer.slice('layer.'.length)) + 1}${last}`;
  },
};

export const RESNET_SPELLINGS: readonly Spelling[] = [RESNET, RESNET_CHILDREN, HUGGING_FACE_RESNET];

export function proposeResNet(shapes: Shapes, { stem }: Hints): Proposal<ResNetBody>[] {
  const block = shapes.has('layer1.0.conv3.weight') ? 'bottleneck' : 'basic';
  const blocks = stagesOf(shapes);
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
    ...(squeeze.includes(0) ? {} : { squeeze }),
  };
  return [{ body, channels: first[1]!, assumed }];
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
