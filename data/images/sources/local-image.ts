/** An image file in a folder of this machine. */
import { join } from 'node:path';
import type { FoundImage } from './build-listing.js';
import { fileModified, fileStamp, pinnedFile, readImageFile } from './folder.js';
import type { ImagePin } from './image-pin.js';

/** A class, because a set may have millions of them: it holds two references and no functions of its own. */
export class LocalImage implements FoundImage {
  readonly #folder: string;

  /** @param key path from the folder */
  constructor(
    readonly key: string,
    folder: string,
  ) {
    this.#folder = folder;
  }

  get #path(): string {
    return join(this.#folder, this.key);
  }

  read(): Promise<Uint8Array> {
    return readImageFile(this.#path);
  }

  modified(): Promise<number | null> {
    return fileModified(this.#path);
  }

  stamp(): Promise<string> {
    return fileStamp(this.#path);
  }

  pin(): Promise<ImagePin> {
    return pinnedFile(this.#path);
  }
}
