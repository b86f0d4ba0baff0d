/** The steps of a kernel: print its sources, where a program prints them, and compile it. `kernels.mjs` lists them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesIn, toolVersion } from './files.mjs';
import { COMMON_FLAGS } from './kernels.mjs';

export function kernelSteps(root, kernel) {
  const compile = compileStep(root, kernel);
  return kernel.printed === undefined ? [compile] : [printStep(root, kernel), compile];
}

/**
 * The printer is compiled TypeScript, so it runs after the compiler. Its texts stay in `dist/`, where they can be read.
 */
function printStep(root, { name, printed: { from, print } }) {
  return {
    name: `${name}: print`,
    key: JSON.stringify({ from, print }),
    sources: () => filesIn(root, print.imports).filter((path) => path.endsWith('.js')),
    async run() {
      const { printModule } = await import(pathToFileURL(join(root, print.module)).href);
      const texts = [...(await printModule(print.name))].map(([file, text]) => [posix.join(from, file), text]);
      for (const [path, text] of texts) write(root, path, text);
      return { read: [], wrote: texts.map(([path]) => path) };
    },
  };
}

function compileStep(root, kernel) {
  return {
    name: kernel.name,
    key: `${toolVersion(root, 'assemblyscript')} ${JSON.stringify(kernel)}`,
    sources: () => [],
    async run() {
      const { wasm, read } = await compileKernel(root, kernel);
      write(root, kernel.output, wasm);
      return { read, wrote: [kernel.output] };
    },
  };
}

/**
 * @param texts printed sources by path; default: the files below `printed.from`
 * @returns the bytes of the module, and the paths of the files that the compiler read
 */
export async function compileKernel(root, { entry, printed, flags }, texts) {
  const { main } = await import('assemblyscript/asc');
  const read = new Set();
  const written = (path) => {
    const text = textOf(join(root, path));
    if (text !== null) read.add(path);
    return text;
  };
  const fromPrinter = (path) => {
    if (printed === undefined || !path.startsWith(`${printed.at}/`)) return null;
    const name = path.slice(printed.at.length + 1);
    return texts === undefined ? written(posix.join(printed.from, name)) : (texts.get(name) ?? null);
  };
  const outFile = 'kernel.wasm';
  let wasm = null;
  const { error, stderr } = await main([entry, '--baseDir', root, '--outFile', outFile, ...COMMON_FLAGS, ...flags], {
    readFile: (path) => fromPrinter(path) ?? written(path),
    writeFile: (name, contents) => {
      if (name === outFile) wasm = contents;
    },
  });
  if (error || wasm === null) throw new Error(`${entry}: ${stderr.toString()}`, { cause: error });
  return { wasm, read: [...read] };
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function write(root, path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
