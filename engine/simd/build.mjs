/**
 * Compiles the kernels: `assembly/*.ts` and what the printer prints beside them → `dist/engine/simd/kernels-relaxed.wasm`
 * and `kernels-plain.wasm`, each with its printed sources in `dist/engine/simd/assembly-*` for whoever wants to read them.
 * Run by `npm run build`, after tsc; `build.mjs FOLDER` writes to another folder than `dist/engine/simd`.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = 'engine/simd/assembly';
const target = resolve(process.argv[2] ?? join(root, 'dist/engine/simd'));
const { MODULES, printModule } = await import(new URL('../../dist/engine/simd/printer/modules.js', import.meta.url));

for (const arithmetic of MODULES) {
  const printed = printModule(arithmetic);
  const readable = join(target, `assembly-${arithmetic}`);
  await mkdir(readable, { recursive: true });
  for (const [name, text] of printed) await writeFile(join(readable, name), text);

  const { error, stderr } = await main(
    [
      `${folder}/kernels.ts`,
      ...['--outFile', `${target}/kernels-${arithmetic}.wasm`],
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
      writeFile: async (name, contents) => writeFile(resolve(root, name), contents),
    },
  );
  if (error) throw new Error(`${folder} (${arithmetic}): ${stderr.toString()}`, { cause: error });
}
