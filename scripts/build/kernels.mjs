/**
 * The modules of WebAssembly that are compiled from AssemblyScript. A new one is an entry of this list.
 *
 * - `entry`: the source that exports the kernels.
 * - `printed`: for sources that a program prints. `print` is the program: `module` exports `printModule(name)`, which
 *   gives a promise of path → text. The texts are written below `from`, and the compiler finds them in `at`.
 * - `output`: the `.wasm` file. The same sources give the same bytes.
 * - `flags`: of the compiler, besides `COMMON_FLAGS`.
 */
export const COMMON_FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--enable', 'simd'];

const SHARED_MEMORY = [
  ...['--enable', 'relaxed-simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', '0'],
];

const SIMD = 'engine/backends/simd';

function simd(module) {
  const from = `dist/${SIMD}/assembly-${module}`;
  return {
    name: `engine's kernels, ${module}`,
    entry: `${SIMD}/kernels.ts`,
    printed: {
      at: SIMD,
      from,
      print: { module: `dist/${SIMD}/builds/print-module.js`, imports: `dist/${SIMD}`, name: module },
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
    name: "engine's kernel of packing",
    entry: `${SIMD}/packing/assembly/interleave.ts`,
    output: `dist/${SIMD}/packing/interleave.wasm`,
    flags: [],
  },
  {
    name: "drift's k-means kernel",
    entry: 'drift/clustering/kernel/assembly/kernel.ts',
    output: 'dist/drift/clustering/kernel.wasm',
    flags: [],
  },
  {
    name: "drift's kernel of MMD",
    entry: 'drift/tests/kernel/assembly/gaussian.ts',
    output: 'dist/drift/tests/gaussian.wasm',
    flags: [],
  },
  {
    name: "drift's kernel of relabellings",
    entry: 'drift/tests/kernel/assembly/pairs.ts',
    output: 'dist/drift/tests/pairs.wasm',
    flags: [],
  },
  {
    name: "data's image sums kernel",
    entry: 'data/images/statistics/kernel/assembly/sums.ts',
    output: 'dist/data/images/statistics/sums.wasm',
    flags: [],
  },
  {
    name: "data's kernel of looks",
    entry: 'data/images/statistics/kernel/assembly/looks.ts',
    output: 'dist/data/images/statistics/looks.wasm',
    flags: [],
  },
  {
    name: "data's resize kernel",
    entry: 'data/images/resize/kernel/assembly/resize.ts',
    output: 'dist/data/images/resize/resize.wasm',
    flags: [],
  },
];
