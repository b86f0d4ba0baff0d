/**
 * Prints `convolution_6x16`, `_4x16` and `_2x16`: the same units, of up to 6 rows, cut into tiles that fit the
 * registers. There are smaller tiles for units of fewer rows and for half a panel, in 0.7 of the time.
 * `convolution_6x16` computes such a half with the panel before it: 3 rows by 24 columns have as many accumulators as
 * a processor adds to at a time.
 */
import { LANES, TILE_ROWS } from '../../abi.js';
import {
  printAdd,
  printBias,
  printClamp,
  printLoadClamp,
  printLoop,
  printStart,
  printStore,
  tileFamily,
} from '../../printing/matrix-tile.js';
import type { PrintKernels } from '../../printing/text.js';
import { type Arithmetic, lines, PIECE_BYTES, SHIFT } from '../../printing/text.js';
import { GROUP_PANEL_BYTES } from './plan.js';

const ARGUMENTS = 'input, output, residual, weights, bias, clamp, pieces, piecesEnd, blockBytes, scratch';

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'convolution', text: printConvolution(tileRows, arithmetic), exports: ['convolution'] },
];

function printConvolution(tileRows: number, arithmetic: Arithmetic): string {
  return `import { touch } from '../../../printing/assembly/touch';
import { optional, word } from '../../../printing/assembly/word';
import { Convolution } from './words';

${tileFamily(tileRows)
  .map((rows) => printTile(rows, arithmetic, 'tile') + printTile(rows, arithmetic, 'half'))
  .join('\n')}
${tileRows === 6 ? printTile(3, arithmetic, 'wide') + printTile(2, arithmetic, 'wide') : ''}

export function convolution_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const inputs = arena + word(params, Convolution.inputOffset);
  const outputs = arena + word(params, Convolution.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, Convolution.residualOffset));
  // Limits take a tenth of the time of a sum of 16 products.
  const limits = word(params, Convolution.clampAt);
  const isLimited = load<f32>(limits) !== -Infinity || load<f32>(limits, 32) !== Infinity;
  const clamp = isLimited ? limits - ${SHIFT} : 0;
  const rowsAt = word(params, Convolution.rowsAt);
  const rowTiles = <u32>word(params, Convolution.rowTiles);
  const pieces = word(params, Convolution.piecesAt);
  const piecesEnd = pieces + word(params, Convolution.pieces) * ${PIECE_BYTES};
  const blockBytes = word(params, Convolution.piecesPerBlock) * ${PIECE_BYTES};
  const panelBytes = word(params, Convolution.panelBytes);
  const panelsAt = word(params, Convolution.panelsAt);
  const touches = word(params, Convolution.touches) !== 0;
  const blockTiles = <u32>word(params, Convolution.blockTiles);
  const panels = <u32>word(params, Convolution.panels);
  const wholePanels = <usize>panels - word(params, Convolution.halfPanels);
  ${tileRows === 6 ? 'const joins = panelsAt === 0 && wholePanels > 0 && wholePanels < <usize>panels;' : ''}
  let first = from / (blockTiles * panels) * blockTiles;
  let end = min(first + blockTiles, rowTiles);
  let panel = <usize>((from - first * panels) / (end - first));
  let tile = first + (from - first * panels) % (end - first);
  let read: i32 = 0;
  memory.fill(scratch, 0, ${4 * LANES});

  for (let unit = from; unit < to; unit++) {
    const rows = rowsAt + <usize>tile * ${TILE_ROWS * 8};
    let input = inputs;
    let channels = panel << 6;
    let isWhole = panel < wholePanels;
    if (panelsAt !== 0) {
      const at = panelsAt + panel * ${GROUP_PANEL_BYTES};
      input += load<i32>(at);
      channels = load<i32>(at, 4);
      isWhole = load<i32>(at, 8) === 0;
    }
    const output = outputs + channels;
    const residual = residuals === 0 ? 0 : residuals + channels - ${SHIFT};
    const weights = word(params, Convolution.weightsAt) + panel * panelBytes - ${SHIFT};
    const bias = word(params, Convolution.biasAt) + channels - ${SHIFT};
    if (touches && panel === 0 && tile === first) {
      for (let piece = pieces; piece < piecesEnd; piece += ${PIECE_BYTES}) {
        const from = input + load<i32>(piece);
        const bytes = load<i32>(piece, 8) >> 4;
        const rowsEnd = rowsAt + <usize>end * ${TILE_ROWS * 8};
        for (let row = rows; row < rowsEnd; row += 8) read |= touch(from + load<i32>(row), bytes);
      }
    }
    ${tileRows === 6 ? printJoined() : ''}if (isWhole) {
      ${printUnit(tileRows, 'tile')}
    } else {
      ${printUnit(tileRows, 'half')}
    }
    if (++tile === end) {
      if (++panel === <usize>panels) {
        panel = 0;
        first = end;
        end = min(first + blockTiles, rowTiles);
      }
      tile = first;
    }
  }
  store<i32>(scratch, read);
}
`;
}

