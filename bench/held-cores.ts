/** Processes that are held on as many cores as they have threads, so that one thread is really one. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface HeldCommand {
  command: readonly string[];
  /** Cores it may use: `1`, `0-1`; `any` where they cannot be set. */
  cores: string;
}

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;

/** On the last cores, since interrupts tend to be served by the first. */
export function holdOnCores(command: readonly string[], threads: number): HeldCommand {
  const all = availableParallelism();
  if (!hasTaskset || threads > all) return { command, cores: 'any' };
  const cores = threads === 1 ? String(all - 1) : `${all - threads}-${all - 1}`;
  return { command: ['taskset', '-c', cores, ...command], cores };
}
