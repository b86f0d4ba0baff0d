/** Images per second of a running engine, from half a second of work on grey images. */
import type { ImageBatch, ProgramOutputs } from '../backend.js';
import { EngineError } from '../engine-error.js';
import type { ImageSize } from '../shapes.js';

/** Two engines are measured: one second in all. */
const MEASURE_MS = 500;
/** For starting, compiling and one first batch: the slowest shader compilers need ten seconds. */
const MAX_MS = 60_000;

export interface Measurable {
  run(images: ImageBatch): Promise<ProgramOutputs>;
}

/**
 * @param atOnce batches under way at the same time, so that every thread is busy
 * @param rows images of one batch
 * @throws what the engine throws; EngineError `BACKEND_FAILED` when it does not answer within a minute
 */
export async function measureRate(
  engine: Measurable,
  image: ImageSize,
  { rows, atOnce }: { rows: number; atOnce: number },
): Promise<number> {
  const { height, width } = image;
  const batch = { rows, height, width, data: new Uint8Array(rows * height * width * 3).fill(128) };
  const all = (work: () => Promise<void>) => Promise.all(Array.from({ length: atOnce }, work));
  const measured = async (): Promise<number> => {
    await all(async () => void (await engine.run(batch)));
    const started = performance.now();
    let images = 0;
    await all(async () => {
      do {
        await engine.run(batch);
        images += rows;
      } while (performance.now() - started < MEASURE_MS);
    });
    return (1000 * images) / (performance.now() - started);
  };
  return withDeadline(measured());
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
