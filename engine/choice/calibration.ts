/** The results of calibrations: which of two engines was faster for a model on this machine, and whether it is right. */
import { cacheFolder, installedVersion, join, machine, sha256Of } from '#platform';
import { CacheFile, isRate } from '../../files/index.js';
import type { ImageSize } from '../../graph/index.js';
import { ENGINE_PACKAGES, type EngineName } from '../backends/registry.js';
import type { ImageBatch, Precision } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';
import type { Difference } from '../contract/parts.js';
import type { Session } from '../running/session.js';
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
  const { identity, runtime } = machine();
  const packages = ENGINE_PACKAGES.map((name) => installedVersion(name));
  const model = { weightsSha256, image, taps, precision, device: wanted, threads };
  const parts = [identity, runtime, packages, engine, device, driver ?? null, version ?? null, model];
  return sha256Of(JSON.stringify(parts));
}

interface Kept extends Omit<Comparison, 'rates'> {
  rates: Record<string, number>;
}

/** Kept for a month in the user's cache folder. */
export class CalibrationCache {
  readonly #file: CacheFile<Kept>;

  constructor(folder: string | null = cacheFolder(), now: () => number = Date.now) {
    this.#file = new CacheFile(folder && join(folder, 'calibrations.json'), isKept, now);
  }

  get(key: string): Comparison | null {
    const entry = this.#file.get(key);
    if (entry === null) return null;
    const { winner, rates, difference } = entry;
    return { winner, rates: new Map(Object.entries(rates) as [EngineName, number][]), difference };
  }

  set(key: string, { rates, ...comparison }: Comparison): void {
    this.#file.set(key, { ...comparison, rates: Object.fromEntries(rates) });
  }
}

function isKept(value: object): value is Kept {
  const { winner, rates, difference } = value as Record<string, unknown>;
  return (
    typeof winner === 'string' &&
    typeof rates === 'object' &&
    rates !== null &&
    Object.values(rates).every(isRate) &&
    winner in rates &&
    isDifference(difference)
  );
}

function isDifference(value: unknown): value is Difference | null {
  if (typeof value !== 'object' || value === null) return value === null;
  const { of, error } = value as Record<string, unknown>;
  return typeof of === 'string' && (error === null || typeof error === 'number');
}

/** Two engines are measured, so this is one second in all. */
const MEASURE_MS = 500;
/** Includes the start, compilation and a first batch. The slowest shader compilers need ten seconds. */
const MAX_MS = 60_000;

/** A batch of the measurement takes about this long, so several batches fit. */
const BATCH_MS = 100;
/** The most images in a batch: larger ones make hardly any engine faster. */
const MOST_ROWS = 64;

export type Measurable = Pick<Session, 'run' | 'batchSize' | 'parallel' | 'availability'>;

/**
 * Measures one image first, and takes the size of a batch from its time.
 * @throws what the engine throws; EngineError `BACKEND_FAILED` when it does not answer within a minute
 */
export async function measureRate(engine: Measurable, image: ImageSize, channels: number): Promise<number> {
  const { parallel } = engine;
  const runAll = (rows: number, ms: number) => runFor(engine, greyImages(image, channels, rows), parallel, ms);
  const measured = async (): Promise<number> => {
    await runAll(1, 0);
    const single = await runAll(1, 0);
    const milliseconds = (1000 * parallel) / single;
    if (milliseconds >= MEASURE_MS) return single;
    const rows = Math.max(1, Math.min(mostRows(engine, image), Math.floor(BATCH_MS / milliseconds)));
    // The engine may have to compile for another batch size first.
    if (rows > 1) await runAll(rows, 0);
    return runAll(rows, MEASURE_MS);
  };
  return withDeadline(measured());
}

/** A software GPU compiles for ten seconds for each batch size, and larger batches do not make it faster. */
function mostRows(engine: Measurable, image: ImageSize): number {
  return engine.availability.kind === 'software-gpu' ? 1 : Math.min(MOST_ROWS, engine.batchSize(image));
}

function greyImages({ height, width }: ImageSize, channels: number, rows: number): ImageBatch {
  return { rows, height, width, data: new Uint8Array(rows * height * width * channels).fill(128) };
}

/** Images per second of `atOnce` runs side by side. Each run repeats until the time is over, but runs at least once. */
async function runFor(engine: Measurable, batch: ImageBatch, atOnce: number, milliseconds: number): Promise<number> {
  const started = performance.now();
  let images = 0;
  const one = async (): Promise<void> => {
    do {
      await engine.run(batch);
      images += batch.rows;
    } while (performance.now() - started < milliseconds);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return (1000 * images) / (performance.now() - started);
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    const late = () => reject(new EngineError('BACKEND_FAILED', `it gave no answer in ${MAX_MS / 1000} s`));
    timer = setTimeout(late, MAX_MS);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
