/** The sources that are printed for each module, and its exports. */
import { TILE_BYTES } from '../abi.js';
import { KERNELS, type KernelFolder } from '../kernels/registry.js';
import { enumName, SHIFT } from '../printing/text.js';
import { type KernelModule, MODULES } from './modules.js';

/** The source that exports all kernels. */
export const ENTRY = 'kernels.ts';

/** Sizes that the sources written by hand need. */
const SIZES = 'printing/assembly/sizes.ts';

/** Path → text of the printed sources, beside those in `assembly/`. @param name of one of `MODULES` */
export async function printModule(name: string): Promise<Map<string, string>> {
  const module = MODULES.find((one) => one.name === name);
  if (module === undefined) throw new Error(`No module is called ${name}.`);
  const files = new Map([[SIZES, printConstants({ SHIFT, TILE_BYTES })]]);
  for (const kernels of KERNELS) {
    const words = `${assemblyOf(kernels)}/words.ts`;
    files.set(words, (files.get(words) ?? '') + printWords(kernels));
  }
  const written = KERNELS.filter(({ print }) => print === undefined).map((kernels) => {
    return printExport(
      kernels.calls.map(({ name }) => name),
      `${assemblyOf(kernels)}/${kernels.source ?? kernels.folder}`,
    );
  });
  const printed: string[] = [];
  for (const kernels of KERNELS) {
    for (const { file, text, exports } of await sourcesOf(kernels, module)) {
      const path = `${assemblyOf(kernels)}/${file}_${module.tile}`;
      files.set(`${path}.ts`, text);
      const names = exports.map((name) => `${name}_${module.tile}`);
      if (names.length > 0) printed.push(printExport(names, path));
    }
  }
  return files.set(ENTRY, [...written, ...printed, ''].join('\n'));
}

function assemblyOf({ folder }: KernelFolder): string {
  return `kernels/${folder}/assembly`;
}

async function sourcesOf({ print }: KernelFolder, { rows, build }: KernelModule) {
  return print === undefined ? [] : (await print()).print(rows, build);
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
