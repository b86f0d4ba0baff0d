/**
 * Looks for a GPU in a process of its own: drivers and Dawn write to stderr, and may crash or hang. As a script, with
 * the wanted device, it sends what it found to its parent.
 */
import { fileURLToPath } from 'node:url';
import { Apart, installedVersion } from '#platform';
import { CodedError } from '../../../base/index.js';
import type { Availability } from '../../contract/backend.js';
import { messageOf } from '../../contract/engine-error.js';
import { describeAdapter } from '../gpu/gpu.js';
import { DAWN } from '../packages.js';
import { findAdapter } from './adapters.js';
import { loadDawn } from './dawn.js';

const SCRIPT = new URL('./probe.js', import.meta.url);
const MAX_MS = 30_000;

/** Never throws. @param device as in `findAdapter` */
export async function probe(device: string | undefined): Promise<Availability> {
  const child = new Apart(SCRIPT, { args: device === undefined ? [] : [device], timeout: MAX_MS });
  try {
    return await child.answer<Availability>();
  } catch (error) {
    return unavailable(error);
  } finally {
    await child.close();
  }
}

/** Makes any error of a driver an answer, so that a check of availability never fails. */
export function unavailable(error: unknown): Availability {
  const reason = messageOf(error).replace(/^backend webgpu: /, '');
  const howToGet = error instanceof CodedError ? error.hint : null;
  return { ok: false, reason, device: null, kind: 'gpu', driver: null, version: installedVersion(DAWN), howToGet };
}

if (process.argv[1] === fileURLToPath(SCRIPT)) {
  const found = loadDawn().then((dawn) => findAdapter(dawn, process.argv[2]));
  const answer = await found.then((one) => describeAdapter(one, installedVersion(DAWN)), unavailable);
  // Exits even when Dawn would keep the process alive. The parent has the answer before the exit.
  process.send?.(answer, () => process.exit(0));
}
