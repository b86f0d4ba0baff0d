/** The two modules: the sources that are printed for each, and their exports. */
import { TILE_BYTES } from '../abi/layout.js';
import type { KernelFolder } from '../kernels/kernel.js';
import { KERNELS } from '../kernels/registry.js';
import { type Arithmetic, enumName, SHIFT } from '../printing/text.js';

export const MODULES: readonly Arithmetic[] = ['relaxed', 'plain'];
/**
 * Rows of tiles. Every kernel whose speed depends on the tile exists once for each: the largest tile that fits
 * registers of 256 bits, and one for 128 bits. In `plain`, a product takes a register before it is added. See
 * `matrix-tile.ts`.
 */
export const TILES: Readonly<Record<Arithmetic, readonly number[]>> = { relaxed: [6, 2], plain: [4, 2] };

/** The source that exports all kernels. */
export const ENTRY = 'kernels.ts';

/** Sizes that the sources written by hand need. */
const SIZES = 'printing/assembly/sizes.ts';

/**
 * Path → text of the printed sources; the folders `assembly/` have the others. Paths are relative to this engine's
 * folder.
 */
export async function printModule(arithmetic: Arithmetic, tiles = TILES[arithmetic]): Promise<Map<string, string>> {
  const files = new Map([[SIZES, printConstants({ SHIFT, TILE_BYTES })]]);
  for (const kernels of KERNELS) files.set(`${assemblyOf(kernels)}/words.ts`, printWords(kernels));
  const written = KERNELS.filter(({ print }) => print === undefined).map((kernels) => {
    return printExport(
      kernels.calls.map(({ name }) => name),
      `${assemblyOf(kernels)}/${kernels.folder}`,
    );
  });
  const printed: string[] = [];
  for (const rows of tiles) {
    for (const kernels of KERNELS) {
      for (const { file, text, exports } of await sourcesOf(kernels, rows, arithmetic)) {
        const path = `${assemblyOf(kernels)}/${file}_${rows}x16`;
        files.set(`${path}.ts`, text);
        const names = exports.map((name) => `${name}_${rows}x16`);
        if (names.length > 0) printed.push(printExport(names, path));
      }
    }
  }
  return files.set(ENTRY, [...written, ...printed, ''].join('\n'));
}

function assemblyOf({ folder }: KernelFolder): string {
  return `kernels/${folder}/assembly`;
}

async function sourcesOf({ print }: KernelFolder, rows: number, arithmetic: Arithmetic) {
  return print === undefined ? [] : (await print()).print(rows, arithmetic);
}

function printExport(names: readonly string[], path: string): string {
  return `export { ${names.join(', ')} } from './${path}';`;
}

/** The words of the calls as enums of their numbers, so that kernels read what the plan writes. */
function printWords({ calls, constants = {} }: KernelFolder): string {
  const enums = calls.map(({ name, words }) => {
    return `export const enum ${enumName(name)} { ${words.map((word, i) => `${word} = ${i}`).join(', ')} }\n`;
  });
  return enums.join('') + printConstants(constants);
}

function printConstants(constants: Readonly<Record<string, number>>): string {
  const lines = Object.entries(constants).map(([name, value]) => {
    return `export const ${name}: ${value < 0 ? 'i32' : 'usize'} = ${value};\n`;
  });
  return lines.join('');
}