const isRepeated = (row: number) => `load<i32>(rows, ${8 * row + 4}) === load<i32>(rows, ${8 * row - 4})`;
/** Tiles of a whole panel, of half of one, and of both side by side. */
type Width = 'tile' | 'half' | 'wide';
const VECTORS: Readonly<Record<Width, number>> = { tile: 4, half: 2, wide: 6 };

/** The last whole panel with the half one behind it. The units of that have nothing left to do. */
function printJoined(): string {
  const wide = (rows: number, from: number) => `wide${rows}(rows + ${8 * from}, ${ARGUMENTS}, panelBytes);`;
  return `if (joins && panel >= wholePanels - 1) {
      if (panel < wholePanels) {
        if (${isRepeated(4)}) { ${wide(2, 0)} ${wide(2, 2)} }
        else { ${wide(3, 0)} if (${isRepeated(5)}) ${wide(2, 3)} else ${wide(3, 3)} }
      }
    } else `;
}

function printUnit(tileRows: number, width: 'tile' | 'half'): string {
  const call = (rows: number, from = 0) => `${width}${rows}(rows${from === 0 ? '' : ` + ${8 * from}`}, ${ARGUMENTS});`;
  if (tileRows === 6) {
    return `if (${isRepeated(4)}) ${call(4)}
    else if (${isRepeated(5)}) ${call(5)}
    else ${call(6)}`;
  }
  if (tileRows === 4) {
    // The rows of two whole units lie one after the other.
    return `if (${isRepeated(4)}) ${call(4)}
    else if (unit + 1 < to && tile + 1 < end && !(${isRepeated(5)}) && !(${isRepeated(11)}) && !(${isRepeated(10)})) {
      ${call(4)} ${call(4, 4)} ${call(4, 8)}
      unit++;
      tile++;
    } else { ${call(3)} ${call(3, 3)} }`;
  }
  return `${call(2)}
    if (!(${isRepeated(2)})) {
      ${call(2, 2)}
      if (!(${isRepeated(4)})) ${call(2, 4)}
    }`;
}

function printTile(rows: number, arithmetic: Arithmetic, width: Width): string {
  const vectors = VECTORS[width];
  const rowBytes = 16 * vectors;
  const printResult = (r: number, clamped: string) => `{
const to = output + load<i32>(rows, ${8 * r + 4});
${clamped}${printStore(r, 'to', 0, vectors)}
}`;
  return `function ${width}${rows}(rows: usize, input: usize, output: usize, residual: usize, weights: usize, bias: usize, clamp: usize, pieces: usize, piecesEnd: usize, blockBytes: usize, scratch: usize${width === 'wide' ? ', panelBytes: usize' : ''}): void {
const zeros = scratch - ${SHIFT};
const sums = zeros + ${4 * LANES};
let piece = pieces;
while (true) {
const isFirst = piece === pieces;
${printStart(rows, 'zeros', vectors)}
const blockEnd = min(piece + blockBytes, piecesEnd);
for (; piece < blockEnd; piece += ${PIECE_BYTES}) {
  const from = input + load<i32>(piece);
  let b = weights + load<i32>(piece, 4);
  const end = b + load<i32>(piece, 8);
  ${width === 'wide' ? 'let beside = b + panelBytes;' : ''}
  ${lines(rows, (r) => `let a${r} = from + load<i32>(rows, ${8 * r});`)}
  ${printLoop(rows, arithmetic, vectors)}
}
if (!isFirst) {
${lines(rows, (r) => printAdd(r, 'sums', rowBytes * r, vectors))}
}
if (piece === piecesEnd) {
${printBias(rows, 'bias', vectors)}
if (residual !== 0) {
${lines(
  rows,
  (r) => `{
const at = residual + load<i32>(rows, ${8 * r + 4});
${printAdd(r, 'at', 0, vectors)}
}`,
)}
}
if (clamp !== 0) {
${printLoadClamp()}
${lines(rows, (r) => printResult(r, `${printClamp(r, vectors)}\n`))}
} else {
${lines(rows, (r) => printResult(r, ''))}
}
return;
}
${lines(rows, (r) => printStore(r, 'sums', rowBytes * r, vectors))}
}
}
`;
}
