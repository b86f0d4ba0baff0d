/** Runs the command line in its own process while this one goes on, for specs that act as the server. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from './paths.js';
import type { CliRun } from './run-cli.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
/** Far longer than any command of the specs. A hang fails instead of lasting for ever. */
const TIMEOUT_MS = 600_000;

export function runBeside(
  args: readonly string[],
  {
    cwd,
    env,
    onStart,
  }: { cwd?: string; env: Record<string, string>; onStart?: ((child: ChildProcess) => void) | undefined },
): Promise<CliRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
    timeout: TIMEOUT_MS,
  });
  onStart?.(child);
  const run = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...run, status }));
  });
}
