/**
 * What a second build leaves alone, makes again and removes.
 * @long: it compiles small kernels
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildKernel, type Kernel, removeDead, sourcesDigest } from '../support/build-scripts.js';
import { assert, packageRoot, temporaryFolder, test } from '../support/test.js';

const TWICE: Kernel = { entry: 'data/assembly/twice.ts', output: 'dist/twice.wasm', flags: [] };
const FILES = {
  'data/assembly/twice.ts':
    "import { TWO } from './two';\n\nexport function twice(x: f32): f32 {\n  return TWO * x;\n}\n",
  'data/assembly/two.ts': 'export const TWO: f32 = 2;\n',
};

function project(files: Record<string, string>): { root: string; write(path: string, text: string): void } {
  const root = temporaryFolder();
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  return { root, write };
}

const build = (root: string, kernel: Kernel) => buildKernel(root, kernel, sourcesDigest(root));

function kernelProject(): ReturnType<typeof project> {
  const made = project(FILES);
  for (const room of ['drift', 'engine', 'platform']) mkdirSync(join(made.root, room));
  symlinkSync(join(packageRoot, 'node_modules'), join(made.root, 'node_modules'));
  return made;
}

test('a kernel is compiled again if a source that it imports, its flags or its output differ, and else is not', async () => {
  const { root, write } = kernelProject();
  const output = () => readFileSync(join(root, TWICE.output));
  assert.is(await build(root, TWICE), undefined);
  const first = output();
  assert.is(await build(root, TWICE), false);
  write('data/assembly/two.ts', 'export const TWO: f32 = 3;\n');
  assert.is(await build(root, TWICE), undefined);
  assert.not.ok(output().equals(first));
  assert.is(await build(root, { ...TWICE, flags: ['--debug'] }), undefined);
  rmSync(join(root, TWICE.output));
  assert.is(await build(root, TWICE), undefined);
  assert.ok(existsSync(join(root, TWICE.output)));
});

test('a kernel that does not compile is an error each time', async () => {
  const { root, write } = kernelProject();
  write('data/assembly/two.ts', 'export const TWO: f32 = missing;\n');
  for (let time = 0; time < 2; time++) {
    try {
      await build(root, TWICE);
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, "Cannot find name 'missing'");
    }
  }
});

test('compiled files without a source are removed, and the folder that they leave empty; other files stay', () => {
  const { root } = project({
    'source/one.ts': '',
    'dist/one.js': '',
    'dist/old/dead.spec.js': '',
    'dist/old/dead.spec.js.map': '',
    'dist/old/dead.spec.d.ts': '',
    'dist/bundled/chunk-A.js': '',
    'dist/report/client.js': '',
    'dist/seconds.json': '',
  });
  removeDead(root, { dist: 'source' });
  const left = ['one.js', 'bundled/chunk-A.js', 'report/client.js', 'seconds.json'];
  assert.not.ok(existsSync(join(root, 'dist/old')));
  for (const path of left) assert.ok(existsSync(join(root, 'dist', path)), path);
});
