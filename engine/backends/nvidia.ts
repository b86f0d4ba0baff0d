/** NVIDIA's driver and cards, on Linux: CUDA's libraries do not tell them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `NVIDIA 550.54.15, NVIDIA H100 80GB HBM3`; null where there is none, and on other systems. */
export function nvidiaDriver(folder = '/proc/driver/nvidia'): string | null {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  try {
    const version = /Kernel Module\s.*?(\d+(?:\.\d+)+)/.exec(read('version'))?.[1] ?? '';
    const cards = readdirSync(join(folder, 'gpus')).map(
      (card) => /Model:\s*(.*)/.exec(read('gpus', card, 'information'))?.[1],
    );
    return [`NVIDIA ${version}`, ...cards].join(', ');
  } catch {
    return null;
  }
}
