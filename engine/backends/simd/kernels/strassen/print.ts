/** Prints `strassen`: sums of a unit's rows, then seven products for each tile and pair of panels (`pack.ts`). */
import { TILE_BYTES } from '../../abi.js';
import {
  printAdd,
  printBySize,
  printClamp,
  printLoadClamp,
  printLoop,
  printNextRows,
  printStart,
  printStore,
  tileFamily,
} from '../../printing/matrix-tile.js';
import type { PrintKernels } from '../../printing/text.js';
import { type Arithmetic, lines, PIECE_BYTES, range, SHIFT } from '../../printing/text.js';
import { FACTORS, STORED_BLOCKS } from './pack.js';
import { PAIR_BYTES, STRASSEN_TILES } from './plan.js';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'strassen', text: printStrassen(tileRows, arithmetic), exports: ['strassen'] },
];

function printStrassen(tileRows: number, arithmetic: Arithmetic): string {
  return `import { optional, padded, word } from '../../../printing/assembly/word';
import { addTile, makeFactors, storeSum, sumInputs, touchResiduals } from './sums';
import { Strassen } from './words';

${tileFamily(tileRows)
  .map((rows) => printProduct(rows, arithmetic) + printLastProduct(rows, arithmetic))
  .join('\n')}
${printChoices(tileRows)}
${printKernel(tileRows)}`;
}

const PRODUCT = 'offsets, input, weights, pieces, piecesEnd, blockBytes, zeros, start';
const PRODUCT_TYPES = `${PRODUCT.replaceAll(/\w+/g, '$&: usize')}`;
const OUTPUT = 'sums, at, output, residual, bias, clamp';
const OUTPUT_TYPES = `${OUTPUT.replaceAll(/\w+/g, '$&: usize')}`;
const QUARTERS = range(4);

/** `sums = start + A·B`, on tiles; the rows of A are given by their offsets from `input`. */
function printProduct(rows: number, arithmetic: Arithmetic): string {
  return `function product${rows}(${PRODUCT_TYPES}, sums: usize): void {
${printSum(
  rows,
  arithmetic,
  lines(rows, (r) => printStore(r, 'sums', 64 * r)),
)}
}
`;
}

/** The same, with bias and residual, written to the outputs whose offsets are at `at`. */
function printLastProduct(rows: number, arithmetic: Arithmetic): string {
  return `function last${rows}(${PRODUCT_TYPES}, ${OUTPUT_TYPES}): void {
${printSum(rows, arithmetic, printOutput(rows))}
}
`;
}

function printOutput(rows: number): string {
  return `${printLoadClamp()}
${QUARTERS.map((q) => `const bias${q} = v128.load(bias, ${SHIFT + 16 * q});`).join('\n')}
if (residual !== 0) {
${lines(
  rows,
  (r) => `{
const from = residual + load<i32>(at, ${PAIR_BYTES * r});
${printAdd(r, 'from')}
}`,
)}
}
${lines(
  rows,
  (r) => `{
const to = output + load<i32>(at, ${PAIR_BYTES * r});
${QUARTERS.map((q) => `c${r}${q} = f32x4.add(c${r}${q}, bias${q});`).join('\n')}
${printClamp(r)}
${printStore(r, 'to')}
}`,
)}`;
}

/** @param finish what is done with the sum */
function printSum(rows: number, arithmetic: Arithmetic, finish: string): string {
  return `let piece = pieces;
while (true) {
${printStart(rows, 'zeros')}
const blockEnd = min(piece + blockBytes, piecesEnd);
for (; piece < blockEnd; piece += ${PIECE_BYTES}) {
  const from = input + load<i32>(piece);
  let b = weights + load<i32>(piece, 4);
  const end = b + load<i32>(piece, 8);
  ${lines(rows, (r) => `let a${r} = from + load<i32>(offsets, ${PAIR_BYTES * r});`)}
  ${printLoop(rows, arithmetic)}
}
${lines(rows, (r) => printAdd(r, 'start', 64 * r))}
if (piece === piecesEnd) {
${finish}
return;
}
${lines(rows, (r) => printStore(r, 'sums', 64 * r))}
start = sums;
}`;
}

