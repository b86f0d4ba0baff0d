/** What a page has in the place of `surroundings.ts`: nothing is saved on the way, and nothing is fetched. */
import { DataError } from '../../../data/index.js';

export class SavedRun {
  readonly images = 0;

  static async open(): Promise<SavedRun> {
    return new SavedRun();
  }

  async *finished(): AsyncIterable<never> {}

  async add(): Promise<void> {}

  check(): void {}

  async remove(): Promise<void> {}

  async close(): Promise<void> {}
}

/** @throws DataError `IMAGE_URL` */
export async function openRemoteStore(): Promise<never> {
  throw new DataError('IMAGE_URL', 'a page reads files that it was given, and fetches none from URLs');
}
