/** The results of calibrations: which of two engines was faster, and the rates of both. */
import { join } from 'node:path';
import { CacheFile, cacheFolder, isRate } from '../../files/index.js';
import type { EngineName } from '../backends/registry.js';
import type { Comparison } from './choose.js';

interface Rates {
  winner: EngineName;
  rates: Record<string, number>;
}

export class CalibrationCache {
  readonly #file: CacheFile<Rates>;

  constructor(folder: string | null = cacheFolder(), now: () => number = Date.now) {
    this.#file = new CacheFile(folder && join(folder, 'calibrations.json'), areRates, now);
  }

  get(key: string): Comparison | null {
    const entry = this.#file.get(key);
    if (entry === null) return null;
    return { winner: entry.winner, rates: new Map(Object.entries(entry.rates) as [EngineName, number][]) };
  }

  set(key: string, { winner, rates }: Comparison): void {
    this.#file.set(key, { winner, rates: Object.fromEntries(rates) });
  }
}

function areRates(value: object): value is Rates {
  const { winner, rates } = value as Record<string, unknown>;
  return (
    typeof winner === 'string' &&
    typeof rates === 'object' &&
    rates !== null &&
    Object.values(rates).every(isRate) &&
    winner in rates
  );
}