function printChoices(tileRows: number): string {
  return `${printNextRows(tileRows)}

function product(rows: usize, ${PRODUCT_TYPES}, sums: usize): void {
  ${printBySize(tileRows, (rows) => `product${rows}(${PRODUCT}, sums);`)}
}

function last(rows: usize, ${PRODUCT_TYPES}, ${OUTPUT_TYPES}): void {
  ${printBySize(tileRows, (rows) => `last${rows}(${PRODUCT}, ${OUTPUT});`)}
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
  const panelsPerGroup = word(params, Strassen.panelsPerGroup);
  const taps = word(params, Strassen.tapsAt);
  const tapsEnd = taps + (word(params, Strassen.taps) << 2);
  const halfBytes = word(params, Strassen.k) << 2;
  const pieces = word(params, Strassen.piecesAt);
  const sumPieces = word(params, Strassen.sumPiecesAt);
  const piecesBytes = word(params, Strassen.pieces) * ${PIECE_BYTES};
  const piecesEnd = pieces + piecesBytes;
  const sumPiecesEnd = sumPieces + piecesBytes;
  const blockBytes = word(params, Strassen.piecesPerBlock) * ${PIECE_BYTES};
  const weights = word(params, Strassen.weightsAt) - ${SHIFT};
  const biases = word(params, Strassen.biasAt) - ${SHIFT};
  const panelBytes = word(params, Strassen.panelBytes);
  const makesFactors = word(params, Strassen.makesFactors) !== 0;
  const factorBytes = panelBytes / (makesFactors ? ${STORED_BLOCKS.length} : ${FACTORS.length});

  const zeros = scratch - ${SHIFT};
  const x = zeros + ${TILE_BYTES};
  const y = x + ${TILE_BYTES};
  const z = y + ${TILE_BYTES};
  const w = z + ${TILE_BYTES};
  const sumOffsets = scratch + ${STRASSEN_TILES * TILE_BYTES};
  const sum1 = sumOffsets + ((rowsPerUnit * ${PAIR_BYTES} + 63) & ~63);
  const sumBytes = padded(word(params, Strassen.taps) * halfBytes);
  const plane = rowsPerUnit * sumBytes;
  const sum2 = sum1 + plane;
  const sum3 = sum2 + plane;
  const sum4 = sum3 + plane;
  const made = sum4 + plane;
  memory.fill(scratch, 0, ${TILE_BYTES});
  for (let row: usize = 0; row < rowsPerUnit; row++) store<i32>(sumOffsets + row * ${PAIR_BYTES}, <i32>(row * sumBytes));

  let read: i32 = 0;
  for (let unit = from; unit < to; unit++) {
    const table = word(params, Strassen.rowsAt) + <usize>unit * rowsPerUnit * ${PAIR_BYTES};
    const count = min(rows - <usize>unit * rowsPerUnit, rowsPerUnit);
    read |= sumInputs(table, count, input, taps, tapsEnd, halfBytes, sum1, sumBytes, plane);
    for (let group: usize = 0; group < panels; group += panelsPerGroup) {
      const groupEnd = min(group + panelsPerGroup, panels);
      if (makesFactors) makeFactors(weights + ${SHIFT} + group * panelBytes, groupEnd - group, factorBytes, made);
      for (let row: usize = 0; row < count; ) {
        const n = nextRows(count - row);
        const first = table + row * ${PAIR_BYTES};
        const second = first + 8;
        const sum = sumOffsets + row * ${PAIR_BYTES};
        if (residuals !== 0) read |= touchResiduals(first, n, residuals + (group << 6), groupEnd - group, panels << 6);
        for (let panel = group; panel < groupEnd; panel++) {
          const b11 = weights + panel * panelBytes;
          const b21 = b11 + factorBytes;
          const t2 = makesFactors ? made - ${SHIFT} + (panel - group) * panelBytes : b21 + factorBytes;
          const t3 = t2 + factorBytes;
          const minusT4 = t3 + factorBytes;
          const t1 = minusT4 + factorBytes;
          const b22 = makesFactors ? b21 + 2 * factorBytes : t1 + factorBytes;
          const channel = panel << 6;
          const later = (panels + panel) << 6;
          const output = outputs + channel;
          const outputLater = outputs + later;
          const residual = residuals === 0 ? 0 : residuals + channel - ${SHIFT};
          const residualLater = residuals === 0 ? 0 : residuals + later - ${SHIFT};
          const bias = biases + channel;
          const biasLater = biases + later;
          product(n, first, input, b11, pieces, piecesEnd, blockBytes, zeros, zeros, x);
          last(n, first, input + halfBytes, b21, pieces, piecesEnd, blockBytes, zeros, x, w, first + 4, output, residual, bias, clamp);
          product(n, sum, sum2, t2, sumPieces, sumPiecesEnd, blockBytes, zeros, x, x);
          product(n, sum, sum3, t3, sumPieces, sumPiecesEnd, blockBytes, zeros, x, y);
          last(n, second, input + halfBytes, minusT4, pieces, piecesEnd, blockBytes, zeros, y, w, second + 4, output, residual, bias, clamp);
          product(n, sum, sum1, t1, sumPieces, sumPiecesEnd, blockBytes, zeros, zeros, z);
          storeSum(n, y, z, second + 4, outputLater, residualLater, biasLater, clamp);
          addTile(x, z);
          last(n, sum, sum4, b22, sumPieces, sumPiecesEnd, blockBytes, zeros, x, w, first + 4, outputLater, residualLater, biasLater, clamp);
        }
        row += n;
      }
    }
  }
  store<i32>(scratch, read);
}
`;
}
