/** Images that are ready, joined to batches: one that is alone does not wait, those that meet share a batch. */
import type { Embedder, ImageBatch, TapOutput } from '../../engine/index.js';

/** What the network says of one image. Shapes are without the batch. */
export interface ImageOutputs {
  taps: Map<string, TapOutput>;
  /** Softmax, `[classes]`; null without classes. */
  scores: Float32Array | null;
}

interface Ready {
  pixels: Omit<ImageBatch, 'rows'>;
  /** By `performance.now`. */
  since: number;
  resolve(outputs: ImageOutputs): void;
  reject(error: unknown): void;
}

/** Batches beyond one a thread: a thread that has ended one finds the next. */
const AHEAD = 1;

export class Batches {
  readonly #embedder: Embedder;
  readonly #maxDelay: number;
  readonly #ready: Ready[] = [];
  /** Images that are being made ready. */
  #coming = 0;
  #running = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param maxDelay ms */
  constructor(embedder: Embedder, maxDelay: number) {
    this.#embedder = embedder;
    this.#maxDelay = maxDelay;
  }

  /** @param pixels when they are ready */
  async outputsOf(pixels: Promise<Omit<ImageBatch, 'rows'>>): Promise<ImageOutputs> {
    this.#coming++;
    const made = await pixels
      .finally(() => this.#coming--)
      .catch((error: unknown) => {
        // Those that waited for it go without it.
        this.#go();
        throw error;
      });
    return new Promise((resolve, reject) => {
      this.#ready.push({ pixels: made, since: performance.now(), resolve, reject });
      this.#go();
    });
  }

  get #free(): number {
    return Math.max(1, this.#embedder.threads) + AHEAD - this.#running;
  }

  #go(): void {
    clearTimeout(this.#timer);
    while (this.#ready.length > 0 && this.#free > 0) {
      const wait = this.#waitFor();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#go(), wait);
        return;
      }
      void this.#run(this.#next());
    }
  }

  /** Milliseconds that the oldest image still waits for others. */
  #waitFor(): number {
    const { since } = this.#ready[0]!;
    return this.#coming === 0 ? 0 : this.#maxDelay - (performance.now() - since);
  }

  /** Some of the images of the oldest one's size: as many as leave something to each thread that is free. */
  #next(): Ready[] {
    const { height, width } = this.#ready[0]!.pixels;
    const same = this.#ready.filter(({ pixels }) => pixels.height === height && pixels.width === width);
    const share = Math.ceil(same.length / Math.max(1, this.#free - AHEAD));
    const taken = new Set(same.slice(0, Math.min(share, this.#embedder.batchSize(height, width))));
    const left = this.#ready.filter((image) => !taken.has(image));
    this.#ready.splice(0, this.#ready.length, ...left);
    return [...taken];
  }

  async #run(images: Ready[]): Promise<void> {
    this.#running++;
    try {
      const all = await this.#compute(images);
      for (const [i, { resolve }] of images.entries()) resolve(all[i]!);
    } catch (error) {
      if (images.length === 1) images[0]!.reject(error);
      // One of them may be to blame: each is asked alone, and has its own answer.
      else for (const image of images) await this.#run([image]);
    } finally {
      this.#running--;
      this.#go();
    }
  }

  async #compute(images: readonly Ready[]): Promise<ImageOutputs[]> {
    const { height, width, data: first } = images[0]!.pixels;
    const data = images.length === 1 ? first : new Uint8Array(images.length * first.length);
    if (images.length > 1) for (const [i, { pixels }] of images.entries()) data.set(pixels.data, i * first.length);
    for await (const { rows, taps, scores } of this.#embedder.run([{ rows: images.length, height, width, data }])) {
      return images.map((_, row) => {
        const own = [...taps].map(([name, output]) => [name, rowOf(output, row)] as const);
        return { taps: new Map(own), scores: scores && partOf(scores, rows, row) };
      });
    }
    throw new Error('an embedder gives a result for each batch');
  }
}

function rowOf({ shape: [rows, ...shape], data }: TapOutput, row: number): TapOutput {
  return { shape, data: partOf(data, rows!, row) };
}

/** A copy, so that one image does not keep those of its batch in memory. */
function partOf(values: Float32Array, rows: number, row: number): Float32Array {
  const length = values.length / rows;
  return values.slice(row * length, (row + 1) * length);
}
