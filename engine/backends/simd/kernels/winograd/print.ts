/** Prints the Winograd kernels: transformed inputs of a unit, products by points, outputs; in blocks of panels. */
import {
  printAdd,
  printBySize,
  printLoop,
  printNextRows,
  printStart,
  printStore,
  tileFamily,
} from '../../printing/matrix-tile.js';
import type { PrintKernels } from '../../printing/text.js';
import { type Arithmetic, enumName, lines, SHIFT } from '../../printing/text.js';
import { passBytes, printTransforms } from './print-passes.js';
import { SPARE_ROWS, TRANSFORMS, type TransformKernel, tileWords } from './tiles.js';

/** The L2 cache of most processors is at least this large. */
const L2_BYTES = 1 << 20;
/** Filters of fewer bytes stay in an L3 cache from unit to unit. They come from there while products run. */
const L3_BYTES = 4 << 20;

const KERNELS = Object.keys(TRANSFORMS) as TransformKernel[];

export const print: PrintKernels = (tileRows, arithmetic) => {
  // V8 12 (Node 22) uses the tile of 4 rows and gains nothing from fused inputs: as trees they load too much.
  const input = tileRows === 6 ? 'pairs' : 'halves';
  const output = tileRows === 4 ? 'trees' : input;
  return [
    { file: 'transforms', text: printTransforms(KERNELS, { arithmetic, input, output }), exports: [] },
    { file: 'winograd', text: printWinograd(KERNELS, tileRows, arithmetic), exports: KERNELS },
  ];
};

function printWinograd(names: readonly TransformKernel[], tileRows: number, arithmetic: Arithmetic): string {
  return `import { touch } from '../../../printing/assembly/touch';
import { optional, padded, word } from '../../../printing/assembly/word';
import { prepare, ${names.map((name) => `input_${name}, output_${name}`).join(', ')} } from './transforms_${tileRows}x16';
import { ${names.map(enumName).join(', ')} } from './words';

${tileFamily(tileRows)
  .map((rows) => printProduct(rows, arithmetic))
  .join('\n')}
${printNextRows(tileRows)}

/** \`C = A·B\` of so many rows of A, \`aBytes\` each, and one panel; rows are cut as \`tileSizes\` says. */
function product(a: usize, aBytes: usize, b: usize, kBytes: usize, blockBytes: usize, c: usize, count: usize, zeros: usize): void {
  for (let left = <isize>count; left > 0; ) {
    const rows = nextRows(left);
    ${printBySize(tileRows, (rows) => `product${rows}(a, aBytes, b, kBytes, blockBytes, c, zeros);`)}
    a += rows * aBytes;
    c += rows * 64;
    left -= rows;
  }
}

${names.map((name) => printKernel(name, tileRows)).join('\n')}`;
}

function printProduct(rows: number, arithmetic: Arithmetic): string {
  return `function product${rows}(a0: usize, aBytes: usize, b: usize, kBytes: usize, blockBytes: usize, c: usize, zeros: usize): void {
b -= ${SHIFT};
c -= ${SHIFT};
zeros -= ${SHIFT};
${lines(rows - 1, (r) => `let a${r + 1} = a${r} + aBytes;`)}
const bEnd = b + kBytes;
const firstEnd = b + blockBytes;
do {
  ${printStart(rows, 'zeros')}
  const end = min(b + blockBytes, bEnd);
  ${printLoop(rows, arithmetic)}
  if (b > firstEnd) {
${lines(rows, (r) => printAdd(r, 'c', 64 * r))}
  }
${lines(rows, (r) => printStore(r, 'c', 64 * r))}
} while (b !== bEnd);
}
`;
}

function printKernel(name: TransformKernel, tileRows: number): string {
  const count = TRANSFORMS[name].points ** 2;
  const tileBytes = 4 * tileWords(name);
  const words = enumName(name);
  return `
export function ${name}_${tileRows}x16(params: usize, arena: usize, from: u32, to: u32, scratch: usize): void {
  const input = arena + word(params, ${words}.inputOffset);
  const outputs = arena + word(params, ${words}.outputOffset);
  const residuals = optional(arena, word(params, ${words}.residualOffset));
  const weights = word(params, ${words}.weightsAt);
  const bias = word(params, ${words}.biasAt);
  const clamp = word(params, ${words}.clampAt);
  const ranges = word(params, ${words}.rangesAt);
  const tiles = word(params, ${words}.tiles);
  const tilesPerUnit = word(params, ${words}.tilesPerUnit);
  const images = word(params, ${words}.images);
  const k = word(params, ${words}.k);
  const blockBytes = word(params, ${words}.termsPerBlock) << 6;
  const inputBytes = word(params, ${words}.inputStride) << 2;
  const panels = word(params, ${words}.panels);
  const outputBytes = word(params, ${words}.outputStride) << 2;
  const pointBytes = word(params, ${words}.pointBytes);
  const panelsPerBlock = word(params, ${words}.panelsPerBlock);

  const channelBytes = ((k + 15) & ~15) << 2;
  const mostRows = tilesPerUnit * images + ${SPARE_ROWS};
  const inputStride = padded(mostRows * channelBytes);
  const productStride = padded(mostRows * 64);
  const transformed = scratch + ${passBytes(TRANSFORMS[name].points)};
  const products = transformed + ${count} * inputStride;
  prepare(scratch);
  // Products have few rows: filters from memory would come too slowly.
  const filterBytes = ${count} * pointBytes;

  let read: i32 = 0;
  for (let unit = from; unit < to; unit++) {
    const isFar = filterBytes > (unit === from ? ${L2_BYTES} : ${L3_BYTES});
    const first = <usize>unit * tilesPerUnit;
    const end = min(tiles, first + tilesPerUnit);
    const tables = word(params, ${words}.tilesAt) + first * ${tileBytes};
    for (let tile: usize = 0; tile < end - first; tile++) {
      const rows = transformed + tile * images * channelBytes;
      input_${name}(tables + tile * ${tileBytes}, input, inputBytes, images, channelBytes, rows, inputStride, scratch);
    }
    for (let panel: usize = 0; panel < panels; panel += panelsPerBlock) {
      const block = min(panelsPerBlock, panels - panel);
      for (let point: usize = 0; point < ${count}; point++) {
        const firstTile = max(first, load<u32>(ranges + (point << 3)));
        const endTile = min(end, load<u32>(ranges + (point << 3), 4));
        if (firstTile >= endTile) continue;
        const row = (firstTile - first) * images;
        for (let p: usize = 0; p < block; p++) {
          const factors = weights + point * pointBytes + ((panel + p) * k << 6);
          if (isFar) read |= touch(factors, k << 6);
          product(
            transformed + point * inputStride + row * channelBytes,
            channelBytes,
            factors,
            k << 6,
            blockBytes,
            products + (p * ${count} + point) * productStride + (row << 6),
            (endTile - firstTile) * images,
            scratch,
          );
        }
      }
      for (let p: usize = 0; p < block; p++) {
        const channel = (panel + p) << 6;
        for (let tile: usize = 0; tile < end - first; tile++) {
          output_${name}(
            tables + tile * ${tileBytes},
            products + p * ${count} * productStride + (tile * images << 6),
            productStride,
            images,
            outputs + channel,
            residuals === 0 ? 0 : residuals + channel,
            outputBytes,
            bias + channel,
            clamp,
            scratch,
          );
        }
      }
    }
  }
  store<i32>(scratch, read);
}
`;
}
