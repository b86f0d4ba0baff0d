/**
 * The search for kernels in a process of its own. A switch of V8, or a kernel, may crash on some Node. Then it crashes
 * that process, not the user's, and the search is repeated without switches.
 */
import { Apart, isPlainNode, startFlags } from '#platform';
import { isRate } from '../../../../files/index.js';
import { type Flag, OUR_FLAGS } from '../builds/compile-module.js';
import { BUILDS, type Build, type ModuleChoice } from '../builds/modules.js';

/** A choice of kernels, in the form that is kept for the next start and sent between processes. */
export interface Remembered {
  build: Build;
  tile: string;
  revectorized: boolean;
  /** Multiplications a second of one thread. */
  multiplyAdds: number;
  known: Flag[];
}

export function isRemembered(value: object): value is Remembered {
  const { build, tile, revectorized, multiplyAdds, known } = value as Record<string, unknown>;
  return (
    BUILDS.some((one) => one === build) &&
    typeof tile === 'string' &&
    typeof revectorized === 'boolean' &&
    isRate(multiplyAdds) &&
    Array.isArray(known) &&
    known.every((flag) => OUR_FLAGS.some((one) => one === flag))
  );
}

const SCRIPT = new URL('./search-process.js', import.meta.url);
/**
 * A search takes a quarter of a second, seconds on a busy machine. After this it counts as hanging, and the next one
 * gets no switches, which may mean another build and other last bits. So the limit is far from what a slow machine
 * needs.
 */
const MAX_MS = 120_000;

/** First with the switches that V8 knows, then without. */
const TRIES = [[], ['--no-switches']] as const;

/** Null if no process starts, or each crashed. Never rejects. @param script tests pass another one */
export async function searchApart(choice: ModuleChoice, script = SCRIPT): Promise<Remembered | null> {
  if (!(await isPlainNode())) return null;
  for (const args of TRIES) {
    const found = await searchOnce(script, [choice, ...args]).catch(() => null);
    if (found !== null) return found;
  }
  return null;
}

async function searchOnce(script: URL, args: readonly string[]): Promise<Remembered | null> {
  const search = new Apart(script, { args, execArgv: startFlags()[0].filter(isForV8), timeout: MAX_MS });
  try {
    const found = await search.answer<object | null>();
    return found !== null && isRemembered(found) ? found : null;
  } finally {
    await search.close();
  }
}

/** Whether an argument affects how kernels are compiled, unlike a port, a loader or a script. */
function isForV8(argument: string): boolean {
  return /^--(no-)?(experimental-)?(wasm|liftoff|turbo|enable-|jitless|harmony)/.test(argument);
}
