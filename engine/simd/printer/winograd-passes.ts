/**
 * Prints the two transforms of a Winograd kernel around its products. Each goes along columns, then along rows, with a
 * block of floats of every point in between, small enough to stay in the L1 cache; pointers then change once a block.
 */
import { TRANSFORMS } from '../abi.js';
import type { Arithmetic } from './madd.js';
import { clamped, printLoadClamp } from './matrix-tile.js';
import { at, lines, range } from './text.js';
import { operations, PROGRAMS, type Transform } from './transforms.js';

type Name = keyof typeof TRANSFORMS;

export function printTransforms(arithmetic: Arithmetic): string {
  return `import { BLOCK, NOWHERE } from './parameters';

/** Where a tile's input position is, or zeros. */
function source(table: usize, input: usize, zeros: usize): usize {
  const offset = load<i32>(table);
  return offset === NOWHERE ? zeros : input + offset;
}

${(Object.keys(TRANSFORMS) as Name[]).map((name) => printInput(name, arithmetic) + printOutput(name, arithmetic)).join('\n')}`;
}

/**
 * Eight floats through one axis, as two halves of four: loads, terms, results as `r0a, r0b, r1a …`. Everything is loaded
 * before anything is stored.
 */
function printEight(
  transform: Transform,
  arithmetic: Arithmetic,
  load: (value: number, offset: number) => string,
  inputs: number,
) {
  const halves = ['a', 'b'];
  const names = (half: string) => range(inputs).map((i) => `d${i}${half}`);
  const loads = range(inputs).flatMap((i) => halves.map((half, h) => `const d${i}${half} = ${load(i, 16 * h)};`));
  const programs = halves.map((half) => {
    const { terms, results } = transform(names(half), operations(arithmetic));
    const rename = (text: string) =>
      Object.keys(terms).reduce((s, term) => s.replaceAll(new RegExp(`\\b${term}\\b`, 'g'), term + half), text);
    return [
      ...Object.entries(terms).map(([term, value]) => `const ${term}${half} = ${value};`),
      ...results.map((value, i) => `const r${i}${half} = ${rename(value)};`),
    ];
  });
  const interleaved = programs[0]!.flatMap((line, i) => [line, programs[1]![i]!]);
  return [...loads, ...interleaved].join('\n');
}

const stores = (result: number, address: string, offset = '0') =>
  `v128.store(${address}, r${result}a, ${offset});\nv128.store(${address}, r${result}b, ${offset} + 16);`;

/** Inputs that a transform reads: the padding of `toeplitz2` is known to be zero. */
const inputsRead = (name: Name) => (name === 'toeplitz2' ? 2 : TRANSFORMS[name].points);

function printInput(name: Name, arithmetic: Arithmetic): string {
  const { points } = TRANSFORMS[name];
  const inputs = inputsRead(name);
  const { input } = PROGRAMS[name];
  return `
/** A tile of all images, each of so many bytes of channels, to its rows at \`to\`, a point every \`stride\` bytes. */
export function input_${name}(table: usize, input: usize, imageBytes: usize, images: usize, channelBytes: usize, to: usize, stride: usize, pass: usize, zeros: usize): void {
  if (imageBytes === channelBytes) {
    channelBytes *= images;
    images = 1;
  }
  for (let image: usize = 0; image < images; image++) {
    for (let done: usize = 0; done < channelBytes; done += BLOCK) {
      const bytes = min(BLOCK, channelBytes - done);
      const from = input + done;
      for (let x: usize = 0; x < ${inputs}; x++) {
        const column = table + (x << 2);
        ${lines(inputs, (y) => `const p${y} = source(column + ${4 * points * y}, from, zeros);`)}
        const q = pass + x * (${points} * BLOCK);
        for (let i: usize = 0; i < bytes; i += 32) {
          const store = q + i;
          ${lines(inputs, (y) => `const from${y} = p${y} + i;`)}
          ${printEight(input, arithmetic, (y, offset) => `v128.load(${at(`from${y}`, offset)})`, inputs)}
          ${lines(points, (y) => stores(y, 'store', `${y} * BLOCK`))}
        }
      }
      for (let y: usize = 0; y < ${points}; y++) {
        const q = pass + y * BLOCK;
        const point0 = to + y * (${points} * stride);
        ${lines(points - 1, (x) => `const point${x + 1} = point${x} + stride;`)}
        for (let i: usize = 0; i < bytes; i += 32) {
          const load = q + i;
          ${lines(points, (x) => `const to${x} = point${x} + i;`)}
          ${printEight(input, arithmetic, (x, offset) => `v128.load(load, ${x * points} * BLOCK + ${offset})`, inputs)}
          ${lines(points, (x) => stores(x, `to${x}`))}
        }
      }
      to += bytes;
    }
    input += imageBytes;
  }
}
`;
}

