/**
 * Prints `strassen_6x16` and its like: the sums of a unit's rows, then for each tile of rows and each pair of panels the
 * seven products, one after the other on tiles in the scratch; see `../strassen.ts`.
 */
import { STRASSEN_TILES, TILE_BYTES } from '../abi.js';
import { FACTORS, SUMS } from '../strassen.js';
import type { Arithmetic } from './madd.js';
import { printClamp, printLoadClamp, printLoop, printResidual, printStore, tileFamily } from './matrix-tile.js';
import { lines, range, SHIFT } from './text.js';

/** A row's offsets: input and output at one position, input and output at the other. */
const ROW_BYTES = 16;

export function printStrassen(tileRows: number, arithmetic: Arithmetic): string {
  return `import { Strassen } from './parameters';
import { touch } from './touch';
import { optional, word } from './word';

${tileFamily(tileRows)
  .map((rows) => printProduct(rows, arithmetic) + printLastProduct(rows, arithmetic))
  .join('\n')}
${printChoice(tileRows)}
${printSums()}
${printFinish()}
${printTouchOutputs()}
/** \`x += z\`, both tiles. */
function add(x: usize, z: usize): void {
  for (let at: usize = 0; at < ${TILE_BYTES}; at += 32) {
    const low = f32x4.add(v128.load(x + at, ${SHIFT}), v128.load(z + at, ${SHIFT}));
    const high = f32x4.add(v128.load(x + at, ${SHIFT + 16}), v128.load(z + at, ${SHIFT + 16}));
    v128.store(x + at, low, ${SHIFT});
    v128.store(x + at, high, ${SHIFT + 16});
  }
}
${printKernel(tileRows)}`;
}

const PRODUCT = 'offsets, input, weights, taps, tapsEnd, kBytes, start';
const PRODUCT_TYPES = `${PRODUCT.replaceAll(/\w+/g, '$&: usize')}`;
const OUTPUT = 'at, output, residual, bias, clamp';
const OUTPUT_TYPES = `${OUTPUT.replaceAll(/\w+/g, '$&: usize')}`;
const QUARTERS = range(4);

/** `to = start + A·B`, tiles; rows of A by their offsets from `input`. */
function printProduct(rows: number, arithmetic: Arithmetic): string {
  return `function product${rows}(${PRODUCT_TYPES}, to: usize): void {
${printSum(rows, arithmetic)}
${lines(rows, (r) => printStore(r, 'to', 64 * r))}
}
`;
}

/** The same, with bias and residual, to the outputs whose offsets are at `at`. */
function printLastProduct(rows: number, arithmetic: Arithmetic): string {
  return `function last${rows}(${PRODUCT_TYPES}, ${OUTPUT_TYPES}): void {
${printSum(rows, arithmetic)}
${printLoadClamp()}
${QUARTERS.map((q) => `const bias${q} = v128.load(bias, ${SHIFT + 16 * q});`).join('\n')}
if (residual !== 0) {
${lines(
  rows,
  (r) => `{
const from = residual + load<i32>(at, ${ROW_BYTES * r});
${printResidual(r, 'from')}
}`,
)}
}
${lines(
  rows,
  (r) => `{
const to = output + load<i32>(at, ${ROW_BYTES * r});
${QUARTERS.map((q) => `c${r}${q} = f32x4.add(c${r}${q}, bias${q});`).join('\n')}
${printClamp(r)}
${printStore(r, 'to')}
}`,
)}
}
`;
}

function printSum(rows: number, arithmetic: Arithmetic): string {
  return `${lines(rows, (r) => QUARTERS.map((q) => `let c${r}${q} = v128.load(start, ${SHIFT + 64 * r + 16 * q});`).join('\n'))}
for (let tap = taps; tap < tapsEnd; tap += 8) {
  const from = input + load<i32>(tap);
  let b = weights + load<i32>(tap, 4);
  const end = b + kBytes;
  ${lines(rows, (r) => `let a${r} = from + load<i32>(offsets, ${ROW_BYTES * r});`)}
  ${printLoop(rows, arithmetic)}
}`;
}

/** How many rows the next tile has, and its product. */
function printChoice(tileRows: number): string {
  const sizes: Readonly<Record<number, string>> = {
    6: 'left === 5 || left === 9 || left === 13 ? 5 : left === 6 || left > 9 ? 6 : 4',
    4: 'left === 4 || left === 7 || left === 8 || left > 9 ? 4 : 3',
    2: '2',
  };
  return `function nextRows(left: usize): usize {
  return ${sizes[tileRows]};
}

function product(rows: usize, ${PRODUCT_TYPES}, to: usize): void {
  ${printCalls(tileRows, (rows) => `product${rows}(${PRODUCT}, to);`)}
}

function last(rows: usize, ${PRODUCT_TYPES}, ${OUTPUT_TYPES}): void {
  ${printCalls(tileRows, (rows) => `last${rows}(${PRODUCT}, ${OUTPUT});`)}
}
`;
}

