/**
 * Builds a small project with the steps that build this package: what is rebuilt, and what is removed.
 *
 * @long: it compiles small projects again and again
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Kernel, kernelSteps, runSteps, type Step, typescript } from '../support/build-scripts.js';
import { packageRoot } from '../support/paths.js';
import { temporaryFolder } from '../support/temporary.js';

const COMPILER = { target: 'es2022', module: 'nodenext', strict: true, declaration: true, sourceMap: true, types: [] };
const PROJECT = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json': JSON.stringify({
    compilerOptions: { ...COMPILER, rootDir: '.', outDir: 'dist' },
    include: ['source'],
  }),
  'source/one.ts': 'export const one = 1;\n',
  'source/deep/two.ts': "import { one } from '../one.js';\n\nexport const two = 2 * one;\n",
  'source/printer.ts':
    'export const printModule = (name: string) => new Map([["factor.ts", "export const F: f32 = 3; // " + name]]);',
  'kernels/twice.ts': "import { TWO } from './two';\n\nexport function twice(x: f32): f32 {\n  return TWO * x;\n}\n",
  'kernels/two.ts': 'export const TWO: f32 = 2;\n',
  'kernels/thrice.ts': "import { F } from './factor';\n\nexport function thrice(x: f32): f32 {\n  return F * x;\n}\n",
};
const TWICE: Kernel = { name: 'twice', entry: 'kernels/twice.ts', output: 'dist/twice.wasm', flags: [] };
const THRICE: Kernel = {
  name: 'thrice',
  entry: 'kernels/thrice.ts',
  printed: {
    at: 'kernels',
    from: 'dist/printed',
    print: { module: 'dist/source/printer.js', imports: 'dist/source', name: 'plain' },
  },
  output: 'dist/thrice.wasm',
  flags: [],
};
const ALL = ['TypeScript', 'twice', 'thrice: print', 'thrice'];

class Project {
  static #template: Promise<Project> | null = null;
  readonly root = temporaryFolder();
  readonly steps: Step[];

  constructor() {
    symlinkSync(join(packageRoot, 'node_modules'), join(this.root, 'node_modules'));
    for (const [path, text] of Object.entries(PROJECT)) this.write(path, text);
    const kernels = [TWICE, THRICE].flatMap((kernel) => kernelSteps(this.root, kernel));
    this.steps = [typescript(this.root, 'TypeScript', 'tsconfig.json'), ...kernels];
  }

  /** A copy of one that is built once for all tests. */
  static async built(): Promise<Project> {
    Project.#template ??= (async () => {
      const template = new Project();
      await template.build();
      return template;
    })();
    const { root } = await Project.#template;
    const copy = new Project();
    cpSync(join(root, 'dist'), join(copy.root, 'dist'), { recursive: true });
    return copy;
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  has(path: string): boolean {
    return existsSync(join(this.root, path));
  }

  build(options?: { force?: boolean }, steps = this.steps): ReturnType<typeof runSteps> {
    return runSteps(this.root, steps, options);
  }
}

/** What a build says that fails. */
async function failure(project: Project): Promise<string> {
  try {
    await project.build();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the build did not fail');
}

test('a second build does nothing, unless it is forced', async () => {
  const project = new Project();
  assert.equal(await project.build(), { ran: ALL, removed: [] });
  for (const path of ['source/one.js', 'source/deep/two.d.ts', 'twice.wasm', 'thrice.wasm', 'printed/factor.ts']) {
    assert.ok(project.has(`dist/${path}`), path);
  }
  assert.equal(await project.build(), { ran: [], removed: [] });
  assert.equal(await project.build({ force: true }), { ran: ALL, removed: [] });
});

test('a kernel is compiled again if its source has changed, or one that it imports, and nothing else is', async () => {
  const project = await Project.built();
  const before = readFileSync(join(project.root, 'dist/twice.wasm'));
  project.write('kernels/twice.ts', PROJECT['kernels/twice.ts']);
  assert.equal((await project.build()).ran, []);
  project.write('kernels/two.ts', 'export const TWO: f32 = 4 / 2 + 1;\n');
  assert.equal((await project.build()).ran, ['twice']);
  assert.not.ok(readFileSync(join(project.root, 'dist/twice.wasm')).equals(before));
  project.write('kernels/thrice.ts', `${PROJECT['kernels/thrice.ts']}// More.\n`);
  assert.equal((await project.build()).ran, ['thrice']);
});

test('a new source is compiled', async () => {
  const project = await Project.built();
  project.write('source/three.ts', 'export const three = 3;\n');
  // The printer could import it, but what it prints is the same.
  assert.equal((await project.build()).ran, ['TypeScript', 'thrice: print']);
  assert.ok(project.has('dist/source/three.js'));
});

test('the outputs of a removed source are removed, and the folder that they leave empty', async () => {
  const project = await Project.built();
  rmSync(join(project.root, 'source/deep'), { recursive: true });
  const { removed } = await project.build();
  assert.equal(removed, ['dist/source/deep/two.d.ts', 'dist/source/deep/two.js', 'dist/source/deep/two.js.map']);
  assert.not.ok(project.has('dist/source/deep'));
  assert.ok(project.has('dist/source/one.js'));
  assert.equal(await project.build(), { ran: [], removed: [] });
});

test('compiled files without a source are removed, even if no stamp knows of them; other files stay', async () => {
  const project = await Project.built();
  project.write('dist/old/dead.spec.js', '');
  project.write('dist/seconds.json', '{}');
  assert.equal((await project.build()).removed, ['dist/old/dead.spec.js']);
  assert.not.ok(project.has('dist/old'));
  assert.ok(project.has('dist/seconds.json'));
});

test('the outputs of a step that is gone are removed', async () => {
  const project = await Project.built();
  const { ran, removed } = await project.build(
    {},
    project.steps.filter(({ name }) => name !== 'twice'),
  );
  assert.equal({ ran, removed }, { ran: [], removed: ['dist/twice.wasm'] });
});

test('an output that somebody has changed or removed is built again', async () => {
  const project = await Project.built();
  project.write('dist/source/one.js', 'export const one = 7;\n');
  assert.equal((await project.build()).ran, ['TypeScript']);
  assert.match(readFileSync(join(project.root, 'dist/source/one.js'), 'utf8'), 'one = 1');
  rmSync(join(project.root, 'dist/thrice.wasm'));
  assert.equal((await project.build()).ran, ['thrice']);
});

test('a step that fails is not taken for done', async () => {
  const project = await Project.built();
  project.write('source/one.ts', "export const one: number = 'one';\n");
  for (let time = 0; time < 2; time++) assert.match(await failure(project), /source\/one\.ts.*TS2322/s);
  project.write('source/one.ts', 'export const one = 1 + 0;\n');
  assert.equal((await project.build()).ran, ['TypeScript', 'thrice: print']);
  assert.match(readFileSync(join(project.root, 'dist/source/one.js'), 'utf8'), 'one = 1 + 0');
  project.write('kernels/two.ts', 'export const TWO: f32 = missing;\n');
  for (let time = 0; time < 2; time++) assert.match(await failure(project), /Cannot find name 'missing'/);
});

test.run();
