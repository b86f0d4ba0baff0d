import { publicUrl } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';
import { type Get, type PersistOptions, persist } from '../receive.js';
import { type FileReply, Interruption, leave } from '../request-file.js';

export interface FileVersion {
  url: string;
  size: number;
  /** Null where the server has no validators: then only a change of its length is noticed. */
  version: string | null;
}

/**
 * Passes on the bytes from `from` to `to` as they come, each once and in order, over as many tries as it takes.
 * @throws DownloadError `DOWNLOAD_CHANGED`, `DOWNLOAD_INTERRUPTED`, `DOWNLOAD_REFUSED`
 */
export async function receivePart(
  get: Get,
  file: FileVersion,
  from: number,
  to: number,
  take: (chunk: Uint8Array) => void,
  options: PersistOptions,
): Promise<void> {
  let at = from;
  const attempt = async () => {
    const reply = await get({ url: file.url, from: at, to, signal: options.signal }).catch((error: unknown) => {
      throw vanished(file, error);
    });
    await checkReply(reply, file, at);
    for await (const chunk of reply.body) {
      const wanted = chunk.subarray(0, to - at);
      at += wanted.byteLength;
      take(wanted);
      // A server may send more than was asked for, or without an end.
      if (at === to) break;
    }
    if (at < to) {
      const [came, asked] = [(at - from).toLocaleString('en'), (to - from).toLocaleString('en')];
      throw new Interruption(`${came} of ${asked} bytes came`);
    }
  };
  await persist(file.url, attempt, () => at, options);
}

async function checkReply(reply: FileReply, file: FileVersion, from: number): Promise<void> {
  const { version, total, start } = reply;
  const other = version !== null && file.version !== null && version !== file.version;
  if (!other && (total === null || total === file.size) && start === from) return;
  await leave(reply);
  if (other) throw changed(file, `it was of version ${file.version}, it is of version ${version}`);
  if (total !== null && total !== file.size) {
    throw changed(file, `it had ${file.size.toLocaleString('en')} bytes, it has ${total.toLocaleString('en')}`);
  }
  throw new Interruption('the server sends the whole file, not the part that was asked for');
}

/** A file that is gone while it is read is not a file that was never there, and says nothing of one image in it. */
function vanished(file: FileVersion, error: unknown): unknown {
  if (!(error instanceof DownloadError) || error.code !== 'DOWNLOAD_NOT_FOUND') return error;
  return changed(file, 'it is not there any more');
}

/** Not a fact about an image: the same command may work later. */
export function changed({ url }: Pick<FileVersion, 'url'>, how: string): DownloadError {
  return new DownloadError('DOWNLOAD_CHANGED', `${publicUrl(url)}: changed while it was read: ${how}`, {
    hint: 'Run the same command again, when nobody writes to it.',
    mayRetry: true,
  });
}

/** The blocks of remote files that were read last, in memory, for all files of a command together. */
export const BLOCK_BYTES = 256 * 1024;
const MOST_BLOCKS = 256;

export type Block = Promise<Uint8Array>;

export class BlockStore {
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
