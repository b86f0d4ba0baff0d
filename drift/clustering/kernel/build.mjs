/** Compiles the kernel: `drift/clustering/kernel/assembly/kernel.ts` → `dist/drift/clustering/kernel.wasm`. Run by `npm run build`. */
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { error, stderr } = await main([
  'drift/clustering/kernel/assembly/kernel.ts',
  ...['--baseDir', root, '--outFile', 'dist/drift/clustering/kernel.wasm', '--enable', 'simd'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
]);
if (error) throw new Error(`drift/clustering/kernel/assembly/kernel.ts: ${stderr.toString()}`, { cause: error });
