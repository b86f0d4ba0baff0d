/** Runs the command line as from a shell, and collects the reports of its stages. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ProbeReport } from './probe.js';

const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const PROBE = new URL('./probe.js', import.meta.url).href;

export interface CliRun {
  /** Milliseconds since 1970: before the process started, and after it ended. */
  before: number;
  after: number;
  seconds: number;
  report: ProbeReport;
  stdout: string;
}

/**
 * @param probe path of a file for the stages' reports
 * @param node the binary that runs it
 * @throws Error with its stderr if it does not end with 0
 */
export async function runCli(args: readonly string[], probe: string, node = process.execPath): Promise<CliRun> {
  const env = { ...process.env, IMAGE_DRIFT_PROBE: probe };
  const before = performance.timeOrigin + performance.now();
  const child = spawn(node, ['--import', PROBE, MAIN, ...args], { env });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => {
    stdout += part;
  });
  child.stderr.on('data', (part) => {
    stderr += part;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const after = performance.timeOrigin + performance.now();
  if (code !== 0) throw new Error(`image-drift ${args.join(' ')} ended with ${code}: ${stderr}`);
  const report = JSON.parse(await readFile(probe, 'utf8')) as ProbeReport;
  return { before, after, seconds: (after - before) / 1000, report, stdout };
}
