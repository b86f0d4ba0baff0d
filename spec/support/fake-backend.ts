/**
 * An engine for specs that are not about numbers: its output is the mean of each image, and it can have too little
 * memory, lose its device, or be slow, as told.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Availability, Backend, CompileOptions, ImageBatch, Program, ProgramOutputs } from '../../engine/index.js';
import { EngineError } from '../../engine/index.js';

export interface Fake {
  name?: string;
  availability?: Partial<Availability>;
  precisions?: Backend['precisions'];
  compilesPerBatchSize?: boolean;
  /** Images at once beyond which it has too little memory; may change. */
  mostRows?: () => number;
  /** Told before each run, with its rows; what it throws is thrown by the engine. */
  onRun?: (rows: number, options: CompileOptions) => void;
  onCompile?: (options: CompileOptions) => void;
  onDispose?: () => void;
  /** Milliseconds a run takes. */
  takes?: number;
  /** Factor on every output, as a smaller precision would have it. */
  factor?: (options: CompileOptions) => number;
}

export const FAKE_TAP = 'relu';

export function fakeBackend(fake: Fake = {}): Backend {
  return {
    name: fake.name ?? 'fake',
    parallelism: 'own',
    precisions: fake.precisions ?? ['float32'],
    compilesPerBatchSize: fake.compilesPerBatchSize,
    async availability() {
      return available(fake.availability);
    },
    async compile(_model, options) {
      fake.onCompile?.(options);
      return new FakeProgram(fake, options);
    },
  };
}

export function available(part: Partial<Availability> = {}): Availability {
  return { ok: true, reason: 'a fake', device: 'fake 0', kind: 'gpu', version: '1.0.0', ...part };
}

export function outOfMemory(): EngineError {
  return new EngineError('OUT_OF_MEMORY', 'no room');
}

export function deviceLost(): EngineError {
  return new EngineError('DEVICE_LOST', 'the driver died');
}

/** What a fake gives for a batch. */
export function fakeOutputs({ rows, data }: ImageBatch, factor = 1): ProgramOutputs {
  const pixels = data.length / rows;
  const means = Float32Array.from({ length: rows }, (_, row) => {
    const image = data.subarray(row * pixels, (row + 1) * pixels);
    return (factor * image.reduce((a, b) => a + b, 0)) / pixels;
  });
  return { taps: new Map([[FAKE_TAP, { shape: [rows, 1], data: means }]]), scores: means.slice() };
}

class FakeProgram implements Program {
  readonly #fake: Fake;
  readonly #options: CompileOptions;

  constructor(fake: Fake, options: CompileOptions) {
    this.#fake = fake;
    this.#options = options;
  }

  async run(batch: ImageBatch): Promise<ProgramOutputs> {
    const { mostRows, onRun, takes = 0, factor } = this.#fake;
    await sleep(takes);
    onRun?.(batch.rows, this.#options);
    if (mostRows !== undefined && batch.rows > mostRows()) throw outOfMemory();
    return fakeOutputs(batch, factor?.(this.#options));
  }

  async dispose(): Promise<void> {
    this.#fake.onDispose?.();
  }
}
