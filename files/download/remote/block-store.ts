/** The blocks of remote files that were read last, in memory, for all files of a command together. */

export const BLOCK_BYTES = 256 * 1024;
/** 64 MiB. */
const MOST_BLOCKS = 256;

export type Block = Promise<Uint8Array>;

export class BlockStore {
  /** The last used one at the end. */
  readonly #blocks = new Map<string, Block>();

  get(key: string): Block | undefined {
    const block = this.#blocks.get(key);
    if (block === undefined) return undefined;
    this.#blocks.delete(key);
    this.#blocks.set(key, block);
    return block;
  }

  has(key: string): boolean {
    return this.#blocks.has(key);
  }

  /** One that fails is forgotten: whoever needs it later tries again. */
  set(key: string, block: Block): void {
    this.#blocks.set(key, block);
    block.catch(() => this.#forget(key, block));
    for (const [oldest] of this.#blocks) {
      if (this.#blocks.size <= MOST_BLOCKS) break;
      this.#blocks.delete(oldest);
    }
  }

  #forget(key: string, block: Block): void {
    if (this.#blocks.get(key) === block) this.#blocks.delete(key);
  }
}
