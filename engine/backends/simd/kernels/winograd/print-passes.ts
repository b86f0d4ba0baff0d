/**
 * Prints the two transforms around the products of a Winograd kernel, each along columns, then along rows, with a
 * pass for every number of outputs of a tile. A block of floats of every point lies between the passes and stays in
 * the L1 cache. Points are counted without those that a tile lacks. Scratch begins with what both need: a block of
 * zeros, the factors, eight times each, and that block.
 */
import { clamped, printLoadClamp } from '../../printing/matrix-tile.js';
import { lines, SHIFT } from '../../printing/text.js';
import { BLOCK, FACTORS_END, printEight, printFactors, type Style } from './print-eight-floats.js';
import { PROGRAMS } from './programs.js';
import { TRANSFORM_BLOCK, TRANSFORMS, type TransformKernel, tilePoints } from './tiles.js';

/** Bytes of scratch before the part for the products. */
export const passBytes = (points: number): number => FACTORS_END + points ** 2 * BLOCK;

export function printTransforms(kernels: readonly TransformKernel[], style: Style): string {
  return `import { NOWHERE } from './words';

/** The zeros and factors at the beginning of a thread's scratch. */
export function prepare(scratch: usize): void {
  memory.fill(scratch, 0, ${BLOCK});
  for (let i: usize = 0; i < 32; i += 4) {
    ${printFactors()}
  }
}

/** Where a tile's input position is, or zeros. */
function source(table: usize, input: usize, zeros: usize): usize {
  const offset = load<i32>(table);
  return offset === NOWHERE ? zeros : input + offset;
}

${kernels.map((name) => printInput(name, style) + printOutput(name, style)).join('\n')}`;
}

/** The sides of a kernel's tiles, the largest first. A side is the number of outputs of a tile along an axis. */
const sidesOf = (name: TransformKernel): number[] =>
  Object.keys(PROGRAMS[name])
    .map(Number)
    .sort((a, b) => b - a);

/** Prints the code for the side that a variable holds. */
function printBySide(name: TransformKernel, variable: string, print: (side: number) => string): string {
  const [first, ...others] = sidesOf(name);
  const choices = others.map((side) => `if (${variable} === ${side}) ${print(side)}`);
  return [...choices, print(first!)].join('\nelse ');
}

function printInput(name: TransformKernel, style: Style): string {
  const { points, outputs } = TRANSFORMS[name];
  // The padding of `toeplitz2` is known to be zero.
  const more = name === 'toeplitz2' ? 0 : 2;
  return `${sidesOf(name)
    .map((side) => printInputDown(name, side, side + more, style) + printInputAcross(name, side, style))
    .join('')}
/** A tile of all images, each of so many bytes of channels, to its rows at \`to\`, a point every \`stride\` bytes. */
export function input_${name}(tile: usize, input: usize, imageBytes: usize, images: usize, channelBytes: usize, to: usize, stride: usize, scratch: usize): void {
  if (imageBytes === channelBytes) {
    channelBytes *= images;
    images = 1;
  }
  const down = load<i32>(tile);
  const across = load<i32>(tile, 4);
  for (let image: usize = 0; image < images; image++) {
    for (let done: usize = 0; done < channelBytes; done += ${BLOCK}) {
      const bytes = min(${BLOCK}, channelBytes - done);
      const from = input + done;
      ${printBySide(name, 'down', (side) => `inputDown_${name}_${side}(tile + 8, across + ${more}, from, bytes, scratch);`)}
      ${printBySide(name, 'across', (side) => `inputAcross_${name}_${side}(down + ${points - outputs}, to, stride, bytes, scratch);`)}
      to += bytes;
    }
    input += imageBytes;
  }
}
`;
}

