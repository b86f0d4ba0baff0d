/** Runs the command line beside this process: in a warm process, or alone in one that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type CliOptions, type CliRun, environment, packageRoot } from './test.js';
import { countWarmSeconds, WarmProcess } from './warm-process.js';

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
/** Far longer than any command of the specs. A hang fails instead of lasting for ever. */
const TIMEOUT_MS = 600_000;
const warm = new WarmProcess();

export async function runBeside(args: readonly string[], options: CliOptions): Promise<CliRun> {
  const request = { args: [...args], cwd: options.cwd ?? process.cwd(), env: environment(options) };
  const { run, seconds } = await warm.run(request);
  countWarmSeconds(seconds);
  return run;
}

export interface StartedCli {
  child: ChildProcess;
  ended: Promise<CliRun>;
}

export interface OwnProcess {
  onStart?: ((child: ChildProcess) => void) | undefined;
  /** A command of bash that runs first, such as `ulimit`. */
  limit?: string | undefined;
}

export function runBesideAlone(args: readonly string[], options: CliOptions & OwnProcess): Promise<CliRun> {
  const { child, ended } = startBeside(args, options);
  options.onStart?.(child);
  return ended;
}

/** As `runBesideAlone`, for who ends it. */
export function startBeside(args: readonly string[], { cwd, limit, ...options }: CliOptions & OwnProcess): StartedCli {
  const [file, first] =
    limit === undefined ? [process.execPath, []] : ['bash', ['-c', `${limit}; exec "$0" "$@"`, process.execPath]];
  const child = spawn(file, [...first, MAIN, ...args], { cwd, env: environment(options), timeout: TIMEOUT_MS });
  const run = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    run.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    run.stderr += text;
  });
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ ...run, status }));
  });
  return { child, ended };
}

/** Waits for a process. @throws Error if it does not end with 0 */
export async function ranWell(child: ChildProcess): Promise<void> {
  const status = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (status !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${status}`);
}
