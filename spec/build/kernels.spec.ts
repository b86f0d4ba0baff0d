/**
 * The shipped WebAssembly kernels equal what their sources compile to, byte for byte.
 * @long: it compiles every kernel
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULES } from '../../engine/backends/simd/builds/modules.js';
import { printModule } from '../../engine/backends/simd/builds/print-module.js';
import { compileKernel, KERNELS } from '../support/build-scripts.js';
import { assert, cases, packageRoot, test } from '../support/test.js';

for (const kernel of cases(KERNELS, 3)) {
  test(`${kernel.output}: the sources give the module that is shipped`, async () => {
    const print = kernel.printed?.print;
    const wasm = await compileKernel(packageRoot, kernel, print ? await printModule(print.name) : new Map());
    assert.ok(readFileSync(join(packageRoot, kernel.output)).equals(wasm));
  });
}

/** V8 has it on x64. Versions before 13 (Node 24) report less about it. */
const tellsOfFusing = Number(process.versions.v8.split('.')[0]) >= 13 && process.arch === 'x64';
/** `packRows` and `packChannels`, whose byte loads are not in pairs. */
const UNPAIRED = 2;

test('the build script makes the modules that the engine looks for', () => {
  const made = KERNELS.flatMap(({ printed }) => (printed === undefined ? [] : [printed.print.name]));
  assert.equal(
    made,
    MODULES.map(({ name }) => name),
  );
});

const LARGEST = KERNELS.find(({ printed }) => printed?.print.name === 'relaxed-6x16')!;

test('V8 fuses the pairs of the largest tile to 256 bits', async () => {
  if (!tellsOfFusing) return;
  const path = join(packageRoot, LARGEST.output);
  const flags = ['--experimental-wasm-revectorize', '--trace-wasm-revectorize'];
  const atOnce = ['--no-liftoff', '--no-wasm-lazy-compilation'];
  const script = `new WebAssembly.Module(require('node:fs').readFileSync(${JSON.stringify(path)}))`;
  const { stdout } = spawnSync(process.execPath, [...flags, ...atOnce, '-e', script], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  const count = (pattern: RegExp) => stdout.match(pattern)?.length ?? 0;
  assert.ok(count(/After build tree/g) > 100);
  assert.is(count(/Build tree failed/g), UNPAIRED);
});
