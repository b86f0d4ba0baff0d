/** Columns of every result that say where and when it was measured. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

export function machine(): { date: string; cpu: string; cores: number; node: string } {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: `${cpus()[0]?.model.trim() ?? 'unknown'}${familyAndModel()}`,
    cores: availableParallelism(),
    node: process.version,
  };
}

/** A virtual machine may name its processor only `AMD EPYC`, whatever the generation. Linux knows family and model. */
function familyAndModel(): string {
  const path = '/proc/cpuinfo';
  const told = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [family, model] = ['cpu family', 'model'].map(
    (name) => new RegExp(`^${name}\\s*: (\\d+)$`, 'm').exec(told)?.[1],
  );
  return family === undefined || model === undefined ? '' : ` (family ${family}, model ${model})`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
