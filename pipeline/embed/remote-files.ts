/** Images at URLs, fetched when they are needed. */
import { openRemoteStore, type RemoteStore } from '#surroundings';
import { MAX_IMAGE_BYTES, type RemoteFiles } from '../../data/index.js';
import type { EmbedImagesOptions } from '../options/index.js';

/** Loads what fetches with the first URL: most images lie on a disk. */
export function remoteFiles(
  options: Pick<EmbedImagesOptions, 'cache' | 'signal' | 'onNotice'> = {},
): RemoteFiles & { close(): Promise<void> } {
  let store: Promise<RemoteStore> | null = null;
  const opened = () => {
    const { cache, signal, onNotice } = options;
    store ??= openRemoteStore({ most: MAX_IMAGE_BYTES, cache, signal, onNotice });
    return store;
  };
  return {
    ready: async (url) => (await opened()).ready(url),
    read: async (url, namedBy) => (await opened()).read(url, namedBy),
    open: async (url) => (await opened()).open(url),
    list: async (url) => (await opened()).list(url),
    async *names(url) {
      yield* (await opened()).names(url);
    },
    close: async () => (await store)?.close(),
  };
}

/** Closes what fetches if the work that needs it fails. */
export async function closing<T>(remote: { close(): Promise<void> }, work: Promise<T>): Promise<T> {
  return work.catch(async (error: unknown) => {
    await remote.close();
    throw error;
  });
}
