/**
 * Which events were counted, by hashes of their ids, so that one that comes again in another file counts once. The ids
 * of a window are known while later windows are at most 48 hours newer, and longer while there are few.
 */
import { textKey } from '../../drift/index.js';
import { readSmallFile } from '../../files/index.js';
import type { Change } from './state-folder.js';

const KEPT_MS = 48 * 3_600_000;
/** Older windows' ids that are kept, too: files may be given in any order. They take 16 MB. */
const KEPT_MORE = 2_000_000;
/** 60 million ids of one window. */
const MAX_BYTES = 480e6;
const SEED = 0;

export class EventIds {
  readonly #windows = new Map<number, Set<number>>();
  readonly #stored: Readonly<Record<string, string>>;
  readonly #read: (name: string) => string;
  readonly #changed = new Set<number>();

  /** @param stored start of a window → file @param read the path of a file */
  constructor(stored: Readonly<Record<string, string>>, read: (name: string) => string) {
    this.#stored = stored;
    this.#read = read;
  }

  isReady(start: number): boolean {
    return this.#windows.has(start);
  }

  /** Loads what is known of a window, before `add`. */
  async ready(start: number): Promise<void> {
    const file = this.#stored[String(start)];
    this.#windows.set(start, new Set(file === undefined ? [] : await readIds(this.#read(file))));
  }

  /** @returns false if the event was there. One without an id is always new. */
  add(start: number, id: string | null): boolean {
    if (id === null) return true;
    const known = this.#windows.get(start) as Set<number>;
    const key = textKey(id, SEED);
    if (known.has(key)) return false;
    known.add(key);
    this.#changed.add(start);
    return true;
  }

  /** Writes the windows that got ids, and forgets old ones. @param length of a window, ms */
  async write(change: Change, length: number): Promise<void> {
    const { ids } = change.state;
    for (const start of this.#changed) {
      const keys = Float64Array.from(this.#windows.get(start) as Set<number>).sort();
      ids[String(start)] = await change.write('ids', `${start}-${keys.length}`, new Uint8Array(keys.buffer));
    }
    this.#changed.clear();
    for (const start of forgotten(sizesOf(ids), length)) delete ids[String(start)];
  }
}

/** The number of ids is in the name of their file. */
function sizesOf(ids: Readonly<Record<string, string>>): Map<number, number> {
  const sizes = Object.entries(ids).map(
    ([start, file]) => [Number(start), Number(/-(\d+)\.\d+$/.exec(file)?.[1])] as const,
  );
  return new Map(sizes);
}

async function readIds(path: string): Promise<Float64Array> {
  const bytes = await readSmallFile(path, MAX_BYTES, 'ids of events');
  return new Float64Array(bytes.slice().buffer);
}

/**
 * Starts of the windows whose ids are forgotten. It depends on the windows alone, and on no clock.
 * @param sizes start of a window → its ids @param length of a window, ms
 */
function forgotten(sizes: ReadonlyMap<number, number>, length: number): number[] {
  const newest = Math.max(...sizes.keys());
  let more = 0;
  return [...sizes]
    .sort(([a], [b]) => b - a)
    .filter(([start, ids]) => {
      if (start + length + KEPT_MS >= newest) return false;
      more += ids;
      return more > KEPT_MORE;
    })
    .map(([start]) => start);
}
