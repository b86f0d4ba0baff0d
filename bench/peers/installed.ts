/** Finds the installed peers: packages in `bench/node_modules`, and a Python with PyTorch. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Compiled, this file lies in `dist/bench/peers/`; the peers lie in `bench/node_modules/`. */
export const PEERS_FOLDER = fileURLToPath(new URL('../../../bench', import.meta.url));

/** For `createRequire`. */
export const PEERS = new URL('../../../bench/package.json', import.meta.url).href;

/** Path of one of the bench's Python scripts. */
export function pythonScript(name: string): string {
  return fileURLToPath(new URL(`../../../bench/peers/${name}`, import.meta.url));
}

export function hasPeer(name: string): boolean {
  try {
    createRequire(PEERS).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** `IMAGE_DRIFT_PYTHON`, or else the system's own (Debian's `python3-torch`); null if neither has torch. */
export function pythonWithTorch(): string | null {
  const candidates = [process.env['IMAGE_DRIFT_PYTHON'], '/usr/bin/python3', 'python3'];
  for (const python of candidates) {
    if (python && spawnSync(python, ['-c', 'import torch, torchvision']).status === 0) return python;
  }
  return null;
}
