/**
 * Prints `halves_6x16` and the kernels for other tiles. A product widens 16 weights at a time, for up to 4 rows. A piece of
 * the weights serves all rows before the next is read.
 */
import { LANES } from '../../abi/layout.js';
import { clamped, printAdd, printLoadClamp, printStart, printStore } from '../../printing/matrix-tile.js';
import { type Arithmetic, lines, madd, PIECE_BYTES, range, SHIFT } from '../../printing/text.js';
import type { PrintKernels } from '../kernel.js';
import { HALVES_CONSTANTS } from './words.js';

const QUARTERS = range(4);
const ROW_BYTES = LANES * 4;
/** Where the constants lie in the scratch, after a row of zeros. V8 does not pair constants that are written in the code. */
const MASK = ROW_BYTES;
const SCALE = MASK + 32;

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'halves', text: printHalves(tileRows, arithmetic), exports: ['halves'] },
];

function printHalves(tileRows: number, arithmetic: Arithmetic): string {
  const most = Math.min(4, tileRows);
  return `import { optional, word } from '../../../printing/assembly/word';
import { Halves } from './words';

${printProduct(most, arithmetic)}
${printProduct(1, arithmetic)}
${printFinish()}
export function halves_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const input = arena + word(params, Halves.inputOffset);
  const outputs = arena + word(params, Halves.outputOffset);
  const residuals = optional(arena, word(params, Halves.residualOffset));
  const clamp = word(params, Halves.clampAt);
  const rows = word(params, Halves.rows);
  const inputBytes = word(params, Halves.inputBytes);
  const outputBytes = word(params, Halves.outputBytes);
  const pieces = word(params, Halves.piecesAt);
  const piecesEnd = pieces + word(params, Halves.pieces) * ${PIECE_BYTES};
  const panelBytes = word(params, Halves.panelBytes);
  const sums = scratch + ${HALVES_CONSTANTS};
  memory.fill(scratch, 0, ${ROW_BYTES});
  for (let i: usize = 0; i < 32; i += 4) {
    store<u32>(scratch + i, 0x8fffe000, ${MASK});
    store<f32>(scratch + i, ${2 ** 112}, ${SCALE});
  }

  for (let panel: usize = from; panel < to; panel++) {
    const weights = word(params, Halves.weightsAt) + panel * panelBytes;
    memory.fill(sums, 0, rows * ${ROW_BYTES});
    for (let piece = pieces; piece < piecesEnd; piece += ${PIECE_BYTES}) {
      const values = input + load<i32>(piece);
      const b = weights + (load<i32>(piece, 4) >> 1);
      const end = b + (load<i32>(piece, 8) >> 1);
      let row: usize = 0;
      for (; row + ${most} <= rows; row += ${most}) {
        product${most}(values + row * inputBytes, inputBytes, b, end, sums + row * ${ROW_BYTES}, scratch);
      }
      for (; row < rows; row++) product1(values + row * inputBytes, inputBytes, b, end, sums + row * ${ROW_BYTES}, scratch);
    }
    const channel = panel * ${ROW_BYTES};
    const bias = word(params, Halves.biasAt) + channel;
    for (let row: usize = 0; row < rows; row++) {
      const at = row * outputBytes + channel;
      finish(sums + row * ${ROW_BYTES}, bias, residuals === 0 ? 0 : residuals + at, clamp, outputs + at);
    }
  }
}
`;
}

/**
 * `sums += A·B`, with the products added up before. Bits of a float16 that is extended to 32 with its sign are those of a
 * float32 after a shift, without three of them; its exponent is then 112 too small.
 */
function printProduct(rows: number, arithmetic: Arithmetic): string {
  return `function product${rows}(a0: usize, aBytes: usize, b: usize, end: usize, sums: usize, scratch: usize): void {
const zeros = scratch - ${SHIFT};
sums -= ${SHIFT};
b -= ${SHIFT};
end -= ${SHIFT};
scratch -= ${SHIFT};
${lines(rows - 1, (r) => `let a${r + 1} = a${r} + aBytes;`)}
${printStart(rows, 'zeros')}
do {
${QUARTERS.map((q) => `const h${q} = v128.load_ext<i16>(b, ${SHIFT + 8 * q});`).join('\n')}
${QUARTERS.map((q) => `const s${q} = v128.and(i32x4.shl(h${q}, 13), v128.load(scratch, ${SHIFT + MASK + 16 * (q % 2)}));`).join('\n')}
${QUARTERS.map((q) => `const b${q} = f32x4.mul(s${q}, v128.load(scratch, ${SHIFT + SCALE + 16 * (q % 2)}));`).join('\n')}
${lines(
  rows,
  (r) => `const x${r} = v128.load32_splat(a${r});
${QUARTERS.map((q) => `c${r}${q} = ${madd(arithmetic, `x${r}`, `b${q}`, `c${r}${q}`)};`).join('\n')}`,
)}
${lines(rows, (r) => `a${r} += 4;`)}
b += 32;
} while (b !== end);
${lines(rows, (r) => printAdd(r, 'sums', ROW_BYTES * r))}
${lines(rows, (r) => printStore(r, 'sums', ROW_BYTES * r))}
}
`;
}

/** Bias and residual after the sum, as in \`convolution\`. */
function printFinish(): string {
  return `function finish(sums: usize, bias: usize, residual: usize, clamp: usize, output: usize): void {
sums -= ${SHIFT};
bias -= ${SHIFT};
clamp -= ${SHIFT};
output -= ${SHIFT};
${printLoadClamp()}
${QUARTERS.map((q) => `let c${q} = f32x4.add(v128.load(sums, ${SHIFT + 16 * q}), v128.load(bias, ${SHIFT + 16 * q}));`).join('\n')}
if (residual !== 0) {
${QUARTERS.map((q) => `c${q} = f32x4.add(c${q}, v128.load(residual, ${16 * q}));`).join('\n')}
}
${QUARTERS.map((q) => `v128.store(output, ${clamped(`c${q}`, q)}, ${SHIFT + 16 * q});`).join('\n')}
}
`;
}
