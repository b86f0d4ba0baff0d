/**
 * Prints the two transforms of a Winograd kernel around its products. Each goes along columns, then along rows, with a
 * block of floats of every point in between, small enough to stay in the L1 cache; pointers then change once a block.
 *
 * A thread's scratch begins with what both need: a block of zeros, the factors, eight times each, and the block
 * in between the passes.
 */
import { FACTOR_BYTES, TRANSFORM_BLOCK, TRANSFORMS } from '../abi.js';
import type { Arithmetic } from './madd.js';
import { clamped, printLoadClamp } from './matrix-tile.js';
import { lines, range, SHIFT } from './text.js';
import { FACTORS, type Factor, operations, PROGRAMS, type Transform } from './transforms.js';

type Name = keyof typeof TRANSFORMS;

/**
 * How eight floats are computed. `halves`: four, then the other four, which keeps the fewest values in registers of 128
 * bits. `pairs`: side by side, for V8 to make 256 bits of each two. `trees`: the same, each result by itself from what is
 * in memory, since V8 12 (Node 22) does not pair values that have many uses.
 */
type Form = 'halves' | 'pairs' | 'trees';

export interface Style {
  arithmetic: Arithmetic;
  input: Form;
  output: Form;
}

const BLOCK = 64 * TRANSFORM_BLOCK;
const NAMES = Object.keys(FACTORS) as Factor[];
/** In the scratch. */
const offsetOf = (factor: Factor): number => BLOCK + 32 * NAMES.indexOf(factor);
const PASS = BLOCK + FACTOR_BYTES;

/** Bytes of scratch before what the products need. */
export const passBytes = (points: number): number => PASS + points ** 2 * BLOCK;

export function printTransforms(style: Style): string {
  return `import { NOWHERE } from './parameters';

/** The zeros and factors at the beginning of a thread's scratch. */
export function prepare(scratch: usize): void {
  memory.fill(scratch, 0, ${BLOCK});
  for (let i: usize = 0; i < 32; i += 4) {
    ${NAMES.map((name) => `store<f32>(scratch + i, ${FACTORS[name]}, ${offsetOf(name)});`).join('\n    ')}
  }
}

/** Where a tile's input position is, or zeros. */
function source(table: usize, input: usize, zeros: usize): usize {
  const offset = load<i32>(table);
  return offset === NOWHERE ? zeros : input + offset;
}

${(Object.keys(TRANSFORMS) as Name[]).map((name) => printInput(name, style) + printOutput(name, style)).join('\n')}`;
}

/** Eight floats through one axis. */
interface Eight {
  transform: Transform;
  inputs: number;
  results: readonly number[];
  /** Expressions of the four floats at `offset` of the eight … */
  load(input: number, offset: number): string;
  /** … and of what is done to a result before it is stored. */
  finish?(result: number, value: string, offset: number): string;
  store(result: number, value: string, offset: number): string;
}

/** In pairs, everything is loaded before anything is stored. */
function printEight(arithmetic: Arithmetic, form: Form, eight: Eight): string {
  if (form === 'trees') return eight.results.map((result) => printTree(arithmetic, eight, result)).join('\n');
  const [low, high] = [printFour(arithmetic, eight, 'a', 0), printFour(arithmetic, eight, 'b', 16)];
  if (form === 'halves')
    return [low, high].map(({ values, stores }) => `{\n${[...values, ...stores].join('\n')}\n}`).join('\n');
  const together = (a: readonly string[], b: readonly string[]) => a.flatMap((line, i) => [line, b[i]!]).join('\n');
  return `{\n${together(low.values, high.values)}\n${together(low.stores, high.stores)}\n}`;
}

function printTree(arithmetic: Arithmetic, { transform, inputs, load, finish, store }: Eight, result: number): string {
  const value = (offset: number): string => {
    const loads = range(inputs).map((i) => load(i, offset));
    const loadFactor = (name: Factor) => `v128.load(scratch, ${offsetOf(name) + offset})`;
    const { terms, results } = transform(loads, operations(arithmetic, loadFactor));
    // Terms use only those before them.
    const whole = Object.entries(terms).reduceRight(
      (text, [term, expression]) => text.replaceAll(new RegExp(`\\b${term}\\b`, 'g'), expression),
      results[result]!,
    );
    return finish ? finish(result, whole, offset) : whole;
  };
  return `{
const low = ${value(0)};
const high = ${value(16)};
${store(result, 'low', 0)};
${store(result, 'high', 16)};
}`;
}

