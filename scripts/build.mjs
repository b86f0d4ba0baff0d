/**
 * Builds both packages and their specs: `npm run build`. The compiler and the kernels skip what has not changed;
 * `rm -rf dist fiddler/emulator/dist` before it builds everything.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packAssets } from './build/assets.mjs';
import { bundlePage, bundleProgram, bundleSite } from './build/bundles.mjs';
import { buildKernel, KERNELS, sourcesDigest } from './build/kernels.mjs';
import { removeDead } from './build/remove-dead.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders of the TypeScript projects; each is compiled against the declarations of those that it refers to. */
const PROJECTS = ['.', 'fiddler/emulator', 'spec', 'report/client', 'fiddler/emulator/page/client', 'page/client'];

/** Modules that run as scripts of their own: the command line, its threads and its processes. */
const SCRIPTS = [
  'cli/start',
  'cli/computing-thread',
  'data/images/pool/image-worker',
  'engine/workers/worker',
  'pipeline/explain/look-thread',
  'engine/backends/onnxruntime/apart-process',
  'engine/backends/webgpu/probe',
  'engine/doctor/self-test',
  'engine/backends/simd/trial/search-process',
];

async function step(name, run) {
  const started = performance.now();
  const hasRun = await run();
  if (hasRun !== false) console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-b', ...PROJECTS], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the compiler found errors');
}

try {
  await step('TypeScript', compile);
  removeDead(root, { 'fiddler/emulator/dist': 'fiddler/emulator', dist: '.' });
  await step('bundles', async () => {
    await bundlePage(root, 'report/client/main.ts', 'dist/report/client');
    await bundlePage(root, 'report/client/labels/main.ts', 'dist/report/labels');
    await bundlePage(root, 'fiddler/emulator/page/client/main.ts', 'fiddler/emulator/dist/page/client');
    await bundleProgram(root, {
      entries: SCRIPTS,
      packages: ['zod', 'hyparquet', 'yargs'],
      outputs: 'dist',
      out: 'dist/bundled',
    });
  });
  const sources = sourcesDigest(root);
  for (const kernel of KERNELS) await step(kernel.output, () => buildKernel(root, kernel, sources));
  packAssets(
    root,
    KERNELS.map(({ output }) => output),
  );
  await step('page', () =>
    bundleSite(root, {
      entries: {
        page: 'page/client/main.ts',
        pipeline: 'dist/page/run/worker.js',
        worker: 'dist/engine/workers/worker.js',
        'image-worker': 'dist/data/images/pool/image-worker.js',
      },
      html: 'page/client/index.html',
      out: 'dist/page/site',
      report: 'dist/report/client',
    }),
  );
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
