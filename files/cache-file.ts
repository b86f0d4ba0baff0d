/**
 * What was measured on this machine, kept in the user's cache folder: small JSON files, shared by all projects.
 *
 * A file may vanish, be unreadable or damaged at any time: then all is measured again, and nothing is said. Nothing that
 * is embedded depends on more than how fast something was.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** A machine, a version and a model each; the oldest go first. */
const MAX_ENTRIES = 200;
/** Longest file that is read: far above what `MAX_ENTRIES` of ours take. */
const MAX_BYTES = 2 ** 20;
/** Machines change below their names: drivers, cooling, neighbours. */
const MAX_AGE_MS = 30 * 24 * 3600 * 1000;

export interface CacheEntry {
  key: string;
  /** Milliseconds since 1970. */
  at: number;
}

export class CacheFile<T extends object> {
  readonly #file: string;
  readonly #isValue: (value: object) => value is T;
  readonly #now: () => number;

  constructor(file: string, isValue: (value: object) => value is T, now: () => number = Date.now) {
    this.#file = file;
    this.#isValue = isValue;
    this.#now = now;
  }

  get(key: string): (T & CacheEntry) | null {
    return this.#entries().find((one) => one.key === key) ?? null;
  }

  /** Replaces the file as a whole, so that a reader never sees half of it; of two writers one wins. */
  set(key: string, value: T): void {
    const others = this.#entries().filter((one) => one.key !== key);
    const entries = [...others, { key, at: this.#now(), ...value }].slice(-MAX_ENTRIES);
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

  #entries(): (T & CacheEntry)[] {
    try {
      const text = readFileSync(this.#file, 'utf8');
      const values: unknown = text.length > MAX_BYTES ? [] : JSON.parse(text);
      if (!Array.isArray(values)) return [];
      return values.filter((value): value is T & CacheEntry => this.#isCurrent(value));
    } catch {
      return [];
    }
  }

  #isCurrent(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false;
    const { key, at } = value as Record<string, unknown>;
    if (typeof key !== 'string' || typeof at !== 'number') return false;
    const now = this.#now();
    return at <= now && now - at < MAX_AGE_MS && this.#isValue(value);
  }
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
