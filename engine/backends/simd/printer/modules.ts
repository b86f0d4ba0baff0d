/** The two modules: which files are printed for each, and what they export. */
import { printConvolution } from './convolution.js';
import { printDepthwise } from './depthwise.js';
import { printDepthwiseRuns } from './depthwise-runs.js';
import type { Arithmetic } from './madd.js';
import { printParameters } from './parameters.js';
import { printStrassen } from './strassen.js';
import { printWinograd } from './winograd.js';
import { printTransforms } from './winograd-passes.js';

export const MODULES: readonly Arithmetic[] = ['relaxed', 'plain'];
/**
 * Rows of the tiles in which every kernel comes whose speed depends on them: the largest for registers of 256 bits, where
 * a product takes one for itself if it is not added to the sum at once, and one for 128; see `matrix-tile.ts`.
 */
export const TILES: Readonly<Record<Arithmetic, readonly number[]>> = { relaxed: [6, 2], plain: [4, 2] };

/** Kernels that are written by hand, in `assembly/`. */
const WRITTEN = {
  elementwise: ['add', 'copyChannels'],
  pixels: ['packChannels', 'packRows'],
  pooling: ['averagePool', 'maxPool'],
  softmax: ['softmax'],
};

/** File name → text, beside those of `assembly/`; `kernels.ts` is the entry. */
export function printModule(arithmetic: Arithmetic, tiles = TILES[arithmetic]): Map<string, string> {
  const files = new Map([['parameters.ts', printParameters()]]);
  for (const rows of tiles) {
    files.set(`convolution_${rows}x16.ts`, printConvolution(rows, arithmetic));
    // V8 12 (Node 22), for which the tile of 4 rows is, gains nothing from fused inputs: as trees they load too much.
    const input = rows === 6 ? 'pairs' : 'halves';
    const output = rows === 4 ? 'trees' : input;
    files.set(`depthwise_${rows}x16.ts`, printDepthwise(rows, rows === 6 ? 4 : 2, arithmetic));
    files.set(`depthwiseRuns_${rows}x16.ts`, printDepthwiseRuns(rows, rows === 6 ? 2 : 1, arithmetic));
    files.set(`strassen_${rows}x16.ts`, printStrassen(rows, arithmetic));
    files.set(`transforms_${rows}x16.ts`, printTransforms({ arithmetic, input, output }));
    files.set(`winograd_${rows}x16.ts`, printWinograd(rows, arithmetic));
  }
  const exported = Object.entries(WRITTEN).map(([file, names]) => `export { ${names.join(', ')} } from './${file}';`);
  const printed = tiles.flatMap((rows) => [
    `export { convolution_${rows}x16 } from './convolution_${rows}x16';`,
    `export { depthwise_${rows}x16 } from './depthwise_${rows}x16';`,
    `export { depthwiseRuns_${rows}x16 } from './depthwiseRuns_${rows}x16';`,
    `export { strassen_${rows}x16 } from './strassen_${rows}x16';`,
    `export { winograd4_${rows}x16, winograd2_${rows}x16, toeplitz2_${rows}x16 } from './winograd_${rows}x16';`,
  ]);
  return files.set('kernels.ts', [...exported, ...printed, ''].join('\n'));
}
