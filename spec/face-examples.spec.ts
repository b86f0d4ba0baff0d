/**
 * The examples of the names that programs may import, and the program of the README: all compile, and the cheap ones run.
 * @long: it runs the compiler, and fifty programs
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  compileExamples,
  type Example,
  examplesIn,
  examplesOf,
  programsIn,
  runExamples,
  writeExampleFiles,
  writeExamples,
} from './support/face/examples.js';
import { readFace } from './support/face/read-face.js';
import { assert, packageRoot, temporaryFolder, test } from './support/test.js';
import { readSources, readWalls } from './support/walls.js';

const examples = examplesOf(readFace());

test('the examples and the program of the README compile; the examples run', async () => {
  const folder = temporaryFolder();
  const programs = programsIn('README.md', readFileSync(join(packageRoot, 'README.md'), 'utf8'));
  assert.ok(programs.length > 0, 'README.md has no program');
  writeExamples(folder, [...examples, ...programs]);
  const [compiled] = await Promise.all([compileExamples(folder), writeExampleFiles(folder)]);
  assert.is(compiled.code, 0, compiled.output);
  const run = await runExamples(
    folder,
    examples.filter(({ runs }) => runs),
  );
  assert.is(run.code, 0, run.output);
});

test('the examples of all other names compile', async () => {
  const folder = temporaryFolder();
  const rooms = [...readWalls(readFileSync(join(packageRoot, 'docs/design.md'), 'utf8')).rooms.keys()];
  const product = rooms.filter((room) => !['spec', 'bench', 'emulator'].includes(room));
  const all = examplesIn(readSources(packageRoot, product));
  assert.ok(
    all.length > examples.length,
    `${all.length} examples in the sources, ${examples.length} of the root's names`,
  );
  writeExamples(folder, all);
  const { code, output } = await compileExamples(folder);
  assert.is(code, 0, output);
});

test('an example that does not compile, and one that fails, are found', async () => {
  const folder = temporaryFolder();
  const planted: Example[] = [
    { name: 'wrong_type', code: `import { weightsFolder } from 'image-drift';\nweightsFolder(1);`, runs: true },
    { name: 'wrong_name', code: `import { noSuchName } from 'image-drift';\nnoSuchName();`, runs: false },
    {
      name: 'throws',
      code: `import { weightsFolder } from 'image-drift';\nweightsFolder('no-such-model');`,
      runs: true,
    },
  ];
  writeExamples(folder, planted);
  const compiled = await compileExamples(folder);
  assert.is.not(compiled.code, 0);
  assert.match(compiled.output, /wrong_type\.ts.*TS2345/);
  assert.match(compiled.output, /wrong_name\.ts.*TS2305/);
  assert.not.match(compiled.output, 'throws.ts');
  const run = await runExamples(
    folder,
    planted.filter(({ name }) => name === 'throws'),
  );
  assert.is(run.code, 1);
  assert.match(run.output, 'FAILED throws');
});
