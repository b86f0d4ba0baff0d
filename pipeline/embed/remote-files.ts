/** Images at URLs, fetched when they are needed. Nothing of them is kept. */
import type { RemoteFiles } from '../../data/index.js';
import type { Fetcher } from '../../download/index.js';

/** As large as an image file on a disk may be. */
const MOST_BYTES = 2 ** 29;

/** Loads what fetches with the first URL: most images lie on a disk. */
export function remoteFiles(): RemoteFiles & { close(): Promise<void> } {
  let fetcher: Promise<Fetcher> | null = null;
  return {
    async read(url) {
      fetcher ??= import('../../download/index.js').then(({ Fetcher }) => new Fetcher({ most: MOST_BYTES }));
      return (await fetcher).fetch(url);
    },
    async close() {
      await (await fetcher)?.close();
    },
  };
}
