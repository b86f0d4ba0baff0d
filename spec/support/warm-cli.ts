/** The warm process: runs commands as `cli/main.ts` does, with the request's directory and variables. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { reportFailure } from '../../cli/failure.js';
import { program } from '../../cli/program.js';
import { type CliRun, packageRoot } from './test.js';

export interface WarmRequest {
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

export interface WarmAnswer {
  run: CliRun;
  /** Processor time of this process since the last answer, for the runner's count. */
  seconds: number;
  /** The process ends with this command. */
  ends: boolean;
}

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const exit = process.exit.bind(process);
let written = { stdout: '', stderr: '' };
let counted = 0;
let isRunning = false;

/** Keeps what a command writes. A chunk may end within a character. */
function keep(stream: 'stdout' | 'stderr'): void {
  const decoder = new TextDecoder();
  process[stream].write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    written[stream] += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    if (done) queueMicrotask(done);
    return true;
  };
}

/** @param ends this process takes no further command */
function send(status: number, ends: boolean): void {
  if (!isRunning) return;
  isRunning = false;
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  const answer: WarmAnswer = { run: { status, ...written }, seconds: seconds - counted, ends };
  counted = seconds;
  process.send?.(answer, () => {
    if (ends) exit(0);
  });
}

async function runCommand({ args, cwd, env }: WarmRequest): Promise<void> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.argv = [process.execPath, MAIN, ...args];
  process.exitCode = undefined;
  for (const signal of SIGNALS) process.removeAllListeners(signal);
  written = { stdout: '', stderr: '' };
  isRunning = true;
  // What --offline forbids stays forbidden.
  const ends = args.includes('--offline');
  try {
    await program(args);
    send(Number(process.exitCode ?? 0), ends);
  } catch (error) {
    send(reportFailure(error, args), ends);
  }
  process.exitCode = undefined;
}

keep('stdout');
keep('stderr');
// A command that ends its process ends this one as well; the next command gets another.
process.exit = ((code?: number) => {
  send(Number(code ?? process.exitCode ?? 0), true);
}) as typeof process.exit;
process.on('uncaughtException', (error) => {
  if (isRunning) process.exit(reportFailure(error, process.argv.slice(2)));
  // A command that has ended goes on to fail: its spec has passed, but the output says so.
  writeSync(2, `after image-drift ${process.argv.slice(2).join(' ')}: ${error.stack}\n`);
  exit(1);
});
process.on('disconnect', () => exit(0));
process.on('message', (request: WarmRequest) => void runCommand(request));
