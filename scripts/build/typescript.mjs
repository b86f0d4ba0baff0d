/** A step that compiles or checks one TypeScript project. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { fromRoot, toolVersion } from './files.mjs';

/**
 * @param config path of the tsconfig.json. With `outDir`, it must ask for declarations and source maps.
 */
export function typescript(root, name, config) {
  return {
    name,
    key: toolVersion(root, 'typescript'),
    sources: () => [config, 'package.json', ...project(root, config).files],
    async run() {
      const { files, outDir, rootDir } = project(root, config);
      // With it the compiler would not write outputs again that somebody has removed.
      if (outDir !== null) rmSync(join(root, buildInfo(config, rootDir, outDir)), { force: true });
      const { status, stdout } = compiler(root, ['-p', config, '--listFiles']);
      const lines = stdout.split('\n').map((line) => line.trimEnd());
      const messages = lines.filter((line) => line !== '' && !isAbsolute(line));
      if (status !== 0) throw new Error(`${name}: tsc failed\n${messages.join('\n')}`);
      const read = lines.filter((line) => isAbsolute(line)).map((path) => fromRoot(root, path));
      const inTree = read.filter((path) => existsSync(join(root, path)));
      return { read: inTree, wrote: outDir === null ? [] : files.flatMap((path) => outputs(path, rootDir, outDir)) };
    },
  };
}

/** The project's own files and where its outputs go, from the root; `outDir` is null where nothing is written. */
function project(root, config) {
  const { status, stdout } = compiler(root, ['--showConfig', '-p', config]);
  if (status !== 0) throw new Error(`${config}: ${stdout}`);
  const { files, compilerOptions } = JSON.parse(stdout);
  const here = (path) => posix.join(dirname(config), path);
  return {
    files: files.map(here),
    outDir: compilerOptions.noEmit ? null : here(compilerOptions.outDir),
    rootDir: here(compilerOptions.rootDir),
  };
}

function outputs(path, rootDir, outDir) {
  if (path.endsWith('.d.ts')) return [];
  const stem = posix.join(outDir, posix.relative(rootDir, path)).replace(/\.ts$/, '');
  return ['.js', '.js.map', '.d.ts'].map((ending) => stem + ending);
}

/** Where the compiler keeps what it knows of a project that others refer to. */
function buildInfo(config, rootDir, outDir) {
  return posix.join(outDir, posix.relative(rootDir, config)).replace(/\.json$/, '.tsbuildinfo');
}

function compiler(root, args) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [tsc, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
}
