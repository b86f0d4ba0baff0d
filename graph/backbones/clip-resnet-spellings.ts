/** How the ResNets of CLIP are spelt, and how a body is read from the shapes of its tensors. */
import { type ClipResNetBody, POSITIONS } from './clip-resnet-body.js';
import { OPENAI_TEXT } from './clip-text.js';
import type { Proposal, Shapes, Spelling } from './family.js';

const MODULES = /^(conv\d|bn\d|layer\d+|attnpool)\./;

/** With the tower for text beside it. */
const OPENAI: Spelling = {
  library: 'open_clip',
  anchor: /^(.*\.|)visual\.attnpool\.positional_embedding$/,
  training: OPENAI_TEXT,
  rename(name) {
    const inside = name.startsWith('visual.') ? name.slice('visual.'.length) : '';
    return MODULES.test(inside) ? inside : null;
  },
};

const OPENAI_ALONE: Spelling = {
  library: 'open_clip',
  anchor: /^(.*\.|)attnpool\.positional_embedding$/,
  rename: (name) => (MODULES.test(name) ? name : null),
};

/** From timm's modules, the first that fits. */
const TIMM_RULES: readonly (readonly [RegExp, string])[] = [
  [/^stem\.conv(\d)\.conv\./, 'conv$1.'],
  [/^stem\.conv(\d)\.bn\./, 'bn$1.'],
  [/^stages\.(\d+)\.(\d+)\.conv(\d)_(?:1x1|kxk)\.conv\./, 'layer$1+.$2.conv$3.'],
  [/^stages\.(\d+)\.(\d+)\.conv(\d)_(?:1x1|kxk)\.bn\./, 'layer$1+.$2.bn$3.'],
  [/^stages\.(\d+)\.(\d+)\.shortcut\.conv\.conv\./, 'layer$1+.$2.downsample.0.'],
  [/^stages\.(\d+)\.(\d+)\.shortcut\.conv\.bn\./, 'layer$1+.$2.downsample.1.'],
  [/^head\.pos_embed$/, POSITIONS],
  [/^head\.([qkv])\./, 'attnpool.$1_proj.'],
  [/^head\.proj\./, 'attnpool.c_proj.'],
];

const TIMM: Spelling = {
  library: 'timm',
  normsActivate: true,
  // timm computes them for all positions, and takes the first.
  differing: /(^|\.)head\.(q|proj)$/,
  anchor: /^(.*\.|)head\.pos_embed$/,
  rename(name) {
    const rule = TIMM_RULES.find(([pattern]) => pattern.test(name));
    // timm counts stages from 0 on.
    return rule === undefined
      ? null
      : name.replace(rule[0], rule[1]).replace(/^layer(\d+)\+/, (_, stage) => `layer${Number(stage) + 1}`);
  },
};

export const CLIP_RESNET_SPELLINGS: readonly Spelling[] = [OPENAI, OPENAI_ALONE, TIMM];

export function proposeClipResNet(shapes: Shapes): Proposal<ClipResNetBody>[] {
  const [width = 0] = shapes.get('conv3.weight') ?? [];
  const channels = shapes.get('conv1.weight')?.[1];
  const positions = shapes.get(POSITIONS)?.[0] ?? 0;
  const grid = Math.sqrt(positions - 1);
  const outputs = shapes.get('attnpool.c_proj.weight')?.[0] ?? 0;
  if (channels === undefined || !Number.isInteger(grid) || grid < 1) return [];
  const blocks = [1, 2, 3, 4].map((stage) => {
    let count = 0;
    while (shapes.has(`layer${stage}.${count}.conv1.weight`)) count++;
    return count;
  });
  const assumed = ['its attention has heads of 64 channels, as those of all ResNets of CLIP'];
  return [{ body: { family: 'clip_resnet', blocks, width, grid, outputs }, channels, assumed }];
}
