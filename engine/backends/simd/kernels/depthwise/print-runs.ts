/**
 * Prints `depthwiseRuns`: outputs side by side in a row of the map. Their windows overlap, so a column of a window is
 * loaded once for all of them. Channels go in steps of 8, or of 4 if V8 does not fuse. Then the accumulators of a run
 * and a row of weights stay in registers. Columns in the padding are read from zeros, or skipped, whichever is
 * faster.
 */
import { clamped, printLoadClamp } from '../../printing/matrix-tile.js';
import { type Arithmetic, lines, madd, range, SHIFT } from '../../printing/text.js';
import { mostCut, RUN_BYTES, RUN_SHAPES, type RunShape, runColumns } from './plan.js';

const ARGUMENTS =
  'input, output, residual, weights, bias, clamp, channelBytes, rows, rowStep, columnStep, weightStep, outputStep, left, right, zeros';

/** @param vectors of 128 bits in a step */
export function printDepthwiseRuns(tileRows: number, vectors: 1 | 2, arithmetic: Arithmetic): string {
  const suits = ({ width, stride, length }: RunShape) =>
    `width === ${width} && stride === ${stride} && length === ${length}`;
  const shapes = RUN_SHAPES.filter((shape) => partsOf(shape, vectors) === null);
  return `import { optional, word } from '../../../printing/assembly/word';
import { DepthwiseRuns } from './words';

export function depthwiseRuns_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
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
  const zeros = scratch - ${SHIFT};
  memory.fill(scratch, 0, channelBytes);

  for (let unit = from; unit < to; unit++) {
    const run = runs + <usize>unit * ${RUN_BYTES};
    const input = inputs + load<i32>(run);
    const offset = load<i32>(run, 4);
    const output = outputs + offset;
    const residual = residuals === 0 ? 0 : residuals + offset - ${SHIFT};
    const left = load<u32>(run, 8);
    const right = load<u32>(run, 12);
    ${RUN_SHAPES.map((shape) => `if (${suits(shape)}) { ${printCall(shape, vectors)} }`).join('\n    else ')}
  }
}
${shapes.map((shape) => printRun(shape, vectors, arithmetic)).join('\n')}`;
}

/** Without 256 bits, V8 loads all columns at once, too many for the registers: the longest run is two shorter ones. */
function partsOf({ length }: RunShape, vectors: 1 | 2): readonly [number, number] | null {
  return vectors === 1 && length === 7 ? [4, 3] : null;
}

function printCall(shape: RunShape, vectors: 1 | 2): string {
  const parts = partsOf(shape, vectors);
  if (parts === null) return `${nameOf(shape)}(${ARGUMENTS});`;
  const [first, second] = parts;
  const moved: Readonly<Record<string, string>> = {
    input: `input + ${first * shape.stride} * columnStep`,
    output: `output + ${first} * outputStep`,
    residual: `residual === 0 ? 0 : residual + ${first} * outputStep`,
    left: '0',
  };
  const rest = ARGUMENTS.replaceAll(/\w+/g, (name) => moved[name] ?? name);
  return `${nameOf({ ...shape, length: first })}(${ARGUMENTS.replace(/\bright\b/, '0')});
      ${nameOf({ ...shape, length: second })}(${rest});`;
}

const nameOf = ({ width, stride, length }: RunShape): string => `runOf${length}_${width}by${stride}`;

function printRun(shape: RunShape, vectors: 1 | 2, arithmetic: Arithmetic): string {
  const { width, length } = shape;
  const quarters = range(vectors);
  const ends = skipsEnds(shape) ? [] : range(runColumns(shape)).filter((column) => isEnd(column, shape));
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
    ${lines(ends.length, (i) => printEnd(ends[i]!, shape))}
    for (let row: usize = 0; row < rows; row++) {
      ${lines(width, (tap) =>
        [...quarters.map((q) => `const w${tap}${q} = v128.load(weight, ${at(q)});`), 'weight += weightStep;'].join(
          '\n',
        ),
      )}
      let column = first;
      ${lines(runColumns(shape), (column) => printColumn(column, shape, vectors, arithmetic))}
      first += rowStep;
      ${lines(ends.length, (i) => `end${ends[i]} += step${ends[i]};`)}
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

/** Whether a column may lie in the padding. */
function isEnd(column: number, shape: RunShape): boolean {
  return Math.min(column, runColumns(shape) - 1 - column) < mostCut(shape.width);
}

/**
 * Zeros need an address for each column at an end. With those of wide windows there are too few registers, and branches
 * are faster by a seventh; with windows 3 wide, branches are slower by a third.
 */
function skipsEnds({ width, stride }: RunShape): boolean {
  return width >= 5 && stride === 1;
}

/** Whether a column at an end lies in the padding. */
function printIsOutside(column: number, shape: RunShape): string {
  const fromRight = runColumns(shape) - 1 - column;
  return column < fromRight ? `left > ${column}` : `right > ${fromRight}`;
}

/** Where a column at an end is read, and how far its next row is. */
function printEnd(column: number, shape: RunShape): string {
  const isOutside = printIsOutside(column, shape);
  return `let end${column} = (${isOutside} ? zeros : input + ${column} * columnStep) + channel;
    const step${column}: usize = ${isOutside} ? 0 : rowStep;`;
}

/** A column of the windows, for each output that sees it. */
function printColumn(column: number, shape: RunShape, vectors: number, arithmetic: Arithmetic): string {
  const { width, length, stride } = shape;
  const quarters = range(vectors);
  const seenBy = range(length).filter((output) => column - output * stride >= 0 && column - output * stride < width);
  const skips = skipsEnds(shape);
  const end = isEnd(column, shape);
  const address = end && !skips ? `end${column}` : 'column';
  const products = [
    ...quarters.map((q) => `const x${column}${q} = v128.load(${address}, ${SHIFT + 16 * q});`),
    ...seenBy.flatMap((output) =>
      quarters.map((q) => {
        const sum = `c${output}${q}`;
        return `${sum} = ${madd(arithmetic, `x${column}${q}`, `w${column - output * stride}${q}`, sum)};`;
      }),
    ),
  ].join('\n');
  return `${end && skips ? `if (!(${printIsOutside(column, shape)})) {\n${products}\n}` : products}
column += columnStep;`;
}
