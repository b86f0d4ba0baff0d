/** Images that are needed again and again: in memory while they are few, then in a file that has no name and ends with the process. */
import type { Image } from '../../data/index.js';
import { type RandomAccess, UnnamedFile } from '../../files/index.js';

/** Bytes of all images together that are kept in memory. */
const IN_MEMORY = 2 ** 25;

export interface HeldImages {
  readonly length: number;
  at(index: number): Promise<Image>;
  close(): Promise<void>;
}

/** Where an image lies in the file. */
interface Place {
  height: number;
  width: number;
  start: number;
}

/** Takes images, one after the other. */
export class ImageHolder {
  readonly #most: number;
  #images: Image[] = [];
  readonly #places: Place[] = [];
  #bytes = 0;
  #file: UnnamedFile | null = null;

  constructor(most = IN_MEMORY) {
    this.#most = most;
  }

  /** @throws FileError */
  async add(image: Image): Promise<void> {
    const { height, width, data } = image;
    this.#places.push({ height, width, start: this.#bytes });
    this.#bytes += data.length;
    if (this.#file === null && this.#bytes <= this.#most) {
      this.#images.push(image);
      return;
    }
    if (this.#file === null) {
      this.#file = await UnnamedFile.create('images of the baseline');
      for (const held of this.#images) await this.#file.add(held.data);
      this.#images = [];
    }
    await this.#file.add(data);
  }

  async discard(): Promise<void> {
    await this.#file?.discard();
  }

  /** No more are added. @throws FileError */
  async finish(): Promise<HeldImages> {
    if (this.#file !== null) return new ImagesOfFile(this.#places, await this.#file.finish(null));
    const images = this.#images;
    return {
      length: images.length,
      at: (index) => Promise.resolve(images[index]!),
      close: () => Promise.resolve(),
    };
  }
}

class ImagesOfFile implements HeldImages {
  readonly #places: readonly Place[];
  readonly #file: RandomAccess;

  constructor(places: readonly Place[], file: RandomAccess) {
    this.#places = places;
    this.#file = file;
  }

  get length(): number {
    return this.#places.length;
  }

  async at(index: number): Promise<Image> {
    const { height, width, start } = this.#places[index]!;
    return { height, width, data: await this.#file.read(start, 3 * height * width) };
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
