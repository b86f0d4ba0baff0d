/**
 * Prints `depthwise`: of a unit, 3 rows of 16 channels at a time take 6 accumulators of 256 bits, 3 × 8 take 6 of
 * 128. V8 11 (Node 20) first loads all that a step needs, so accumulators and 8 values have to fit its 15 registers.
 */
import { TILE_ROWS } from '../../abi.js';
import { printAdd, printClamp, printLoadClamp, printStart, printStore } from '../../printing/matrix-tile.js';
import type { PrintKernels } from '../../printing/text.js';
import { type Arithmetic, lines, madd, range, SHIFT } from '../../printing/text.js';
import { printDepthwiseRuns } from './print-runs.js';

const ROWS = 3;

export const print: PrintKernels = (tileRows, arithmetic) => [
  { file: 'depthwise', text: printDepthwise(tileRows, tileRows === 6 ? 4 : 2, arithmetic), exports: ['depthwise'] },
  {
    file: 'depthwiseRuns',
    text: printDepthwiseRuns(tileRows, tileRows === 6 ? 2 : 1, arithmetic),
    exports: ['depthwiseRuns'],
  },
];

function printDepthwise(tileRows: number, vectors: number, arithmetic: Arithmetic): string {
  const printThreeRows = (channel: number) => {
    const ends = 'clamp, taps, tapsEnd';
    const addresses = ['inputs + channel', 'outputs + channel', 'weights', 'bias'].map((at) => `${at} + ${channel}`);
    const rest = `${addresses.join(', ')}, residual === 0 ? 0 : residual + ${channel}, ${ends});`;
    return `threeRows(rows, ${rest}\nif (isWhole) threeRows(rows + ${8 * ROWS}, ${rest}`;
  };
  const finishRows = (hasResidual: boolean) =>
    lines(
      ROWS,
      (r) => `{
      const offset = load<i32>(rows, ${8 * r + 4});
      ${hasResidual ? printAdd(r, '(residual + offset)', 0, vectors) : ''}
      ${printClamp(r, vectors)}
      ${printStore(r, '(output + offset)', 0, vectors)}
    }`,
    );
  return `import { optional, word } from '../../../printing/assembly/word';
import { Depthwise } from './words';

export function depthwise_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
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
    const isWhole = load<i32>(rows, ${8 * ROWS + 4}) !== load<i32>(rows, ${8 * ROWS - 4});
    ${Array.from({ length: 4 / vectors }, (_, i) => 16 * vectors * i)
      .map(printThreeRows)
      .join('\n')}
    if (++panel === panels) {
      panel = 0;
      rows += ${TILE_ROWS * 8};
    }
  }
}

function threeRows(rows: usize, input: usize, output: usize, weights: usize, bias: usize, residual: usize, clamp: usize, taps: usize, tapsEnd: usize): void {
  ${lines(ROWS, (r) => `const row${r} = input + load<i32>(rows, ${8 * r});`)}
  ${printStart(ROWS, 'bias', vectors)}
  for (let tap = taps; tap < tapsEnd; tap += 8) {
    const offset = load<i32>(tap);
    const weight = weights + load<i32>(tap, 4);
    ${range(vectors)
      .map((q) => `const w${q} = v128.load(weight, ${SHIFT + 16 * q});`)
      .join('\n')}
    ${lines(ROWS, (r) =>
      [
        `const a${r} = row${r} + offset;`,
        ...range(vectors).map(
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
