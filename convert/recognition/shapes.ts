/** What recognition sees of a state dict: names and shapes. */

export type { Shapes } from '../../graph/backbones/index.js';

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
