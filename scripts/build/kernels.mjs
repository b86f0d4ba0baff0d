/**
 * The modules of WebAssembly that are compiled from AssemblyScript. A new one is an entry of `KERNELS`.
 *
 * - `entry`: the source that exports the kernels.
 * - `printed`: for sources that a program prints. `print` is the program, compiled TypeScript: `module` exports
 *   `printModule(name)`, which gives a promise of path → text. The compiler finds the texts in the folder `at`; they stay below
 *   `from`, where they can be read.
 * - `output`: the `.wasm` file. The same sources give the same bytes.
 * - `flags`: of the compiler, besides `COMMON_FLAGS`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const COMMON_FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'];

const SHARED_MEMORY = [
  ...['--enable', 'relaxed-simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', '0'],
];

/** Where the key of each kernel's last output is kept. */
const KEYS = 'dist/.kernels';

const SIMD = 'engine/backends/simd';

function simd(module) {
  const from = `dist/${SIMD}/assembly-${module}`;
  return {
    entry: `${SIMD}/kernels.ts`,
    printed: {
      at: SIMD,
      from,
      print: { module: `dist/${SIMD}/builds/print-module.js`, name: module },
    },
    output: `dist/${SIMD}/kernels-${module}.wasm`,
    flags: SHARED_MEMORY,
  };
}

/** `engine/backends/simd/builds/modules.ts` has the same, and is compiled later. */
const MODULES = ['relaxed-6x16', 'relaxed-2x16', 'plain-4x16', 'plain-2x16'];

export const KERNELS = [
  ...MODULES.map(simd),
  {
    entry: 'platform/page/kernel/assembly/sha256.ts',
    output: 'dist/platform/page/sha256.wasm',
    flags: [],
  },
  {
    entry: `${SIMD}/packing/assembly/interleave.ts`,
    output: `dist/${SIMD}/packing/interleave.wasm`,
    flags: [],
  },
  {
    entry: 'drift/clustering/kernel/assembly/kernel.ts',
    output: 'dist/drift/clustering/kernel.wasm',
    flags: [],
  },
  {
    entry: 'drift/tests/kernel/assembly/gaussian.ts',
    output: 'dist/drift/tests/gaussian.wasm',
    flags: [],
  },
  {
    entry: 'drift/tests/kernel/assembly/pairs.ts',
    output: 'dist/drift/tests/pairs.wasm',
    flags: [],
  },
  {
    entry: 'data/images/statistics/kernel/assembly/sums.ts',
    output: 'dist/data/images/statistics/sums.wasm',
    flags: [],
  },
  {
    entry: 'data/images/statistics/kernel/assembly/looks.ts',
    output: 'dist/data/images/statistics/looks.wasm',
    flags: [],
  },
  {
    entry: 'data/images/resize/kernel/assembly/resize.ts',
    output: 'dist/data/images/resize/resize.wasm',
    flags: [],
  },
];

/**
 * What all kernels depend on. Any source counts for each of them: what one imports is known only to the compiler.
 */
export function sourcesDigest(root) {
  const hash = createHash('sha256');
  for (const path of ['node_modules/assemblyscript/package.json', ...assemblySources(root)]) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

function assemblySources(root) {
  const isSource = (path) => path.endsWith('.ts') && path.split(sep).includes('assembly');
  return ['data', 'drift', 'engine', 'platform']
    .flatMap((room) => readdirSync(join(root, room), { recursive: true }).map((path) => join(room, path)))
    .filter(isSource)
    .sort();
}

/**
 * Compiles a kernel, unless its sources, its flags and the compiler are those of its last output.
 *
 * @param sources result of `sourcesDigest`
 * @returns false if there was nothing to do
 */
export async function buildKernel(root, kernel, sources) {
  const texts = await printedTexts(root, kernel);
  const key = createHash('sha256')
    .update(JSON.stringify([sources, kernel, COMMON_FLAGS, [...texts]]))
    .digest('hex');
  const stamp = join(root, KEYS, `${posix.basename(kernel.output)}.key`);
  if (existsSync(join(root, kernel.output)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return false;
  for (const [name, text] of texts) write(join(root, kernel.printed.from, name), text);
  write(join(root, kernel.output), await compileKernel(root, kernel, texts));
  write(stamp, key);
}

async function printedTexts(root, { printed }) {
  if (printed === undefined) return new Map();
  const { printModule } = await import(pathToFileURL(join(root, printed.print.module)).href);
  return printModule(printed.print.name);
}

/** @returns the bytes of the module */
export async function compileKernel(root, { entry, printed, flags }, texts) {
  const { main } = await import('assemblyscript/asc');
  const outFile = 'kernel.wasm';
  let wasm = null;
  const { error, stderr } = await main([entry, '--baseDir', root, '--outFile', outFile, ...COMMON_FLAGS, ...flags], {
    readFile: (path) =>
      texts.get(printed === undefined ? path : posix.relative(printed.at, path)) ?? textOf(join(root, path)),
    writeFile: (name, contents) => {
      if (name === outFile) wasm = contents;
    },
  });
  if (error || wasm === null) throw new Error(`${entry}: ${stderr.toString()}`, { cause: error });
  return wasm;
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function write(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