function printCalls(tileRows: number, call: (rows: number) => string): string {
  const [largest, ...smaller] = tileFamily(tileRows);
  return smaller.map((rows) => `if (rows === ${rows}) ${call(rows)} else `).join('') + call(largest!);
}

/** The sums of a row, tap by tap. Of one tap: everything is loaded before anything is stored, for V8 to pair it. */
function printSums(): string {
  const load = (name: string, offset: number, half: string) =>
    `const ${name}${half} = v128.load(${name}, ${offset + SHIFT});`;
  const halves = [
    ['Low', 0],
    ['High', 16],
  ] as const;
  const both = (line: (half: string, offset: number) => string) =>
    halves.map(([half, offset]) => line(half, offset)).join('\n    ');
  return `function sums(first: usize, firstHalf: usize, second: usize, secondHalf: usize, bytes: usize, to: usize, plane: usize): void {
  let a11 = first - ${SHIFT};
  let a12 = firstHalf - ${SHIFT};
  let a21 = second - ${SHIFT};
  let a22 = secondHalf - ${SHIFT};
  let s1 = to - ${SHIFT};
  let s2 = s1 + plane;
  let s3 = s2 + plane;
  let s4 = s3 + plane;
  for (const end = a11 + bytes; a11 !== end; ) {
    ${['a11', 'a12', 'a21', 'a22'].map((name) => both((half, offset) => load(name, offset, half))).join('\n    ')}
    ${both((half) => `const sum1${half} = f32x4.add(a21${half}, a22${half});`)}
    ${both((half) => `const sum3${half} = f32x4.sub(a11${half}, a21${half});`)}
    ${both((half) => `const sum2${half} = f32x4.sub(sum1${half}, a11${half});`)}
    ${both((half) => `const sum4${half} = f32x4.sub(a12${half}, sum2${half});`)}
    ${range(SUMS)
      .map((i) => both((half, offset) => `v128.store(s${i + 1}, sum${i + 1}${half}, ${offset + SHIFT});`))
      .join('\n    ')}
    ${['a11', 'a12', 'a21', 'a22', 's1', 's2', 's3', 's4'].map((name) => `${name} += 32;`).join(' ')}
  }
}

/** The same for a unit's rows, all taps; the inputs are brought into the caches first. */
function sumsOf(table: usize, count: usize, input: usize, taps: usize, tapsEnd: usize, halfBytes: usize, to: usize, sumBytes: usize, plane: usize): i32 {
  let read: i32 = 0;
  for (let tap = taps; tap < tapsEnd; tap += 8) {
    const at = input + load<i32>(tap);
    for (let row: usize = 0; row < count; row++) {
      read |= touch(at + load<i32>(table + row * ${ROW_BYTES}), 2 * halfBytes);
      read |= touch(at + load<i32>(table + row * ${ROW_BYTES}, 8), 2 * halfBytes);
    }
  }
  for (let row: usize = 0; row < count; row++) {
    let sum = to + row * sumBytes;
    for (let tap = taps; tap < tapsEnd; tap += 8) {
      const at = input + load<i32>(tap);
      const first = at + load<i32>(table + row * ${ROW_BYTES});
      const second = at + load<i32>(table + row * ${ROW_BYTES}, 8);
      sums(first, first + halfBytes, second, second + halfBytes, halfBytes, sum, plane);
      sum += halfBytes;
    }
  }
  return read;
}
`;
}

/** The sum of two tiles, with bias and residual, to the outputs whose offsets are at `at`. */
function printFinish(): string {
  return `function finish(rows: usize, y: usize, z: usize, ${OUTPUT_TYPES}): void {
  ${printLoadClamp()}
  for (let row: usize = 0; row < rows; row++) {
    ${QUARTERS.map((q) => `let c0${q} = f32x4.add(v128.load(y, ${SHIFT + 16 * q}), v128.load(z, ${SHIFT + 16 * q}));`).join('\n    ')}
    const offset = load<i32>(at);
    if (residual !== 0) {
      const from = residual + offset;
      ${printResidual(0, 'from')}
    }
    ${QUARTERS.map((q) => `c0${q} = f32x4.add(c0${q}, v128.load(bias, ${SHIFT + 16 * q}));`).join('\n    ')}
    ${printClamp(0)}
    const to = output + offset;
    ${printStore(0, 'to')}
    y += 64;
    z += 64;
    at += ${ROW_BYTES};
  }
}
`;
}

