/** Prints `PARAMETERS` as enums of word numbers, so that kernels read what the plan writes. */
import { NOWHERE, PAIR_BYTES, PARAMETERS, TILE_BYTES } from '../abi.js';
import { SHIFT } from './text.js';

export function printParameters(): string {
  const enums = Object.entries(PARAMETERS).map(([kernel, words]) => {
    const name = kernel === 'winograd4' ? 'Winograd' : kernel[0]!.toUpperCase() + kernel.slice(1);
    return `export const enum ${name} { ${words.map((word, i) => `${word} = ${i}`).join(', ')} }`;
  });
  const sizes = Object.entries({ SHIFT, TILE_BYTES, PAIR_BYTES });
  return [
    ...enums,
    `export const NOWHERE: i32 = ${NOWHERE};`,
    ...sizes.map(([name, bytes]) => `export const ${name}: usize = ${bytes};`),
    '',
  ].join('\n');
}
