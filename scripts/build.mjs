/**
 * Builds both packages and their specs: `npm run build`. It skips what has not changed since the last build; `--force`
 * builds everything.
 */
import { fileURLToPath } from 'node:url';
import { kernelSteps } from './build/assemblyscript.mjs';
import { bundle } from './build/bundle.mjs';
import { command } from './build/command.mjs';
import { KERNELS } from './build/kernels.mjs';
import { bundledProgram } from './build/program.mjs';
import { runSteps } from './build/run-steps.mjs';
import { typescript } from './build/typescript.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const steps = [
  // Each of these three is compiled against the declarations of the projects before it.
  typescript(root, 'image-drift', 'tsconfig.json'),
  typescript(root, 'image-drift-emulator', 'fiddler/emulator/tsconfig.json'),
  typescript(root, 'specs and benchmarks', 'spec/tsconfig.json'),
  typescript(root, "report's page: types", 'report/client/tsconfig.json'),
  bundle(root, "report's page", 'report/client/main.ts', 'dist/report/client'),
  bundledProgram(root, 'command line', {
    entries: [
      'cli/start',
      'cli/computing-thread',
      'data/images/pool/image-worker',
      'engine/workers/worker',
      'pipeline/explain/look-thread',
      'engine/backends/onnxruntime/apart-process',
      'engine/doctor/self-test',
      'engine/backends/simd/trial/search-process',
    ],
    packages: ['zod', 'hyparquet'],
    outputs: 'dist',
    out: 'dist/bundled',
  }),
  ...KERNELS.flatMap((kernel) => kernelSteps(root, kernel)),
  typescript(root, "emulator's page: types", 'fiddler/emulator/page/client/tsconfig.json'),
  command(root, "emulator's page", {
    script: 'fiddler/emulator/page/bundle.mjs',
    folders: ['fiddler/emulator/page/client'],
    wrote: ['fiddler/emulator/dist/page/client.js', 'fiddler/emulator/dist/page/client.css'],
  }),
];

try {
  const { ran, removed } = await runSteps(root, steps, {
    force: process.argv.includes('--force'),
    report: (name, seconds) => seconds !== null && console.log(`${name}: ${seconds.toFixed(1)} s`),
  });
  if (removed.length > 0) console.log(`Removed ${removed.length} files from dist/ that nothing makes any more.`);
  console.log(ran.length === 0 ? 'Nothing to build.' : `Built ${ran.length} of ${steps.length} steps.`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
