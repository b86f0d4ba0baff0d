/** Compiles the kernel: `data/images/kernel/assembly/sums.ts` → `dist/data/images/sums.wasm`. Run by `npm run build`. */
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { error, stderr } = await main([
  'data/images/kernel/assembly/sums.ts',
  ...['--baseDir', root, '--outFile', 'dist/data/images/sums.wasm', '--enable', 'simd'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
]);
if (error) throw new Error(`data/images/kernel/assembly/sums.ts: ${stderr.toString()}`, { cause: error });
