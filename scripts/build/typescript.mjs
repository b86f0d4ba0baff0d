/** A step that compiles or checks one TypeScript project. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { fromRoot, toolVersion } from './files.mjs';

/**
 * @param config path of the tsconfig.json. Unless it has `noEmit`, it must ask for declarations and source maps.
 */
export function typescript(root, name, config) {
  /** What the compiler remembers, so that it only compiles what has changed. It takes outputs on trust. */
  const memory = `dist/.tsc-${config.replaceAll('/', '-')}`;
  return {
    name,
    key: toolVersion(root, 'typescript'),
    sources: () => [config, 'package.json', ...project(root, config).files],
    async run(isIntact) {
      if (!isIntact) rmSync(join(root, memory), { force: true });
      const { files, outDir, rootDir } = project(root, config);
      const memorising = ['--incremental', '--tsBuildInfoFile', memory];
      const { status, stdout } = compiler(root, ['-p', config, '--listFiles', ...memorising]);
      const lines = stdout.split('\n').map((line) => line.trimEnd());
      const messages = lines.filter((line) => line !== '' && !isAbsolute(line));
      const read = lines.filter((line) => isAbsolute(line) && existsSync(line)).map((path) => fromRoot(root, path));
      return {
        read,
        wrote: outDir === null ? [] : files.flatMap((path) => outputs(path, rootDir, outDir)),
        failure: status === 0 ? null : messages.join('\n'),
      };
    },
  };
}

/** The project's own files, and its output folder from the root; `outDir` is null if nothing is written. */
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

function compiler(root, args) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  return spawnSync(process.execPath, [tsc, ...args], { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 26 });
}
