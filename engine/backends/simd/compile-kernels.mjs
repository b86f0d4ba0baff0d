/**
 * The kernels' sources to WebAssembly: what is written by hand in the folders `assembly/`, and what is printed beside it (by
 * code that tsc compiled before). Gives the same bytes for the same sources.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = 'engine/backends/simd';
const { ENTRY, MODULES, printModule } = await import(new URL(`../../../dist/${folder}/builds/print-module.js`, import.meta.url));

export { MODULES };

/**
 * @param tiles all that the module has when it is left out
 * @returns the module, and its printed sources by their paths in this folder
 */
export async function compileKernels(arithmetic, tiles) {
  const printed = await printModule(arithmetic, tiles);
  const outFile = 'kernels.wasm';
  let wasm = null;
  const { error, stderr } = await main(
    [
      `${folder}/${ENTRY}`,
      ...['--baseDir', root, '--outFile', outFile],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
      ...['--enable', 'simd', '--enable', 'relaxed-simd', '--enable', 'threads', '--enable', 'bulk-memory'],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', '0'],
    ],
    {
      // Printed files lie, for the compiler, beside those that are written by hand.
      readFile: async (name) => {
        const own = name.startsWith(`${folder}/`) ? printed.get(name.slice(folder.length + 1)) : undefined;
        return own ?? (await readFile(join(root, name), 'utf8').catch(() => null));
      },
      writeFile: async (name, contents) => {
        if (name === outFile) wasm = contents;
      },
    },
  );
  if (error || wasm === null) throw new Error(`${folder} (${arithmetic}): ${stderr.toString()}`, { cause: error });
  return { wasm, printed };
}