/** Columns of a tile's input to points of that axis. */
function printInputDown(name: TransformKernel, side: number, inputs: number, style: Style): string {
  const { points } = TRANSFORMS[name];
  return `
function inputDown_${name}_${side}(table: usize, columns: usize, input: usize, bytes: usize, scratch: usize): void {
  const zeros = scratch - ${SHIFT};
  const pass = scratch + ${FACTORS_END - SHIFT};
  input -= ${SHIFT};
  for (let x: usize = 0; x < columns; x++) {
    const column = table + (x << 2);
    ${lines(inputs, (y) => `const p${y} = source(column + ${4 * points * y}, input, zeros);`)}
    const q = pass + x * ${points * BLOCK};
    for (let i: usize = 0; i < bytes; i += 32) {
      const to = q + i;
      ${lines(inputs, (y) => `const from${y} = p${y} + i;`)}
      ${printEight(style.arithmetic, style.input, {
        transform: PROGRAMS[name][side]!.input,
        inputs,
        results: tilePoints(name, side).length,
        load: (y, offset) => `v128.load(from${y}, ${SHIFT + offset})`,
        store: (y, value, offset) => `v128.store(to, ${value}, ${SHIFT + y * BLOCK + offset})`,
      })}
    }
  }
}
`;
}

/** The second pass: rows, for so many points down. */
function printInputAcross(name: TransformKernel, side: number, style: Style): string {
  const { points } = TRANSFORMS[name];
  const numbers = tilePoints(name, side);
  // The padding of `toeplitz2` is known to be zero here as well.
  const inputs = name === 'toeplitz2' ? side : numbers.length;
  return `
function inputAcross_${name}_${side}(rows: usize, to: usize, stride: usize, bytes: usize, scratch: usize): void {
  const pass = scratch + ${FACTORS_END - SHIFT};
  to -= ${SHIFT};
  for (let y: usize = 0; y < rows; y++) {
    const q = pass + y * ${BLOCK};
    const point0 = to + ${pointOf('y', 'rows', points)} * (${points} * stride);
    ${numbers.map((point, x) => (x === 0 ? '' : `const point${x} = point0 + ${point} * stride;`)).join('\n')}
    for (let i: usize = 0; i < bytes; i += 32) {
      const from = q + i;
      ${lines(numbers.length, (x) => `const to${x} = point${x} + i;`)}
      ${printEight(style.arithmetic, style.input, {
        transform: PROGRAMS[name][side]!.input,
        inputs,
        results: numbers.length,
        load: (x, offset) => `v128.load(from, ${SHIFT + x * points * BLOCK + offset})`,
        store: (x, value, offset) => `v128.store(to${x}, ${value}, ${SHIFT + offset})`,
      })}
    }
  }
}
`;
}

/** The number of a tile's point, if the tile has so many points along an axis: see `tilePoints`. */
const pointOf = (index: string, count: string, points: number): string =>
  `(${index} === ${count} - 1 ? ${points - 1} : ${index})`;

function printOutput(name: TransformKernel, style: Style): string {
  const { points, outputs } = TRANSFORMS[name];
  return `${sidesOf(name)
    .map((side) => printOutputDown(name, side, style) + printOutputAcross(name, side, style))
    .join('')}
/** Products of a tile and panel, of all images, to the outputs. */
export function output_${name}(tile: usize, products: usize, stride: usize, images: usize, output: usize, residual: usize, imageBytes: usize, bias: usize, clamp: usize, scratch: usize): void {
  const down = load<i32>(tile);
  const across = load<i32>(tile, 4);
  const offsets = tile + ${8 + 4 * points ** 2};
  for (let image: usize = 0; image < images; image += ${TRANSFORM_BLOCK}) {
    const bytes = min(${BLOCK}, (images - image) << 6);
    ${printBySide(name, 'down', (side) => `outputDown_${name}_${side}(across + ${points - outputs}, products, stride, bytes, scratch);`)}
    ${printBySide(name, 'across', (side) => `outputAcross_${name}_${side}(down, offsets, bytes, output, residual, imageBytes, bias, clamp, scratch);`)}
    products += ${BLOCK};
    output += imageBytes * ${TRANSFORM_BLOCK};
    if (residual !== 0) residual += imageBytes * ${TRANSFORM_BLOCK};
  }
}
`;
}

