/** The engines that the inference bench can measure here. Missing engines are left out, and a line says so. */
import { fileURLToPath } from 'node:url';
import { ENGINE_NAMES, loadBackend, type Precision } from '../engine/index.js';
import { hasPeer, pythonScript, pythonWithTorch } from './peers/protocol.js';

export interface Candidate {
  name: string;
  command(node: string): readonly string[];
  backend: string;
  precision: Precision;
  threaded: boolean;
}

export const PYTORCH = 'pytorch';
export const ONNXRUNTIME = 'onnxruntime-node';
export const TRANSFORMERS = 'transformers.js';

/** @param wanted names; null for all except the slow ones */
export async function candidates(wanted: readonly string[] | null): Promise<Candidate[]> {
  const found = [...(await ours(wanted)), ...peers()];
  if (wanted === null) return found;
  const missing = wanted.filter((name) => !found.some((candidate) => candidate.name === name));
  if (missing.length > 0)
    throw new Error(`${missing.join(', ')}: not here; there are ${found.map(({ name }) => name)}`);
  return found.filter(({ name }) => wanted.includes(name));
}

async function ours(wanted: readonly string[] | null): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const engine of ENGINE_NAMES) {
    const name = `ours/${engine}`;
    if (wanted !== null && !wanted.some((one) => one === name || one.startsWith(`${name} `))) continue;
    const backend = await loadBackend(engine);
    const { ok, kind, reason } = await backend.availability();
    // It takes minutes for one batch.
    const slow = kind === 'software-gpu';
    if (!ok) skip(name, reason);
    else if (slow && wanted === null) skip(name, 'measured only when named with --engines');
    else {
      // The other engines always compute as with `exact`.
      for (const precision of engine === 'simd' ? (['float32', 'exact'] as const) : (['float32'] as const)) {
        found.push({
          name: precision === 'float32' ? name : `${name} ${precision}`,
          command: script('ours'),
          backend: engine,
          precision,
          threaded: kind === 'cpu',
        });
      }
    }
  }
  return found;
}

function peers(): Candidate[] {
  const found: Candidate[] = [];
  const add = (name: string, command: Candidate['command']) => {
    found.push({ name, command, backend: '', precision: 'float32', threaded: true });
  };
  if (hasPeer('onnxruntime-node')) add(ONNXRUNTIME, script('onnxruntime'));
  else skip(ONNXRUNTIME, 'it is not in bench/node_modules');
  if (hasPeer('@huggingface/transformers')) add(TRANSFORMERS, script('transformers-engine'));
  else skip(TRANSFORMERS, '@huggingface/transformers is not in bench/node_modules');
  const python = pythonWithTorch();
  if (python === null) skip(PYTORCH, 'no Python with torch and torchvision; name one in IMAGE_DRIFT_PYTHON');
  else add(PYTORCH, () => [python, pythonScript('torch_engine.py')]);
  return found;
}

export function script(name: string): Candidate['command'] {
  const path = fileURLToPath(new URL(`./peers/${name}.js`, import.meta.url));
  return (node) => [node, path];
}

export function skip(name: string, reason: string): void {
  console.log(`left out: ${name}: ${reason}`);
}
