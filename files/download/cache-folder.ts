/** Where downloads are kept for the next run: the cache folder that everything here shares. */
import { cacheFolder } from '../index.js';
import { DownloadError } from './download-error.js';

/** @throws DownloadError `CACHE_FOLDER_MISSING`: a download of 100 MB needs a place, unlike a measurement */
export function downloadFolder(): string {
  const folder = cacheFolder();
  if (folder !== null) return folder;
  throw new DownloadError('CACHE_FOLDER_MISSING', 'this user has no home folder to keep a download in', {
    hint: 'Set IMAGE_DRIFT_CACHE to a folder.',
  });
}
