/**
 * How a tensor of the network is made from tensors of a checkpoint: as it is, joined from several, cut from one, or
 * transposed. A spelling says it by the name that it gives (`Spelling.rename`).
 */

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

/** Parts one after the other. */
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
