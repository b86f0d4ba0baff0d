/** The results of calibrations: which of two engines was faster for a model on this machine, and the rates of both. */
import { createHash } from 'node:crypto';
import { availableParallelism, cpus, hostname } from 'node:os';
import { join } from 'node:path';
import { CacheFile, cacheFolder, installedVersion, isRate } from '../../files/index.js';
import type { ImageSize } from '../../graph/index.js';
import { ENGINE_PACKAGES, type EngineName } from '../backends/registry.js';
import type { Precision } from '../contract/backend.js';
import type { Candidate, Comparison } from './choose.js';

export interface CalibratedModel {
  weightsSha256: string;
  image: ImageSize;
  taps: readonly string[];
  precision: Precision;
  device: string | null;
  threads: number | null;
}

/** A hash that changes with the machine, the driver, the packages, Node and the model. */
export function calibrationKey(
  { engine, availability }: Candidate,
  { weightsSha256, image, taps, precision, device: wanted, threads }: CalibratedModel,
): string {
  const { device, driver, version } = availability;
  const machine = [hostname(), process.platform, process.arch, cpus()[0]?.model ?? '', availableParallelism()];
  const packages = ENGINE_PACKAGES.map((name) => installedVersion(name));
  const model = { weightsSha256, image, taps, precision, device: wanted, threads };
  const parts = [machine, process.version, packages, engine, device, driver ?? null, version ?? null, model];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

interface Rates {
  winner: EngineName;
  rates: Record<string, number>;
}

/** Kept for a month in the user's cache folder. */
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