/** What is added to the outputs of a panel: the last products of a tile, four of them, would wait for it. */
function printTouchOutputs(): string {
  return `function touchOutputs(table: usize, count: usize, residual: usize): i32 {
  let read: i32 = 0;
  const end = table + count * ${ROW_BYTES};
  for (let row = table; row < end; row += 8) read |= touch(residual + load<i32>(row, 4) + ${SHIFT}, 64);
  return read;
}
`;
}

function printKernel(tileRows: number): string {
  return `
export function strassen_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const input = arena + word(params, Strassen.inputOffset);
  const outputs = arena + word(params, Strassen.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, Strassen.residualOffset));
  const clamp = word(params, Strassen.clampAt) - ${SHIFT};
  const rows = word(params, Strassen.rows);
  const rowsPerUnit = word(params, Strassen.rowsPerUnit);
  const panels = word(params, Strassen.panels);
  const taps = word(params, Strassen.tapsAt);
  const sumTaps = word(params, Strassen.sumTapsAt);
  const tapBytes = word(params, Strassen.taps) << 3;
  const tapsEnd = taps + tapBytes;
  const sumTapsEnd = sumTaps + tapBytes;
  const halfBytes = word(params, Strassen.k) << 2;
  const kBytes = word(params, Strassen.k) << 6;
  const factorBytes = word(params, Strassen.panelBytes) / ${FACTORS.length};

  const zeros = scratch - ${SHIFT};
  const x = zeros + ${TILE_BYTES};
  const y = x + ${TILE_BYTES};
  const z = y + ${TILE_BYTES};
  const sumOffsets = scratch + ${STRASSEN_TILES * TILE_BYTES};
  const sum1 = sumOffsets + ((rowsPerUnit * ${ROW_BYTES} + 63) & ~63);
  const sumBytes = ((word(params, Strassen.taps) * halfBytes + 63) & ~63) + 64;
  const plane = rowsPerUnit * sumBytes;
  const sum2 = sum1 + plane;
  const sum3 = sum2 + plane;
  const sum4 = sum3 + plane;
  memory.fill(scratch, 0, ${TILE_BYTES});
  for (let row: usize = 0; row < rowsPerUnit; row++) store<i32>(sumOffsets + row * ${ROW_BYTES}, <i32>(row * sumBytes));

  let read: i32 = 0;
  for (let unit = from; unit < to; unit++) {
    const table = word(params, Strassen.rowsAt) + <usize>unit * rowsPerUnit * ${ROW_BYTES};
    const count = min(rows - <usize>unit * rowsPerUnit, rowsPerUnit);
    read |= sumsOf(table, count, input, taps, tapsEnd, halfBytes, sum1, sumBytes, plane);
    for (let panel: usize = 0; panel < panels; panel++) {
      const b11 = word(params, Strassen.weightsAt) + panel * word(params, Strassen.panelBytes) - ${SHIFT};
      const b21 = b11 + factorBytes;
      const t2 = b21 + factorBytes;
      const t3 = t2 + factorBytes;
      const minusT4 = t3 + factorBytes;
      const t1 = minusT4 + factorBytes;
      const b22 = t1 + factorBytes;
      const channel = panel << 6;
      const later = (panels + panel) << 6;
      const output = outputs + channel;
      const outputLater = outputs + later;
      const residual = residuals === 0 ? 0 : residuals + channel - ${SHIFT};
      const residualLater = residuals === 0 ? 0 : residuals + later - ${SHIFT};
      const bias = word(params, Strassen.biasAt) + channel - ${SHIFT};
      const biasLater = word(params, Strassen.biasAt) + later - ${SHIFT};
      if (residual !== 0) read |= touchOutputs(table, count, residual) | touchOutputs(table, count, residualLater);
      for (let row: usize = 0; row < count; ) {
        const n = nextRows(count - row);
        const first = table + row * ${ROW_BYTES};
        const second = first + 8;
        const sum = sumOffsets + row * ${ROW_BYTES};
        product(n, first, input, b11, taps, tapsEnd, kBytes, zeros, x);
        last(n, first, input + halfBytes, b21, taps, tapsEnd, kBytes, x, first + 4, output, residual, bias, clamp);
        product(n, sum, sum2, t2, sumTaps, sumTapsEnd, kBytes, x, x);
        product(n, sum, sum3, t3, sumTaps, sumTapsEnd, kBytes, x, y);
        last(n, second, input + halfBytes, minusT4, taps, tapsEnd, kBytes, y, second + 4, output, residual, bias, clamp);
        product(n, sum, sum1, t1, sumTaps, sumTapsEnd, kBytes, zeros, z);
        finish(n, y, z, second + 4, outputLater, residualLater, biasLater, clamp);
        add(x, z);
        last(n, sum, sum4, b22, sumTaps, sumTapsEnd, kBytes, x, first + 4, outputLater, residualLater, biasLater, clamp);
        row += n;
      }
    }
  }
  store<i32>(scratch, read);
}
`;
}
