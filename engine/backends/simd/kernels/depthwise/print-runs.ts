/**
 * Prints `depthwiseRuns`: outputs side by side in a row of the map. Their windows overlap, so a column of a window is
 * loaded once for all of them. Channels go in steps of 8, or of 4 if V8 does not fuse. Then the accumulators of a run
 * and a row of weights stay in registers.
 */
import { clamped, printLoadClamp } from '../../printing/matrix-tile.js';
import { type Arithmetic, lines, madd, range, SHIFT } from '../../printing/text.js';
import { RUN_LENGTHS, RUN_STRIDES, RUN_WIDTHS, type RunShape } from './words.js';

const SHAPES: readonly RunShape[] = RUN_WIDTHS.flatMap((width) =>
  RUN_STRIDES.flatMap((stride) => RUN_LENGTHS.map((length) => ({ width, stride, length }))),
);

const ARGUMENTS =
  'input, output, residual, weights, bias, clamp, channelBytes, rows, rowStep, columnStep, weightStep, outputStep';

/** @param vectors of 128 bits in a step */
export function printDepthwiseRuns(tileRows: number, vectors: 1 | 2, arithmetic: Arithmetic): string {
  const suits = ({ width, stride, length }: RunShape) =>
    `width === ${width} && stride === ${stride} && length === ${length}`;
  return `import { optional, word } from '../../../printing/assembly/word';
import { DepthwiseRuns } from './words';

export function depthwiseRuns_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, _scratch: usize): void {
  const inputs = arena + word(params, DepthwiseRuns.inputOffset) - ${SHIFT};
  const outputs = arena + word(params, DepthwiseRuns.outputOffset) - ${SHIFT};
  const residuals = optional(arena, word(params, DepthwiseRuns.residualOffset));
  const weights = word(params, DepthwiseRuns.weightsAt) - ${SHIFT};
  const bias = word(params, DepthwiseRuns.biasAt) - ${SHIFT};
  const clamp = word(params, DepthwiseRuns.clampAt) - ${SHIFT};
  const runs = word(params, DepthwiseRuns.runsAt);
  const width = word(params, DepthwiseRuns.width);
  const stride = word(params, DepthwiseRuns.stride);
  const length = word(params, DepthwiseRuns.length);
  const channelBytes = word(params, DepthwiseRuns.channels) << 2;
  const rows = word(params, DepthwiseRuns.rows);
  const rowStep = word(params, DepthwiseRuns.rowStep);
  const columnStep = word(params, DepthwiseRuns.columnStep);
  const weightStep = word(params, DepthwiseRuns.weightStep);
  const outputStep = word(params, DepthwiseRuns.outputStep);

  for (let unit = from; unit < to; unit++) {
    const run = runs + (<usize>unit << 3);
    const input = inputs + load<i32>(run);
    const offset = load<i32>(run, 4);
    const output = outputs + offset;
    const residual = residuals === 0 ? 0 : residuals + offset - ${SHIFT};
    ${SHAPES.map((shape) => `if (${suits(shape)}) ${nameOf(shape)}(${ARGUMENTS});`).join('\n    else ')}
  }
}
${SHAPES.map((shape) => printRun(shape, vectors, arithmetic)).join('\n')}`;
}

const nameOf = ({ width, stride, length }: RunShape): string => `runOf${length}_${width}by${stride}`;

function printRun(shape: RunShape, vectors: 1 | 2, arithmetic: Arithmetic): string {
  const { width, length, stride } = shape;
  const quarters = range(vectors);
  const at = (q: number) => SHIFT + 16 * q;
  /** A line for each output and four of its channels. Pairs stand side by side, for V8 to fuse. */
  const each = (line: (output: number, q: number) => string) =>
    lines(length, (output) => quarters.map((q) => line(output, q)).join('\n'));
  return `
function ${nameOf(shape)}(${ARGUMENTS.replaceAll(/\w+/g, '$&: usize')}): void {
  ${printLoadClamp()}
  for (let channel: usize = 0; channel < channelBytes; channel += ${16 * vectors}) {
    ${each((output, q) => `let c${output}${q} = v128.load(bias + channel, ${at(q)});`)}
    let first = input + channel;
    let weight = weights + channel;
    for (let row: usize = 0; row < rows; row++) {
      ${lines(width, (tap) =>
        [...quarters.map((q) => `const w${tap}${q} = v128.load(weight, ${at(q)});`), 'weight += weightStep;'].join(
          '\n',
        ),
      )}
      let column = first;
      ${lines((length - 1) * stride + width, (column) => printColumn(column, shape, vectors, arithmetic))}
      first += rowStep;
    }
    if (residual !== 0) {
      let added = residual + channel;
      ${lines(length, (output) =>
        [
          ...quarters.map((q) => `c${output}${q} = f32x4.add(c${output}${q}, v128.load(added, ${at(q)}));`),
          'added += outputStep;',
        ].join('\n'),
      )}
    }
    ${each((output, q) => `c${output}${q} = ${clamped(`c${output}${q}`, q)};`)}
    let to = output + channel;
    ${lines(length, (output) =>
      [...quarters.map((q) => `v128.store(to, c${output}${q}, ${at(q)});`), 'to += outputStep;'].join('\n'),
    )}
  }
}
`;
}

/** A column of the windows, for each output that sees it. */
function printColumn(column: number, { width, length, stride }: RunShape, vectors: number, arithmetic: Arithmetic) {
  const quarters = range(vectors);
  const seenBy = range(length).filter((output) => column - output * stride >= 0 && column - output * stride < width);
  return [
    ...quarters.map((q) => `const x${column}${q} = v128.load(column, ${SHIFT + 16 * q});`),
    ...seenBy.flatMap((output) =>
      quarters.map((q) => {
        const sum = `c${output}${q}`;
        return `${sum} = ${madd(arithmetic, `x${column}${q}`, `w${column - output * stride}${q}`, sum)};`;
      }),
    ),
    'column += columnStep;',
  ].join('\n');
}
