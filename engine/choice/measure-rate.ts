/** Images per second of a running engine, from half a second of work on grey images. */

import type { ImageSize } from '../../graph/index.js';
import type { ImageBatch, ProgramOutputs } from '../contract/backend.js';
import { EngineError } from '../contract/engine-error.js';

/** Two engines are measured, so this is one second in all. */
const MEASURE_MS = 500;
/** Includes the start, compilation and a first batch. The slowest shader compilers need ten seconds. */
const MAX_MS = 60_000;

export interface Measurable {
  run(images: ImageBatch): Promise<ProgramOutputs>;
}

/** A batch of the measurement takes about this long, so several batches fit. */
const BATCH_MS = 100;

/**
 * Measures one image first, and takes the size of a batch from its time. So a slow engine is not measured for much
 * longer than a fast one.
 *
 * @param channels of the images
 * @param atOnce batches under way at the same time, so that every thread is busy
 * @param mostRows the most images of one batch
 * @throws what the engine throws; EngineError `BACKEND_FAILED` when it does not answer within a minute
 */
export async function measureRate(
  engine: Measurable,
  image: ImageSize,
  { channels, mostRows, atOnce }: { channels: number; mostRows: number; atOnce: number },
): Promise<number> {
  const runAll = (rows: number, ms: number) => runFor(engine, greyImages(image, channels, rows), atOnce, ms);
  const measured = async (): Promise<number> => {
    await runAll(1, 0);
    const single = await runAll(1, 0);
    const milliseconds = (1000 * atOnce) / single;
    if (milliseconds >= MEASURE_MS) return single;
    const rows = Math.max(1, Math.min(mostRows, Math.floor(BATCH_MS / milliseconds)));
    // The engine may have to compile for another batch size first.
    if (rows > 1) await runAll(rows, 0);
    return runAll(rows, MEASURE_MS);
  };
  return withDeadline(measured());
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
  let timer: NodeJS.Timeout | undefined;
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
