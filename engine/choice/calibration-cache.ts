/**
 * What calibrations found, kept in the user's cache folder: one small JSON file, shared by all projects.
 *
 * It may vanish, be unreadable or damaged at any time: then engines are measured again, and nothing is said. Rates are
 * no results, so nothing that is embedded depends on more than which engine was faster.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EngineName } from '../backends/registry.js';
import type { Comparison } from './choose.js';

/** A machine, a version and a model each; the oldest go first. */
const MAX_ENTRIES = 200;
/** Longest file that is read: far above what `MAX_ENTRIES` of ours take. */
const MAX_BYTES = 2 ** 20;
/** Machines change below their names: drivers, cooling, neighbours. */
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

interface Entry {
  key: string;
  /** Milliseconds since 1970. */
  at: number;
  winner: EngineName;
  rates: Record<string, number>;
}

export class CalibrationCache {
  readonly #file: string;
  readonly #now: () => number;

  constructor(folder: string = cacheFolder(), now: () => number = Date.now) {
    this.#file = join(folder, 'calibrations.json');
    this.#now = now;
  }

  get(key: string): Comparison | null {
    const entry = this.#entries().find((one) => one.key === key);
    if (entry === undefined) return null;
    return { winner: entry.winner, rates: new Map(Object.entries(entry.rates) as [EngineName, number][]) };
  }

  /** Replaces the file as a whole, so that a reader never sees half of it; of two writers one wins. */
  set(key: string, { winner, rates }: Comparison): void {
    const others = this.#entries().filter((one) => one.key !== key);
    const entries = [...others, { key, at: this.#now(), winner, rates: Object.fromEntries(rates) }].slice(-MAX_ENTRIES);
    try {
      this.#write(JSON.stringify(entries, null, 1));
    } catch {
      // A read-only home: the next start measures again.
    }
  }

  #write(text: string): void {
    const partial = `${this.#file}.${process.pid}`;
    mkdirSync(dirname(this.#file), { recursive: true });
    try {
      writeFileSync(partial, text);
      renameSync(partial, this.#file);
    } finally {
      rmSync(partial, { force: true });
    }
  }

  #entries(): Entry[] {
    try {
      const text = readFileSync(this.#file, 'utf8');
      const values: unknown = text.length > MAX_BYTES ? [] : JSON.parse(text);
      if (!Array.isArray(values)) return [];
      const now = this.#now();
      return values.filter(isEntry).filter(({ at }) => at <= now && now - at < MAX_AGE_MS);
    } catch {
      return [];
    }
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { key, at, winner, rates } = value as Record<string, unknown>;
  return (
    typeof key === 'string' &&
    typeof at === 'number' &&
    typeof winner === 'string' &&
    typeof rates === 'object' &&
    rates !== null &&
    Object.values(rates).every((rate) => typeof rate === 'number') &&
    winner in rates
  );
}

/** Where a system keeps what can be made again: XDG's rule, Apple's, Microsoft's. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg) return join(xdg, 'image-drift');
  if (platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'image-drift', 'cache');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'image-drift');
  return join(homedir(), '.cache', 'image-drift');
}
