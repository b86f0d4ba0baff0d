/** Several versions of Node in one bench: `--node PATH[,PATH]` starts each engine's process with each binary. */
import { execFileSync } from 'node:child_process';

export interface NodeBinary {
  path: string;
  /** `v24.1.0`. */
  version: string;
}

/** @param paths separated by commas; default: the Node that runs this */
export function nodeBinaries(paths: string | undefined): NodeBinary[] {
  if (paths === undefined) return [{ path: process.execPath, version: process.version }];
  return paths.split(',').map((path) => {
    return { path, version: execFileSync(path, ['--version'], { encoding: 'utf8' }).trim() };
  });
}