/** Columns of a tile's products, for so many points across, to outputs of that axis. */
function printOutputDown(name: TransformKernel, side: number, style: Style): string {
  const { points, outputs } = TRANSFORMS[name];
  const numbers = tilePoints(name, side);
  return `
function outputDown_${name}_${side}(columns: usize, products: usize, stride: usize, bytes: usize, scratch: usize): void {
  const pass = scratch + ${FACTORS_END - SHIFT};
  products -= ${SHIFT};
  for (let x: usize = 0; x < columns; x++) {
    const p0 = products + ${pointOf('x', 'columns', points)} * stride;
    ${numbers.map((point, y) => (y === 0 ? '' : `const p${y} = p0 + ${points * point} * stride;`)).join('\n')}
    const q = pass + x * ${outputs * BLOCK};
    for (let i: usize = 0; i < bytes; i += 32) {
      const to = q + i;
      ${lines(numbers.length, (y) => `const from${y} = p${y} + i;`)}
      ${printEight(style.arithmetic, style.output, {
        transform: PROGRAMS[name][side]!.output,
        inputs: numbers.length,
        results: side,
        load: (y, offset) => `v128.load(from${y}, ${SHIFT + offset})`,
        store: (y, value, offset) => `v128.store(to, ${value}, ${SHIFT + y * BLOCK + offset})`,
      })}
    }
  }
}
`;
}

/** The second pass: so many rows, to their outputs, with or without a residual. */
function printOutputAcross(name: TransformKernel, side: number, style: Style): string {
  const { outputs } = TRANSFORMS[name];
  return `
function outputAcross_${name}_${side}(rows: usize, offsets: usize, bytes: usize, output: usize, residual: usize, imageBytes: usize, bias: usize, clamp: usize, scratch: usize): void {
  const difference = residual - output;
  const pass = scratch + ${FACTORS_END - SHIFT};
  output -= ${SHIFT};
  bias -= ${SHIFT};
  clamp -= ${SHIFT};
  for (let y: usize = 0; y < rows; y++) {
    const q = pass + y * ${BLOCK};
    ${lines(side, (x) => `let o${x} = output + load<i32>(offsets, ${4 * x});`)}
    if (residual === 0) ${printOutputLoop(name, side, false, style)}
    else ${printOutputLoop(name, side, true, style)}
    offsets += ${4 * outputs};
  }
}
`;
}

/** The loop over an image's channels, sixteen at a time. */
function printOutputLoop(name: TransformKernel, side: number, hasResidual: boolean, style: Style): string {
  const { outputs } = TRANSFORMS[name];
  const eight = (first: number) => `{
${printLoadClamp()}
${printEight(style.arithmetic, style.output, {
  transform: PROGRAMS[name][side]!.output,
  inputs: tilePoints(name, side).length,
  results: side,
  load: (x, offset) => `v128.load(from, ${SHIFT + x * outputs * BLOCK + first + offset})`,
  finish: (x, value, offset) => {
    const biased = `f32x4.add(${value}, v128.load(bias, ${SHIFT + first + offset}))`;
    const residual = `v128.load(o${x} + difference, ${SHIFT + first + offset})`;
    return clamped(hasResidual ? `f32x4.add(${biased}, ${residual})` : biased, offset / 16);
  },
  store: (x, value, offset) => `v128.store(o${x}, ${value}, ${SHIFT + first + offset})`,
})}
}`;
  return `for (let i: usize = 0; i < bytes; i += 64) {
const from = q + i;
${eight(0)}
${eight(32)}
${lines(side, (x) => `o${x} += imageBytes;`)}
}`;
}