function printOutput(name: Name, arithmetic: Arithmetic): string {
  const { points, outputs } = TRANSFORMS[name];
  const { output } = PROGRAMS[name];
  return `
/** Products of a tile and panel, of all images, to the outputs that lie within the map. */
export function output_${name}(table: usize, products: usize, stride: usize, images: usize, output: usize, residual: usize, imageBytes: usize, clamp: usize, pass: usize): void {
  const difference = residual - output;
  for (let image: usize = 0; image < images; image += BLOCK >> 6) {
    const bytes = min(BLOCK, (images - image) << 6);
    for (let x: usize = 0; x < ${points}; x++) {
      const p0 = products + x * stride;
      ${lines(points - 1, (y) => `const p${y + 1} = p${y} + ${points} * stride;`)}
      const q = pass + x * (${outputs} * BLOCK);
      for (let i: usize = 0; i < bytes; i += 32) {
        const store = q + i;
        ${lines(points, (y) => `const from${y} = p${y} + i;`)}
        ${printEight(output, arithmetic, (y, offset) => `v128.load(${at(`from${y}`, offset)})`, points)}
        ${lines(outputs, (y) => stores(y, 'store', `${y} * BLOCK`))}
      }
    }
    for (let y: usize = 0; y < ${outputs}; y++) {
      const offsets = table + (y << 2) * ${outputs};
      if (load<i32>(offsets) === NOWHERE) break;
      const q = pass + y * BLOCK;
      if (load<i32>(offsets, ${4 * (outputs - 1)}) !== NOWHERE) {
        if (residual !== 0) ${printOutputRow(name, arithmetic, range(outputs), true)}
        else ${printOutputRow(name, arithmetic, range(outputs), false)}
      } else {
        ${lines(outputs - 1, (x) => `if (load<i32>(offsets, ${4 * x}) !== NOWHERE) column${x}_${name}(q, bytes, output + load<i32>(offsets, ${4 * x}), residual === 0 ? 0 : residual + load<i32>(offsets, ${4 * x}), imageBytes, clamp);`)}
      }
    }
    products += BLOCK;
    output += imageBytes * (BLOCK >> 6);
    if (residual !== 0) residual += imageBytes * (BLOCK >> 6);
  }
}
${lines(outputs - 1, (x) => printOutputColumn(name, arithmetic, x))}
`;
}

/** One output of a row: where a tile sticks out of the map. */
function printOutputColumn(name: Name, arithmetic: Arithmetic, x: number): string {
  return `
function column${x}_${name}(q: usize, bytes: usize, output: usize, residual: usize, imageBytes: usize, clamp: usize): void {
  const difference = residual - output;
  let o${x} = output;
  if (residual !== 0) ${printOutputLoop(name, arithmetic, [x], true)}
  else ${printOutputLoop(name, arithmetic, [x], false)}
}
`;
}

function printOutputRow(name: Name, arithmetic: Arithmetic, columns: readonly number[], hasResidual: boolean): string {
  return `{
${columns.map((x) => `let o${x} = output + load<i32>(offsets, ${4 * x});`).join('\n')}
${printOutputLoop(name, arithmetic, columns, hasResidual)}
}`;
}

/** Some outputs of a row of a tile, 16 channels of an image at a time. */
function printOutputLoop(name: Name, arithmetic: Arithmetic, columns: readonly number[], hasResidual: boolean): string {
  const { points, outputs } = TRANSFORMS[name];
  const half = (offset: number) => `{
${printLoadClamp()}
${printEight(PROGRAMS[name].output, arithmetic, (x, half) => `v128.load(load, ${x * outputs} * BLOCK + ${offset + half})`, points)}
${columns
  .flatMap((x) =>
    ['a', 'b'].map((letter, h) => {
      const sum = `r${x}${letter}`;
      const total = hasResidual ? `f32x4.add(${sum}, v128.load(o${x} + difference, ${offset + 16 * h}))` : sum;
      return `const s${x}${letter} = ${clamped(total, h)};`;
    }),
  )
  .join('\n')}
${columns.map((x) => `v128.store(o${x}, s${x}a, ${offset});\nv128.store(o${x}, s${x}b, ${offset + 16});`).join('\n')}
}`;
  return `for (let i: usize = 0; i < bytes; i += 64) {
const load = q + i;
${half(0)}
${half(32)}
${columns.map((x) => `o${x} += imageBytes;`).join('\n')}
}`;
}
