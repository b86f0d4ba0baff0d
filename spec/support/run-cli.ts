/** The command line as a user runs it: a process of its own. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from './paths.js';

export interface CliRun {
  status: number | null;
  stdout: string;
  stderr: string;
}

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
/** Far above what any command of the specs takes: a hang fails instead of lasting for ever. */
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