function printFour(
  arithmetic: Arithmetic,
  { transform, inputs, results, load, finish, store }: Eight,
  half: string,
  offset: number,
) {
  const names = range(inputs).map((i) => `d${i}${half}`);
  const { terms, results: expressions } = transform(
    names,
    operations(arithmetic, (factor) => factor + half),
  );
  const own = (text: string) =>
    Object.keys(terms).reduce((s, term) => s.replaceAll(new RegExp(`\\b${term}\\b`, 'g'), term + half), text);
  const text = Object.values(terms).concat(expressions).join(' ');
  const used = NAMES.filter((name) => new RegExp(`\\b${name}${half}\\b`).test(text));
  const values = [
    ...used.map((name) => `const ${name}${half} = v128.load(scratch, ${offsetOf(name) + offset});`),
    ...names.map((name, i) => `const ${name} = ${load(i, offset)};`),
    ...Object.entries(terms).map(([term, value]) => `const ${term}${half} = ${own(value)};`),
    ...results.map((i) => {
      const value = own(expressions[i]!);
      return `const r${i}${half} = ${finish ? finish(i, value, offset) : value};`;
    }),
  ];
  return { values, stores: results.map((i) => `${store(i, `r${i}${half}`, offset)};`) };
}

function printInput(name: Name, style: Style): string {
  const { points } = TRANSFORMS[name];
  // The padding of `toeplitz2` is known to be zero.
  const inputs = name === 'toeplitz2' ? 2 : points;
  const axis = { transform: PROGRAMS[name].input, inputs, results: range(points) };
  return `
/** A tile of all images, each of so many bytes of channels, to its rows at \`to\`, a point every \`stride\` bytes. */
export function input_${name}(table: usize, input: usize, imageBytes: usize, images: usize, channelBytes: usize, to: usize, stride: usize, scratch: usize): void {
  if (imageBytes === channelBytes) {
    channelBytes *= images;
    images = 1;
  }
  const zeros = scratch - ${SHIFT};
  const pass = scratch + ${PASS - SHIFT};
  input -= ${SHIFT};
  to -= ${SHIFT};
  for (let image: usize = 0; image < images; image++) {
    for (let done: usize = 0; done < channelBytes; done += ${BLOCK}) {
      const bytes = min(${BLOCK}, channelBytes - done);
      const from = input + done;
      for (let x: usize = 0; x < ${inputs}; x++) {
        const column = table + (x << 2);
        ${lines(inputs, (y) => `const p${y} = source(column + ${4 * points * y}, from, zeros);`)}
        const q = pass + x * ${points * BLOCK};
        for (let i: usize = 0; i < bytes; i += 32) {
          const to = q + i;
          ${lines(inputs, (y) => `const from${y} = p${y} + i;`)}
          ${printEight(style.arithmetic, style.input, {
            ...axis,
            load: (y, offset) => `v128.load(from${y}, ${SHIFT + offset})`,
            store: (y, value, offset) => `v128.store(to, ${value}, ${SHIFT + y * BLOCK + offset})`,
          })}
        }
      }
      for (let y: usize = 0; y < ${points}; y++) {
        const q = pass + y * ${BLOCK};
        const point0 = to + y * (${points} * stride);
        ${lines(points - 1, (x) => `const point${x + 1} = point${x} + stride;`)}
        for (let i: usize = 0; i < bytes; i += 32) {
          const from = q + i;
          ${lines(points, (x) => `const to${x} = point${x} + i;`)}
          ${printEight(style.arithmetic, style.input, {
            ...axis,
            load: (x, offset) => `v128.load(from, ${SHIFT + x * points * BLOCK + offset})`,
            store: (x, value, offset) => `v128.store(to${x}, ${value}, ${SHIFT + offset})`,
          })}
        }
      }
      to += bytes;
    }
    input += imageBytes;
  }
}
`;
}

