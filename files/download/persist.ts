/** Tries again, with growing pauses, what a server has interrupted. `retry.ts` has the policy. */
import { setTimeout as wait } from 'node:timers/promises';
import { publicUrl } from '../../base/index.js';
import { DownloadError } from './download-error.js';
import { Interruption } from './request-file.js';
import { pauseBeforeRetry } from './retry.js';

export interface PersistOptions {
  /** Waits before another try; replaced by specs. */
  sleep?: ((ms: number) => Promise<void>) | undefined;
  signal?: AbortSignal | undefined;
  /** Receives why nothing came, and after how many milliseconds it is asked for again. */
  onInterruption?: ((url: string, reason: string, ms: number) => void) | undefined;
}

/**
 * @param url names what is fetched in the error
 * @param attempt one try; it goes on from where the one before has come
 * @param progress bytes there are so far: tries that bring more are not in vain
 * @throws DownloadError `DOWNLOAD_INTERRUPTED` after the last try; what `attempt` throws other than an `Interruption`
 */
export async function persist<T>(
  url: string,
  attempt: () => Promise<T>,
  progress: () => number,
  { sleep, signal, onInterruption }: PersistOptions,
): Promise<T> {
  let most = progress();
  for (let tries = 1, fruitless = 0; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Interruption)) throw error;
      signal?.throwIfAborted();
      // A server that sends the same beginning each time sends bytes, but makes no progress.
      fruitless = progress() > most ? 0 : fruitless + 1;
      most = Math.max(most, progress());
      const pause = pauseBeforeRetry(fruitless, tries, error.retryAfter);
      if (pause === null) throw givenUp(url, tries, error);
      onInterruption?.(publicUrl(url), error.message, pause);
      await (sleep?.(pause) ?? wait(pause, undefined, { signal }));
    }
  }
}

function givenUp(url: string, tries: number, last: Interruption): DownloadError {
  return new DownloadError(
    'DOWNLOAD_INTERRUPTED',
    `${publicUrl(url)}: given up after ${tries} tries: ${last.message}`,
    {
      hint: 'Is there a network, and a proxy to name in HTTPS_PROXY? The same command may work later.',
      mayRetry: true,
      cause: last,
    },
  );
}
