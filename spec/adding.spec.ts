/**
 * What CONTRIBUTING.md says about additions: a copy of the tree gets one of each kind, compiles and runs.
 * @long: it compiles a copy of the tree
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { add, copiedRooms, copyTree, readAdditions } from './support/additions.js';
import { compileKernel, KERNELS } from './support/build-scripts.js';
import { fixtures } from './support/places.js';
import { assert, packageRoot, temporaryFolder, test } from './support/test.js';
import { brokenWalls, readSources, readWalls } from './support/walls.js';

const additions = readAdditions();
const tree = temporaryFolder();

/** The name of each kind in CONTRIBUTING.md. */
const CALLED: Record<string, string> = {
  operation: 'an operation',
  function: 'a pointwise function',
  backend: 'a backend',
  method: 'a drift method',
  family: 'a family of networks',
  format: 'an image format',
  option: 'an option of `drift`',
};

/** The last two columns of the table: new files, and files that get a line. */
function documented(kind: string): string[][] {
  const text = readFileSync(join(packageRoot, 'CONTRIBUTING.md'), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${CALLED[kind]} |`));
  assert.ok(row, `CONTRIBUTING.md has no row for ${CALLED[kind]}`);
  const cells = row.split('|').slice(2, 4);
  return cells.map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path!).sort());
}

test('one of each kind is added', () => {
  assert.equal(additions.map(({ kind }) => kind).sort(), Object.keys(CALLED).sort());
});

for (const { kind, name, newFiles, lines } of additions) {
  test(`${kind}: the files are those of CONTRIBUTING.md`, () => {
    const asDocumented = newFiles.map((path) => path.replaceAll(name, 'NAME'));
    const changed = [...new Set(lines.map(({ file }) => file))].sort();
    assert.equal([asDocumented, changed], documented(kind));
  });
}

test('the copy compiles', () => {
  copyTree(tree);
  for (const addition of additions) add(addition, tree);
  const tsc = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', tree], { encoding: 'utf8' });
  assert.is(status, 0, stdout);
});

test('the copy keeps to the walls', () => {
  const walls = readWalls(readFileSync(join(tree, 'docs/design.md'), 'utf8'));
  const broken = brokenWalls(readSources(tree, copiedRooms()), walls);
  assert.equal(broken, []);
});

test("the copy's kernels compile", async () => {
  for (const kernel of KERNELS.filter(({ output }) => output.includes('kernels-plain'))) {
    const { module, name } = kernel.printed!.print;
    const { printModule } = await import(pathToFileURL(join(tree, module)).href);
    writeFileSync(join(tree, kernel.output), await compileKernel(packageRoot, kernel, await printModule(name)));
  }
});

for (const { kind } of additions) {
  test(`${kind}: what was added runs`, () => {
    execFileSync(process.execPath, [join(tree, 'dist', 'try', `${kind}.js`), fixtures], { cwd: tree, stdio: 'pipe' });
  });
}
