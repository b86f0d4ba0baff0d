/** Pins processes to as many cores as they have threads, so one thread is really one thread. */
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

export interface HeldCommand {
  command: readonly string[];
  /** Cores it may use, e.g. `1` or `0-1`; `any` if they cannot be set. */
  cores: string;
}

const hasTaskset = process.platform === 'linux' && spawnSync('taskset', ['--version']).status === 0;

/** Uses the last cores, because the first ones usually serve interrupts. */
export function holdOnCores(command: readonly string[], threads: number): HeldCommand {
  const all = availableParallelism();
  if (!hasTaskset || threads > all) return { command, cores: 'any' };
  const cores = threads === 1 ? String(all - 1) : `${all - threads}-${all - 1}`;
  return { command: ['taskset', '-c', cores, ...command], cores };
}
