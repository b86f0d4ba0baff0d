/** An engine whose output is each image's mean. On request it has too little memory, loses its device, or is slow. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Availability,
  type Backend,
  type CompileOptions,
  EngineError,
  type ImageBatch,
  type ProgramOutputs,
} from '../../engine/index.js';
import type { BoundGraph } from '../../graph/index.js';

export interface Fake {
  name?: string;
  availability?: Partial<Availability>;
  precisions?: Backend['precisions'];
  compilesPerBatchSize?: boolean;
  /** Most images at once before memory runs out; may change. */
  mostRows?: () => number;
  /** Called before each run with its number of rows. The engine throws whatever it throws. */
  onRun?: (rows: number, options: CompileOptions) => void;
  onCompile?: (options: CompileOptions) => void;
  onDispose?: () => void;
  /** Milliseconds a run takes. */
  takes?: number;
  /** Factor on an image's output, to imitate a device that computes wrongly. */
  factor?: (row: number, rows: number) => number;
}

export const FAKE_TAP = 'relu';

export function fakeBackend(fake: Fake = {}): Backend {
  const { name = 'fake', precisions = ['float32'], compilesPerBatchSize, mostRows, onRun, takes = 0, factor } = fake;
  return {
    ...{ name, parallelism: 'own', precisions, compilesPerBatchSize },
    availability: async () => available(fake.availability),
    async compile(_model, options) {
      fake.onCompile?.(options);
      return {
        async run(batch) {
          await sleep(takes);
          onRun?.(batch.rows, options);
          if (mostRows !== undefined && batch.rows > mostRows()) throw outOfMemory();
          return fakeOutputs(batch, factor);
        },
        dispose: async () => fake.onDispose?.(),
      };
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

export function fakeOutputs({ rows, data }: ImageBatch, factor: Fake['factor'] = () => 1): ProgramOutputs {
  const pixels = data.length / rows;
  const means = Float32Array.from({ length: rows }, (_, row) => {
    const image = data.subarray(row * pixels, (row + 1) * pixels);
    return (factor(row, rows) * image.reduce((a, b) => a + b, 0)) / pixels;
  });
  return { taps: new Map([[FAKE_TAP, { shape: [rows, 1], data: means }]]), scores: means.slice() };
}

/** The smallest network: a ReLU over the image. */
export const tinyModel: BoundGraph = {
  graph: {
    nodes: [
      { name: ':input', inputs: [], op: 'input' },
      { name: 'relu', inputs: [':input'], op: 'relu' },
    ],
    output: 'relu',
    modules: new Map(),
  },
  tensors: new Map(),
};

// A network without layers. Compiling it starts a backend, or fails to.

const model: BoundGraph = {
  graph: { nodes: [{ name: ':input', inputs: [], op: 'input' }], output: ':input', modules: new Map() },
  tensors: new Map(),
};

const options: CompileOptions = {
  taps: [':input'],
  scores: false,
  mean: [0, 0, 0],
  std: [1, 1, 1],
  precision: 'float32',
};

export const NOTHING = { model, options };
