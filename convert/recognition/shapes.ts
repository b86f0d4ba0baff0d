/** What recognition sees: names, shapes, and how a tensor of the network is made of those of a checkpoint. */
import type { Shapes } from '../../graph/backbones/index.js';

export type { Shapes };

/** Wrappers that put a segment of their own into names, anywhere: torch.compile, FSDP, activation checkpointing. */
const WRAPPERS = /(^|\.)(_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)(?=\.)/g;

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

// How a tensor is made: as it is, joined, cut, or transposed. `Spelling.rename` says it by the name.

/** What is taken of one tensor. */
export interface Part {
  /** In the checkpoint. */
  name: string;
  /** `[i, n]`: the part `i`, from 0 on, of `n` equal ones along the first dimension. Default: all. */
  share?: readonly [number, number];
  /** Whether rows and columns are exchanged. */
  transposed?: boolean;
}

/** Where a part goes: the network's tensor, and its position among the parts of that. */
interface Placed {
  usual: string;
  position: number;
  part: Part;
}

/** @param renamed what a spelling gave for the tensor `name` */
export function placedParts(name: string, renamed: string | readonly string[]): Placed[] {
  const all = typeof renamed === 'string' ? [renamed] : renamed;
  return all.map((text, i) => {
    const [, usual = '', position = '0', transposed] = /^(.*?)(?:#(\d+))?(\^T)?$/.exec(text) ?? [];
    const part: Part = {
      name,
      ...(all.length === 1 ? {} : { share: [i, all.length] as const }),
      ...(transposed === undefined ? {} : { transposed: true }),
    };
    return { usual, position: Number(position), part };
  });
}

/** The shape of a part, given that of the whole tensor. A share that is not whole stays so, and fits nothing. */
export function partShape(shape: readonly number[], { share, transposed }: Part): readonly number[] {
  const [rows = 0, ...rest] = shape;
  const taken = share === undefined ? shape : [rows / share[1], ...rest];
  return transposed === true ? taken.toReversed() : taken;
}

/** The values of a part. @param shape of the whole tensor */
export function partData(data: Float32Array, shape: readonly number[], { share, transposed }: Part): Float32Array {
  const size = share === undefined ? data.length : data.length / share[1];
  const taken = share === undefined ? data : data.subarray(share[0] * size, (share[0] + 1) * size);
  if (transposed !== true) return taken;
  const [rows = 0, columns = 0] = shape;
  const turned = new Float32Array(size);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = taken[row * columns + column]!;
  }
  return turned;
}

/** The shape of parts that are joined along the first dimension. */
export function joinedShape(shapes: readonly (readonly number[])[]): readonly number[] {
  const [first = [], ...rest] = shapes;
  if (rest.length === 0) return first;
  return [shapes.reduce((sum, [rows = 0]) => sum + rows, 0), ...first.slice(1)];
}

export function joinedData(parts: readonly Float32Array[]): Float32Array {
  const [first, ...rest] = parts;
  if (rest.length === 0) return first!;
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
