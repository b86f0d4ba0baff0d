/** The examples of the doc comments, compiled together, and run one after another in a folder with their files. */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Embedder, embedImages, fitProfileFromEvents, openImages, weightsFolder } from '../../../index.js';
import { writeProfile } from '../../../pipeline/index.js';
import { writeNpz } from '../npz-file.js';
import { packageRoot } from '../places.js';
import type { FaceName } from './read-face.js';

export interface Example {
  /** Name of its file, without an ending. */
  name: string;
  code: string;
  /** False if its fence says `no_run`: it needs a server, or takes long. */
  runs: boolean;
}

export interface Ended {
  code: number;
  output: string;
}

const COMMENTED = /@example\n *\* ```ts( no_run)?\n(.*?)^ *\* ```$/gms;
const FENCE = /^```ts( no_run)?\n(.*)\n```$/s;

/** @throws Error if an example is not one block of TypeScript */
export function examplesOf(names: readonly FaceName[]): Example[] {
  return names.flatMap(({ name, examples }) =>
    examples.map((text, i) => {
      const fence = FENCE.exec(text);
      if (fence === null) throw new Error(`${name}: its example is not one block of \`\`\`ts or \`\`\`ts no_run`);
      return { name: `${name}_${i + 1}`, code: fence[2]!, runs: fence[1] === undefined };
    }),
  );
}

/** All examples in the doc comments of sources (path → text), also of names that only a part of the package exports. */
export function examplesIn(sources: ReadonlyMap<string, string>): Example[] {
  return [...sources].flatMap(([path, text]) =>
    Array.from(text.matchAll(COMMENTED), ([, mark, lines], i) => {
      const code = lines!.replace(/^ *\* ?/gm, '').trimEnd();
      return { name: `${path.replace(/\W/g, '_')}_${i + 1}`, code, runs: mark === undefined };
    }),
  );
}

/** The programs of a page that import the package. They are compiled, but not run. */
export function programsIn(page: string, markdown: string): Example[] {
  const blocks = [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const programs = blocks.filter((code) => /from 'image-drift['/]/.test(code));
  return programs.map((code, i) => ({ name: `${page.replace(/\W/g, '_')}_${i + 1}`, code, runs: false }));
}

/** Makes `folder` a package of these examples, with image-drift among its modules. */
export function writeExamples(folder: string, examples: readonly Example[]): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  symlinkSync(packageRoot, join(folder, 'node_modules', 'image-drift'), 'junction');
  symlinkSync(join(packageRoot, 'node_modules', '@types'), join(folder, 'node_modules', '@types'), 'junction');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { ...strictOptions(), types: ['node'], skipLibCheck: true, outDir: 'out' };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  // `export {}` makes an example without imports a module too.
  for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), `${code}\nexport {};\n`);
}

function strictOptions(): Record<string, unknown> {
  return { strict: true, target: 'es2022', module: 'nodenext', lib: ['es2023'], exactOptionalPropertyTypes: true };
}

/** Checks all examples and writes them as JavaScript into `out/`. */
export function compileExamples(folder: string): Promise<Ended> {
  const compiler = JSON.parse(readFileSync(join(packageRoot, 'node_modules/typescript/package.json'), 'utf8')).bin.tsc;
  return node([join(packageRoot, 'node_modules/typescript', compiler), '-p', folder], folder);
}

/** Runs the examples one after another in one process, in `folder`. */
export function runExamples(folder: string, examples: readonly Example[]): Promise<Ended> {
  const imports = examples.map(({ name }) => `await run('${name}');`);
  writeFileSync(
    join(folder, 'run-all.mjs'),
    [
      `const run = (name) => import(\`./out/\${name}.js\`).catch((error) => {`,
      `  process.exitCode = 1;`,
      `  console.error(\`FAILED \${name}:\`, error);`,
      `});`,
      ...imports,
    ].join('\n'),
  );
  return node(['run-all.mjs'], folder);
}

const execute = promisify(execFile);

async function node(args: string[], cwd: string): Promise<Ended> {
  try {
    const { stdout, stderr } = await execute(process.execPath, args, { cwd });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout?: string; stderr?: string };
    return { code: code ?? -1, output: `${stdout}${stderr}` };
  }
}

const ROWS = 500;

/** The files that the examples name: a baseline, an unchanged week, and a week that is too dark. */
export async function writeExampleFiles(folder: string): Promise<void> {
  const embedder = await Embedder.load(weightsFolder('fashion-mnist-resnet18'));
  const samples = join(packageRoot, 'samples/fashion-mnist');
  for (const [name, source, corruption] of [
    ['reference', 'reference.npz', undefined],
    ['week_1', 'production.npz', undefined],
    ['week_2', 'production.npz', { name: 'darken', seed: 0 }],
  ] as const) {
    const images = join(folder, `${name}.npz`);
    await firstImages(join(samples, source), images);
    await embedImages(embedder, images, join(folder, `${name}.parquet`), { corruption });
  }
  await embedder.close();
  const profile = await fitProfileFromEvents(join(folder, 'reference.parquet'));
  await writeProfile(join(folder, 'profile.json'), profile);
}

async function firstImages(from: string, to: string): Promise<void> {
  const images = await openImages(from);
  for await (const { rows, height, width, data, labels } of images.batches(ROWS)) {
    const numbers = BigInt64Array.from(labels, (label) => BigInt(label ?? 0));
    writeNpz(to, {
      arr_0: { descr: '|u1', shape: [rows, height, width, 3], values: data },
      arr_1: { descr: '<i8', shape: [rows], values: numbers },
    });
    break;
  }
  await images.close();
}
