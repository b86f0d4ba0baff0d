/** Runs the command line as a user does, in its own process. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from './paths.js';

export interface CliRun {
  status: number | null;
  stdout: string;
  stderr: string;
}

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
/** Far longer than any command of the specs. A hang fails instead of lasting for ever. */
const TIMEOUT_MS = 120_000;

export function runCli(args: readonly string[], options: { cwd?: string; env?: Record<string, string> } = {}): CliRun {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...process.env, NO_COLOR: '1', ...options.env },
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}