function printOutput(name: Name, style: Style): string {
  const { points, outputs } = TRANSFORMS[name];
  return `
/** Products of a tile and panel, of all images, to the outputs that lie within the map. */
export function output_${name}(table: usize, products: usize, stride: usize, images: usize, output: usize, residual: usize, imageBytes: usize, clamp: usize, scratch: usize): void {
  const pass = scratch + ${PASS - SHIFT};
  products -= ${SHIFT};
  for (let image: usize = 0; image < images; image += ${TRANSFORM_BLOCK}) {
    const bytes = min(${BLOCK}, (images - image) << 6);
    for (let x: usize = 0; x < ${points}; x++) {
      const p0 = products + x * stride;
      ${lines(points - 1, (y) => `const p${y + 1} = p${y} + ${points} * stride;`)}
      const q = pass + x * ${outputs * BLOCK};
      for (let i: usize = 0; i < bytes; i += 32) {
        const to = q + i;
        ${lines(points, (y) => `const from${y} = p${y} + i;`)}
        ${printEight(style.arithmetic, style.output, {
          transform: PROGRAMS[name].output,
          inputs: points,
          results: range(outputs),
          load: (y, offset) => `v128.load(from${y}, ${SHIFT + offset})`,
          store: (y, value, offset) => `v128.store(to, ${value}, ${SHIFT + y * BLOCK + offset})`,
        })}
      }
    }
    for (let y: usize = 0; y < ${outputs}; y++) {
      const offsets = table + (y << 2) * ${outputs};
      if (load<i32>(offsets) === NOWHERE) break;
      const q = pass + y * ${BLOCK};
      if (load<i32>(offsets, ${4 * (outputs - 1)}) !== NOWHERE) {
        row_${name}(offsets, q, bytes, output, residual, imageBytes, clamp, scratch);
      } else {
        ${lines(outputs - 1, (x) => `if (load<i32>(offsets, ${4 * x}) !== NOWHERE) column${x}_${name}(offsets, q, bytes, output, residual, imageBytes, clamp, scratch);`)}
      }
    }
    products += ${BLOCK};
    output += imageBytes * ${TRANSFORM_BLOCK};
    if (residual !== 0) residual += imageBytes * ${TRANSFORM_BLOCK};
  }
}
${printOutputs(`row_${name}`, name, range(outputs), style)}
${lines(outputs - 1, (x) => printOutputs(`column${x}_${name}`, name, [x], style))}
`;
}

/** All outputs of a row of a tile, or one of them, where the tile sticks out of the map; with a residual or without. */
function printOutputs(functionName: string, name: Name, columns: readonly number[], style: Style): string {
  return `
function ${functionName}(offsets: usize, q: usize, bytes: usize, output: usize, residual: usize, imageBytes: usize, clamp: usize, scratch: usize): void {
  const difference = residual - output;
  ${columns.map((x) => `let o${x} = output + load<i32>(offsets, ${4 * x}) - ${SHIFT};`).join('\n')}
  clamp -= ${SHIFT};
  if (residual === 0) ${printOutputLoop(name, columns, false, style)}
  else ${printOutputLoop(name, columns, true, style)}
}
`;
}

/** Sixteen channels of an image at a time. */
function printOutputLoop(name: Name, columns: readonly number[], hasResidual: boolean, style: Style): string {
  const { points, outputs } = TRANSFORMS[name];
  const eight = (first: number) => `{
${printLoadClamp()}
${printEight(style.arithmetic, style.output, {
  transform: PROGRAMS[name].output,
  inputs: points,
  results: columns,
  load: (x, offset) => `v128.load(from, ${SHIFT + x * outputs * BLOCK + first + offset})`,
  finish: (x, value, offset) =>
    clamped(
      hasResidual ? `f32x4.add(${value}, v128.load(o${x} + difference, ${SHIFT + first + offset}))` : value,
      offset / 16,
    ),
  store: (x, value, offset) => `v128.store(o${x}, ${value}, ${SHIFT + first + offset})`,
})}
}`;
  return `for (let i: usize = 0; i < bytes; i += 64) {
const from = q + i;
${eight(0)}
${eight(32)}
${columns.map((x) => `o${x} += imageBytes;`).join('\n')}
}`;
}
