/** What recognition sees of a state dict: names and shapes. */

import type { Shapes } from '../../graph/backbones/index.js';

export type { Shapes };

/** Wrappers that put a segment of their own into names, anywhere: torch.compile, FSDP, activation checkpointing. */
const WRAPPERS = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

/** The name without the segments that wrappers add. */
export function unwrappedName(name: string): string {
  return name.replace(WRAPPERS, '').replace(/^\./, '');
}

/** The module of a tensor: `layer1.0.conv1` of `layer1.0.conv1.weight`; empty for a tensor at the top. */
export function moduleOf(tensor: string): string {
  return tensor.slice(0, Math.max(0, tensor.lastIndexOf('.')));
}

/** The innermost module around two paths. */
export function commonPath(a: string, b: string): string {
  const [left, right] = [a.split('.'), b.split('.')];
  const length = left.findIndex((segment, i) => segment !== right[i]);
  return (length === -1 ? left : left.slice(0, length)).join('.');
}

export function shapeText(shape: readonly number[] | undefined): string {
  return shape === undefined ? 'missing' : `[${shape.join(', ')}]`;
}

/** Networks that are not converted, recognised by names of their tensors, to say what they are. */
interface Stranger {
  name: string;
  /** Names of tensors that it alone has. */
  signs: readonly RegExp[];
  /** The layers that are missing here. */
  needs: string;
}

const ATTENTION = 'attention and layer normalisation';
const SQUEEZE = 'squeeze-and-excitation';

/** The first that fits counts: those with more particular signs stand above. */
const STRANGERS: readonly Stranger[] = [
  {
    name: 'a Swin Transformer V2',
    signs: [/layers\.\d+\.blocks\.\d+\.attn(?:ention\.self|ention)?\.logit_scale$/],
    needs: 'the size of its windows, which no tensor shows (--backbone timm:NAME, or config.json)',
  },
  { name: 'a transformer with relative positions', signs: [/relative_position_bias_table$/], needs: ATTENTION },
  {
    name: 'YOLO',
    signs: [/model\.\d+\.cv1\.conv\.weight$/, /model\.0\.conv\.weight$/],
    needs: 'its own arrangement of layers',
  },
];

/** Layers that are added to a ResNet, by what they are called in a block. */
const ADDED: readonly (readonly [RegExp, string])[] = [
  [/\.se\.|\.se_module\./, SQUEEZE],
  [/\.(ca|sa|cbam|attention|attn|eca|gc|nl|non_local)\d?\./, 'an attention module'],
  [/\.(gn|norm|ln)\d\./, 'another normalisation than batch norm'],
];

/** What these tensors look like, and what is missing to run it; null if nothing is known of them. */
export function strangerIn(shapes: Shapes): { name: string; needs: string } | null {
  const names = [...shapes.keys()];
  return STRANGERS.find(({ signs }) => signs.some((sign) => names.some((name) => sign.test(name)))) ?? null;
}

/** The kind of layer that a tensor's name in a block tells; null if it tells none. */
export function addedLayer(name: string): string | null {
  return ADDED.find(([sign]) => sign.test(name))?.[1] ?? null;
}
