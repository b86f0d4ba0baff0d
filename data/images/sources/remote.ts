/** Images at URLs. How they are fetched is not known here: `pipeline` gives it. */
import { DataError } from '../../data-error.js';
import type { FoundImage } from './build-listing.js';

/** Reads files that are not on this machine. */
export interface RemoteFiles {
  /** The bytes of a file. @throws CodedError; exit code 4: there is no such file, 5: it may be tried again */
  read(url: string): Promise<Uint8Array>;
}

const URL = /^https?:\/\//i;

export function isUrl(text: string): boolean {
  return URL.test(text);
}

/** The image at a URL, which is its key. */
export function remoteImage(url: string, remote: RemoteFiles | undefined): FoundImage {
  const read = () =>
    remote === undefined
      ? Promise.reject(new DataError('IMAGE_URL', `${url}: images at URLs are not read here`))
      : remote.read(url);
  return { key: url, read, modified: async () => null };
}
