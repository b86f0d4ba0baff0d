/** What embedding has in Node alone: runs that go on after a kill, and images at URLs. A page has `page-surroundings.ts`. */
import type { RemoteOptions, RemoteStore } from '../../../files/download/index.js';

export type { RemoteStore } from '../../../files/download/index.js';
export { SavedRun } from './saved-run.js';

/** Loads what fetches. */
export async function openRemoteStore(options: RemoteOptions): Promise<RemoteStore> {
  const download = await import('../../../files/download/index.js');
  return new download.RemoteStore(options);
}
