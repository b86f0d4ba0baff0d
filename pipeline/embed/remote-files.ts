/** Images at URLs, fetched when they are needed. Nothing of them is kept. */
import { MAX_IMAGE_BYTES, type RemoteFiles } from '../../data/index.js';
import type { Fetcher } from '../../download/index.js';

/** Loads what fetches with the first URL: most images lie on a disk. */
export function remoteFiles(): RemoteFiles & { close(): Promise<void> } {
  let fetcher: Promise<Fetcher> | null = null;
  return {
    async read(url) {
      fetcher ??= import('../../download/index.js').then(({ Fetcher }) => new Fetcher({ most: MAX_IMAGE_BYTES }));
      return (await fetcher).fetch(url);
    },
    async close() {
      await (await fetcher)?.close();
    },
  };
}
