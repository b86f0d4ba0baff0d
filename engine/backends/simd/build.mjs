/**
 * Builds the kernels: `dist/engine/backends/simd/kernels-relaxed.wasm` and `kernels-plain.wasm`, each with its printed sources in
 * `dist/engine/backends/simd/assembly-*` for whoever wants to read them. Run by `npm run build`, after tsc.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { compileKernels, MODULES } from './compile-kernels.mjs';

const output = new URL('../../../dist/engine/backends/simd/', import.meta.url);
for (const arithmetic of MODULES) {
  const { wasm, printed } = await compileKernels(arithmetic);
  await writeFile(new URL(`kernels-${arithmetic}.wasm`, output), wasm);
  const readable = new URL(`assembly-${arithmetic}/`, output);
  for (const [path, text] of printed) {
    const file = new URL(path, readable);
    await mkdir(new URL('./', file), { recursive: true });
    await writeFile(file, text);
  }
}
