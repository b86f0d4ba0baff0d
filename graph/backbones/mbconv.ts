/** Inverted residual blocks (https://arxiv.org/abs/1801.04381) of EfficientNet, EfficientNetV2 and MobileNetV3. */
import * as z from 'zod';
import type { Layer } from '../operations/layer.js';
import * as nn from '../operations/nn.js';
import type { ImageSize } from '../shapes.js';
import { channels, channelsOrNone, kernel } from './limits.js';
import { convNorm, type SqueezeStyle, squeezeExcitation } from './shared-layers.js';
import type { Shapes } from './spelling.js';

export const mbBlockSchema = z.object({
  /**
   * - `inverted`: expand (1×1), filter each channel, project (1×1)
   * - `depthwise`: filter each channel, project
   * - `fused`: expand by the filter itself, project
   * - `plain`: one convolution
   */
  kind: z.enum(['inverted', 'depthwise', 'fused', 'plain']),
  /** Channels inside the block. */
  expanded: channels,
  kernel,
  out: channels,
  /** Channels of the squeeze-and-excitation; 0: none. */
  squeeze: channelsOrNone,
});
export type MbBlock = z.infer<typeof mbBlockSchema>;

/** `same`: TensorFlow's, by the image's size. `uneven`: transformers', one pixel less at top and left for stride 2. */
export type MbPadding = 'symmetric' | 'same' | 'uneven';

/** Side of images where none is said. It matters for the padding `same` only. */
const USUAL_SIDE = 224;

/** The padding of each convolution, in the order in which they run: the map's size follows from those before. */
export function paddingsOf(mode: MbPadding, image: ImageSize | null): (kernel: number, stride: number) => nn.Padding {
  let map: readonly [number, number] = [image?.height ?? USUAL_SIDE, image?.width ?? USUAL_SIDE];
  return (kernel, stride) => {
    const padding =
      mode === 'same' ? nn.samePadding(kernel, stride, map) : fixedPadding(kernel, mode === 'uneven' && stride > 1);
    map = [Math.ceil(map[0] / stride), Math.ceil(map[1] / stride)];
    return padding;
  };
}

function fixedPadding(kernel: number, isUneven: boolean): nn.Padding {
  const after = (kernel - 1) / 2;
  const before = isUneven ? after - 1 : after;
  return [before, after, before, after];
}

export interface MbStyle {
  activation: Layer;
  squeeze: SqueezeStyle;
  /** Whether a block that keeps the shape adds its input. Default: yes. */
  adds?: boolean | undefined;
  /** ε of the batch norms. */
  eps: number;
}

export function mbBlock(
  block: MbBlock,
  stride: number,
  padding: nn.Padding,
  { activation, squeeze, eps, adds = true }: MbStyle,
): Layer {
  const { kind, expanded, kernel, out } = block;
  const filter = { stride, padding, activation, eps };
  const depthwise = convNorm(expanded, kernel, { ...filter, groups: 'depthwise' });
  const first: Record<MbBlock['kind'], Layer[]> = {
    inverted: [convNorm(expanded, 1, { activation, eps }), depthwise],
    depthwise: [depthwise],
    fused: [convNorm(expanded, kernel, filter)],
    plain: [convNorm(out, kernel, filter)],
  };
  const layers = [
    ...first[kind],
    ...(block.squeeze > 0 ? [squeezeExcitation(block.squeeze, squeeze)] : []),
    ...(kind === 'plain' ? [] : [convNorm(out, 1, { eps })]),
  ];
  return (m, x) => {
    const y = m.run('block', nn.sequential(...layers), x);
    return adds && stride === 1 && x.channels === out ? nn.add(m, y, x) : y;
  };
}

/** The block whose tensors begin with `path`, by torchvision's names; null if they are no such block. */
export function readMbBlock(shapes: Shapes, path: string): MbBlock | null {
  const shape = (part: number) => shapes.get(`${path}.block.${part}.0.weight`);
  const [expanded, inGroup, side] = shape(0) ?? [];
  if (expanded === undefined || side === undefined) return null;
  const at = [1, 2].find((part) => shapes.has(`${path}.block.${part}.fc1.weight`));
  const squeeze = at === undefined ? 0 : shapes.get(`${path}.block.${at}.fc1.weight`)![0]!;
  const isInverted = side === 1;
  const projection = (isInverted ? 2 : 1) + (squeeze > 0 ? 1 : 0);
  const out = shape(projection)?.[0];
  if (isInverted) return { kind: 'inverted', expanded, kernel: shape(1)?.[2] ?? 0, out: out ?? 0, squeeze };
  if (out === undefined) return { kind: 'plain', expanded, kernel: side, out: expanded, squeeze };
  return { kind: inGroup === 1 ? 'depthwise' : 'fused', expanded, kernel: side, out, squeeze };
}

/** timm's names in a block, and those of other libraries in its place, by the part that they are. */
export interface BlockNames {
  /** Expanding, filtering and projecting convolution, and the batch norm of each. */
  expand: readonly [conv: string, norm: string];
  filter: readonly [conv: string, norm: string];
  project: readonly [conv: string, norm: string];
  squeeze: readonly [reduce: string, expand: string];
}

/** torchvision's name of a module in a block of these parts; without `expand`, the filter comes first. */
export function blockModule(module: string, names: Partial<BlockNames> & Pick<BlockNames, 'filter'>): string | null {
  const parts = [names.expand, names.filter, names.squeeze, names.project].filter((part) => part !== undefined);
  for (const [i, part] of parts.entries()) {
    const place = part.indexOf(module);
    if (place === -1) continue;
    return `block.${i}.${part === names.squeeze ? `fc${place + 1}` : place}`;
  }
  return null;
}

/** timm's names of a block's parts, which depend on its kind. @param has whether the block has a module */
export function timmBlockNames(has: (module: string) => boolean): Partial<BlockNames> & Pick<BlockNames, 'filter'> {
  const squeeze = has('se.conv_reduce') ? { squeeze: ['se.conv_reduce', 'se.conv_expand'] as const } : {};
  if (has('conv_exp')) return { filter: ['conv_exp', 'bn1'], ...squeeze, project: ['conv_pwl', 'bn2'] };
  if (has('conv')) return { filter: ['conv', 'bn1'] };
  if (!has('conv_pwl')) return { filter: ['conv_dw', 'bn1'], ...squeeze, project: ['conv_pw', 'bn2'] };
  return { expand: ['conv_pw', 'bn1'], filter: ['conv_dw', 'bn2'], ...squeeze, project: ['conv_pwl', 'bn3'] };
}
