/** A graph on a GPU: TensorFlow.js's program, with WebGPU's lost devices, limits and memory handled. */
import { Gate } from '../../../files/index.js';
import { type BoundGraph, type Graph, inferShapes } from '../../../graph/index.js';
import type { CompileOptions, ImageBatch, Program, ProgramOutputs } from '../../contract/backend.js';
import { EngineError } from '../../contract/engine-error.js';
import { takeTurn, withBackend } from '../tfjs/global-engine.js';
import { TfjsProgram } from '../tfjs/program.js';
import type { WebgpuDevice } from './device.js';

const BATCHES_UNDER_WAY = 2;
const MIB = 2 ** 20;

export class WebgpuProgram implements Program {
  readonly #device: WebgpuDevice;
  readonly #graph: Graph;
  readonly #program: TfjsProgram;
  readonly #gate = new Gate(BATCHES_UNDER_WAY);
  /** The image size of the last batch, `height×width`. */
  #imageSize = '';

  private constructor(device: WebgpuDevice, graph: Graph, program: TfjsProgram) {
    this.#device = device;
    this.#graph = graph;
    this.#program = program;
  }

  /** Closes the device if it fails. @throws EngineError `BACKEND_FAILED`, `OUT_OF_MEMORY`, `DEVICE_LOST` */
  static async create(device: WebgpuDevice, model: BoundGraph, options: CompileOptions): Promise<WebgpuProgram> {
    try {
      checkWeightsFit(device, model);
      const { value, accepted } = await withBackend(device.backend, () => {
        return device.watch(() => new TfjsProgram(device.backend, model, options, (record) => device.watch(record)));
      });
      await accepted;
      return new WebgpuProgram(device, model.graph, value);
    } catch (error) {
      const explained = await device.explain(error);
      await takeTurn(() => device.close());
      throw explained;
    }
  }

  run(batch: ImageBatch): Promise<ProgramOutputs> {
    return this.#gate.pass(async () => {
      this.#device.checkPresent();
      try {
        this.#checkBatchFits(batch);
        this.#forgetOtherSizes(batch);
        return await this.#program.run(batch);
      } catch (error) {
        throw await this.#device.explain(error);
      }
    });
  }

  async dispose(): Promise<void> {
    await this.#program.dispose();
    await takeTurn(() => this.#device.close());
  }

  /** Checks the batch first, because a tensor beyond the limit would be computed as zeros. */
  #checkBatchFits({ rows, height, width }: ImageBatch): void {
    const shapes = inferShapes(this.#graph, { height, width });
    const [name, bytes] = largest([...shapes].map(([node, shape]) => [node, rows * bytesOf(shape)]));
    if (bytes <= this.#device.largestTensor) return;
    const fitting = Math.floor((this.#device.largestTensor * rows) / bytes);
    const message = `${name} has ${mebibytes(bytes)} for ${rows} images of ${height}×${width}, ${takes(this.#device)}`;
    const hint = fitting > 0 ? `Take a batch of at most ${fitting}.` : 'Resize the images, or take another backend.';
    throw new EngineError('OUT_OF_MEMORY', message, { hint });
  }

  /** Buffers are kept by size, so images of many sizes would fill the GPU. */
  #forgetOtherSizes({ height, width }: ImageBatch): void {
    const size = `${height}×${width}`;
    if (size === this.#imageSize) return;
    this.#imageSize = size;
    this.#device.freePool();
  }
}

/** @throws EngineError `BACKEND_FAILED`: WebGPU limits the size of one tensor, even if there is more memory */
function checkWeightsFit(device: WebgpuDevice, { tensors }: BoundGraph): void {
  const [name, bytes] = largest([...tensors].map(([tensor, { shape }]) => [tensor, bytesOf(shape)]));
  if (bytes <= device.largestTensor) return;
  const message = `${name} has ${mebibytes(bytes)}, ${takes(device)}`;
  throw new EngineError('BACKEND_FAILED', message, { hint: 'Take another backend or device.' });
}

const takes = (device: WebgpuDevice) => `the GPU ${device.name} takes ${mebibytes(device.largestTensor)} at once`;

function bytesOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, Float32Array.BYTES_PER_ELEMENT);
}

function largest(sizes: readonly (readonly [string, number])[]): readonly [string, number] {
  return sizes.reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MIB).toLocaleString('en')} MiB`;
}
