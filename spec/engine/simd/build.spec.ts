/** The kernels that are shipped are those of the sources: compiled again, they are the same bytes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packageRoot } from '../../support/paths.js';
import { temporaryFolder } from '../../support/temporary.js';

const SHIPPED = join(packageRoot, 'dist', 'engine', 'simd');

const build = suite('kernels, built');

build('the sources give the modules that are shipped, byte for byte', () => {
  const folder = temporaryFolder();
  execFileSync(process.execPath, [join(packageRoot, 'engine', 'simd', 'build.mjs'), folder]);
  const modules = readdirSync(SHIPPED).filter((name) => name.endsWith('.wasm'));
  assert.equal(modules.sort(), ['kernels-plain.wasm', 'kernels-relaxed.wasm']);
  for (const name of modules) {
    assert.ok(readFileSync(join(folder, name)).equals(readFileSync(join(SHIPPED, name))), `${name} differs`);
  }
});

build.run();
