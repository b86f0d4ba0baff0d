/**
 * Runs the command line: `runCli` in a process that has run commands before, which saves the start of Node;
 * `runCliAlone` in a new one, for what depends on the process itself, and once for each command.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { is, match } from 'uvu/assert';
import { packageRoot, temporaryFolder } from './places.js';
import type { WarmAnswer, WarmRequest } from './warm-cli.js';
import { countWarmSeconds } from './warm-process.js';

export interface CliRun {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd?: string;
  /** Added to the environment of the spec. */
  env?: Record<string, string>;
}

export interface AloneOptions extends CliOptions {
  /** What its standard input holds; default: nothing. */
  input?: string | Uint8Array;
}

const MAIN = join(packageRoot, 'dist', 'cli', 'main.js');
/** Far longer than any command of the specs. A hang fails instead of lasting for ever. */
const TIMEOUT_MS = 120_000;

export function runCliAlone(args: readonly string[], options: AloneOptions = {}): CliRun {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: environment(options),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    ...(options.input !== undefined && { input: options.input }),
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

/** Runs a command in the warm process of this spec, and waits for it without letting anything else run, as spawnSync does. */
export function runCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const request: WarmRequest = { args: [...args], cwd: options.cwd ?? process.cwd(), env: environment(options) };
  bridge ??= openBridge();
  Atomics.store(bridge.answered, 0, 0);
  bridge.port.postMessage(request);
  if (Atomics.wait(bridge.answered, 0, 0, TIMEOUT_MS) === 'timed-out') {
    // Its late answer must not be taken for that of the next command, which gets another process.
    void bridge.thread.terminate();
    bridge = null;
    throw new Error(`image-drift ${args.join(' ')} did not end within ${TIMEOUT_MS / 1000} s`);
  }
  const { message } = receiveMessageOnPort(bridge.port) as { message: WarmAnswer };
  const { run, seconds } = message;
  countWarmSeconds(seconds);
  return { ...run, stderr: withoutHeartbeat(run.stderr) };
}

/** Runs a command that must end with this status. @param words without quotes, or one by one @param says matches its stderr */
export function runCliTo(
  status: number,
  words: string | readonly string[],
  says?: string | RegExp,
  options?: CliOptions,
): CliRun {
  const args = typeof words === 'string' ? words.split(' ') : words;
  return endedWith(status, runCli(args, options), says, args.join(' '));
}

/** @param says matches its stderr @throws Error if it has ended with another status */
export function endedWith(status: number, run: CliRun, says: string | RegExp = '', told = ''): CliRun {
  is(run.status, status, `${told}\n${run.stdout}${run.stderr}`);
  match(run.stderr, says);
  return run;
}

/** What a command that has ended well printed as JSON. */
export function printedJson(run: CliRun) {
  return JSON.parse(endedWith(0, run).stdout);
}

/** A command on a busy machine says every 20 s that it is still at work. What else it says depends on no clock. */
function withoutHeartbeat(stderr: string): string {
  return stderr.replace(/^.*: (\d+ min )?\d+ s so far\b.*\n/gm, '');
}

export function environment({ env }: CliOptions): Record<string, string> {
  const PATH = [installed(), process.env['PATH']].join(delimiter);
  return { ...process.env, PATH, NO_COLOR: '1', ...env } as Record<string, string>;
}

let bin: string | null = null;

/** A folder for PATH, as where the program is installed: commands to type next then begin with its name. */
function installed(): string {
  if (bin === null) {
    bin = temporaryFolder();
    writeFileSync(join(bin, 'image-drift'), '');
  }
  return bin;
}

/** For processes whose stderr must be empty: Node warns if both are set, as the runner of the specs and CI do. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
  return env;
}

/** Without Vulkan's drivers `doctor` does not measure a GPU that software emulates, which takes half a minute. */
export const noVulkan = { VK_DRIVER_FILES: '/nowhere' };

interface Bridge {
  thread: Worker;
  port: MessagePort;
  /** Not 0 when the answer to the last request waits at the port. */
  answered: Int32Array;
}

let bridge: Bridge | null = null;

/** A thread keeps the warm process, because this thread sleeps until the answer is there. */
function openBridge(): Bridge {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(new URL('warm-cli-thread.js', import.meta.url), {
    workerData: { port: port2, answered },
    transferList: [port2],
  });
  thread.unref();
  port1.unref();
  return { thread, port: port1, answered };
}
