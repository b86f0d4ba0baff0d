/**
 * Prints `convolution_6x16` and `convolution_2x16`: the same units, cut into tiles that suit 256 and 128 bits. A tile of
 * the table that repeats its last row has fewer rows, for which there are smaller tiles.
 */
import { TILE_ROWS } from '../abi.js';
import type { Arithmetic } from './madd.js';
import { printClamp, printLoadClamp, printLoop, printResidual, printStart, printStore } from './matrix-tile.js';
import { lines, SHIFT } from './text.js';

const ARGUMENTS = 'input, output, residual, weights, bias, clamp, taps, tapsEnd, kBytes';

export function printConvolution(tileRows: number, arithmetic: Arithmetic): string {
  const sizes = tileRows === TILE_ROWS ? [6, 5, 4] : [tileRows];
  return `import { Convolution } from './parameters';
import { optional, word } from './word';

${sizes.map((rows) => printTile(rows, arithmetic)).join('\n')}

export function convolution_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputs = arena + word(params, Convolution.inputOffset);
  const outputs = arena + word(params, Convolution.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, Convolution.residualOffset));
  const clamp = word(params, Convolution.clampAt) - ${SHIFT};
  const rowsAt = word(params, Convolution.rowsAt);
  const rowTiles = <u32>word(params, Convolution.rowTiles);
  const taps = word(params, Convolution.tapsAt);
  const tapsEnd = taps + (word(params, Convolution.taps) << 3);
  const kBytes = word(params, Convolution.k) << 6;
  const panelBytes = word(params, Convolution.panelBytes);
  const panelsAt = word(params, Convolution.panelsAt);
  const blockTiles = <u32>word(params, Convolution.blockTiles);
  const panels = <u32>word(params, Convolution.panels);
  let first = from / (blockTiles * panels) * blockTiles;
  let end = min(first + blockTiles, rowTiles);
  let panel = <usize>((from - first * panels) / (end - first));
  let tile = first + (from - first * panels) % (end - first);

  for (let unit = from; unit < to; unit++) {
    const rows = rowsAt + <usize>tile * ${TILE_ROWS * 8};
    const input = panelsAt === 0 ? inputs : inputs + load<i32>(panelsAt + (panel << 2));
    const output = outputs + (panel << 6);
    const residual = residuals === 0 ? 0 : residuals + (panel << 6) - ${SHIFT};
    const weights = word(params, Convolution.weightsAt) + panel * panelBytes - ${SHIFT};
    const bias = word(params, Convolution.biasAt) + (panel << 6) - ${SHIFT};
    ${tileRows === TILE_ROWS ? printChoice() : printParts(tileRows)}
    if (++tile === end) {
      if (++panel === <usize>panels) {
        panel = 0;
        first = end;
        end = min(first + blockTiles, rowTiles);
      }
      tile = first;
    }
  }
}
`;
}

const isRepeated = (row: number) => `load<i32>(rows, ${8 * row + 4}) === load<i32>(rows, ${8 * row - 4})`;

function printChoice(): string {
  return `if (${isRepeated(4)}) tile4(rows, ${ARGUMENTS});
    else if (${isRepeated(5)}) tile5(rows, ${ARGUMENTS});
    else tile6(rows, ${ARGUMENTS});`;
}

/** The tile in parts of fewer rows, as far as there is anything new in them. */
function printParts(rows: number): string {
  const call = (from: number) => `tile${rows}(rows + ${8 * from}, ${ARGUMENTS});`;
  let text = '';
  for (let from = TILE_ROWS - rows; from > 0; from -= rows) {
    text = `if (!(${isRepeated(from)})) { ${call(from)} ${text} }`;
  }
  return `${call(0)}\n    ${text}`;
}

function printTile(rows: number, arithmetic: Arithmetic): string {
  return `function tile${rows}(rows: usize, input: usize, output: usize, residual: usize, weights: usize, bias: usize, clamp: usize, taps: usize, tapsEnd: usize, kBytes: usize): void {
${printStart(rows, 'bias')}
for (let tap = taps; tap < tapsEnd; tap += 8) {
  const from = input + load<i32>(tap);
  let b = weights + load<i32>(tap, 4);
  const end = b + kBytes;
  ${lines(rows, (r) => `let a${r} = from + load<i32>(rows, ${8 * r});`)}
  ${printLoop(rows, arithmetic)}
}
${printLoadClamp()}
if (residual !== 0) {
${lines(
  rows,
  (r) => `{
const at = residual + load<i32>(rows, ${8 * r + 4});
${printResidual(r, 'at')}
}`,
)}
}
${lines(
  rows,
  (r) => `{
const to = output + load<i32>(rows, ${8 * r + 4});
${printClamp(r)}
${printStore(r, 'to')}
}`,
)}
}
`;
}
