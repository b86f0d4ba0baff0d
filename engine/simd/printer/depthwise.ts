/**
 * Prints `depthwise`: a tile of 6 rows and 16 channels as two of 3 rows. These are 12 accumulators of 128 bits, which no
 * compiler has to spill, and 6 of 256: enough, since most of the time goes into loads.
 */
import { TILE_ROWS } from '../abi.js';
import { type Arithmetic, madd } from './madd.js';
import { printClamp, printLoadClamp, printResidual, printStart, printStore } from './matrix-tile.js';
import { lines, range, SHIFT } from './text.js';

const ROWS = 3;
const QUARTERS = range(4);

export function printDepthwise(arithmetic: Arithmetic): string {
  const finishRows = (hasResidual: boolean) =>
    lines(
      ROWS,
      (r) => `{
      const offset = load<i32>(rows, ${8 * r + 4});
      ${hasResidual ? printResidual(r, '(residual + offset)') : ''}
      ${printClamp(r)}
      ${printStore(r, '(output + offset)')}
    }`,
    );
  return `import { Depthwise } from './parameters';
import { optional, word } from './word';

export function depthwise(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputs = arena + word(params, Depthwise.inputOffset) - ${SHIFT};
  const outputs = arena + word(params, Depthwise.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, Depthwise.residualOffset));
  const panels = <u32>word(params, Depthwise.panels);
  const taps = word(params, Depthwise.tapsAt);
  const tapsEnd = taps + (word(params, Depthwise.taps) << 3);
  const clamp = word(params, Depthwise.clampAt) - ${SHIFT};
  let rows = word(params, Depthwise.rowsAt) + <usize>(from / panels) * ${TILE_ROWS * 8};
  let panel = from % panels;

  for (let unit = from; unit < to; unit++) {
    const channel = (<usize>panel) << 6;
    const residual = residuals === 0 ? 0 : residuals + channel - ${SHIFT};
    const weights = word(params, Depthwise.weightsAt) + channel - ${SHIFT};
    const bias = word(params, Depthwise.biasAt) + channel - ${SHIFT};
    threeRows(rows, inputs + channel, outputs + channel, residual, weights, bias, clamp, taps, tapsEnd);
    if (load<i32>(rows, ${8 * ROWS + 4}) !== load<i32>(rows, ${8 * ROWS - 4})) {
      threeRows(rows + ${8 * ROWS}, inputs + channel, outputs + channel, residual, weights, bias, clamp, taps, tapsEnd);
    }
    if (++panel === panels) {
      panel = 0;
      rows += ${TILE_ROWS * 8};
    }
  }
}

function threeRows(rows: usize, input: usize, output: usize, residual: usize, weights: usize, bias: usize, clamp: usize, taps: usize, tapsEnd: usize): void {
  ${lines(ROWS, (r) => `const row${r} = input + load<i32>(rows, ${8 * r});`)}
  ${printStart(ROWS, 'bias')}
  for (let tap = taps; tap < tapsEnd; tap += 8) {
    const offset = load<i32>(tap);
    const weight = weights + load<i32>(tap, 4);
    ${QUARTERS.map((q) => `const w${q} = v128.load(weight, ${SHIFT + 16 * q});`).join('\n')}
    ${lines(ROWS, (r) =>
      [
        `const a${r} = row${r} + offset;`,
        ...QUARTERS.map(
          (q) => `c${r}${q} = ${madd(arithmetic, `v128.load(a${r}, ${SHIFT + 16 * q})`, `w${q}`, `c${r}${q}`)};`,
        ),
      ].join('\n'),
    )}
  }
  ${printLoadClamp()}
  if (residual === 0) {
    ${finishRows(false)}
  } else {
    ${finishRows(true)}
  }
}
`;
}
