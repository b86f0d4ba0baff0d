/** The files of one commit of a repository: from the cache where they are in it, otherwise from the Hub. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Connections } from '../connections.js';
import { type DownloadOptions, download } from '../download.js';
import { DownloadError } from '../download-error.js';
import { askHub, type HubAnswer, type HubContent, hubHeaders, hubUrl } from './ask-hub.js';
import type { HubCache } from './hub-cache.js';
import { type HubName, shownName } from './hub-name.js';
import type { HubSettings } from './hub-settings.js';

export interface SnapshotOptions extends Pick<DownloadOptions, 'silenceMs'> {
  /** Waits between tries, in milliseconds. */
  pause?: ((ms: number) => Promise<void>) | undefined;
  /** Bytes of a file on disk so far. */
  onProgress?: ((file: string, done: number, total: number) => void) | undefined;
  /** What happens, as one sentence: a try again, a wait for another process. */
  onNotice?: ((text: string) => void) | undefined;
}

/** While another process downloads the same file. */
const LOOK_AGAIN_MS = 500;

export class Snapshot {
  /** Bytes received over the network. */
  received = 0;

  readonly #name: HubName;
  readonly #cache: HubCache;
  readonly #settings: HubSettings;
  readonly #connections: Connections | null;
  readonly #options: SnapshotOptions;
  readonly #asked = new Map<string, HubAnswer>();

  /**
   * @param name its revision is the commit
   * @param connections null: only the cache is read
   */
  constructor(
    name: HubName,
    cache: HubCache,
    settings: HubSettings,
    connections: Connections | null,
    options: SnapshotOptions,
  ) {
    this.#name = name;
    this.#cache = cache;
    this.#settings = settings;
    this.#connections = connections;
    this.#options = options;
  }

  get folder(): string {
    return this.#cache.snapshot(this.#name.revision);
  }

  /** What the Hub has already said of a file. */
  remember(file: string, answer: HubAnswer): void {
    this.#asked.set(file, answer);
  }

  /** Path of a file in the cache; null where the repository has none, or where it cannot be asked. */
  async get(file: string): Promise<string | null> {
    const commit = this.#name.revision;
    const cached = await this.#cache.find(commit, file);
    if (cached !== null || this.#connections === null) return cached;
    if (await this.#cache.isKnownAbsent(commit, file)) return null;
    const { content } = await this.#answerFor(file, this.#connections);
    if (content === null) {
      await this.#cache.setAbsent(commit, file);
      return null;
    }
    if (!(await this.#cache.hasBlob(content.etag, content.bytes))) await this.#download(file, content);
    return this.#cache.link(commit, file, content.etag);
  }

  async #answerFor(file: string, connections: Connections): Promise<HubAnswer> {
    const known = this.#asked.get(file);
    if (known !== undefined) return known;
    const { endpoint, token } = this.#settings;
    const { pause } = this.#options;
    return askHub({ name: { ...this.#name, file }, endpoint, token, connections, pause });
  }

  async #download(file: string, { bytes, etag, checksum }: HubContent): Promise<void> {
    const { endpoint, token } = this.#settings;
    const { onProgress, onNotice, silenceMs, pause } = this.#options;
    const name = shownName({ ...this.#name, file });
    const url = hubUrl(endpoint, this.#name, file);
    const fetchIt = () =>
      download({ url, bytes, headers: hubHeaders(token), ...checksum }, this.#cache.blob(etag), {
        silenceMs,
        pause,
        onProgress: (done, total) => onProgress?.(file, done, total),
        onInterruption: (reason, ms) => onNotice?.(`${name}: ${reason}; again in ${(ms / 1000).toFixed(1)} s`),
      });
    try {
      this.received += (await this.#whenFree(fetchIt)).received;
    } catch (error) {
      throw withoutHint(error);
    }
  }

  /** Waits while another process downloads the same file, rather than to download it twice. */
  async #whenFree<T>(fetchIt: () => Promise<T>): Promise<T> {
    for (let waits = 0; ; waits++) {
      try {
        return await fetchIt();
      } catch (error) {
        if (!(error instanceof DownloadError) || error.code !== 'DOWNLOAD_UNDER_WAY') throw error;
        if (waits === 0) this.#options.onNotice?.(`${error.message}: waiting for it`);
        await wait(LOOK_AGAIN_MS);
      }
    }
  }
}

/** The advice of `download` is about flags that a model of the Hub does not need, but for one that was cut off. */
function withoutHint(error: unknown): unknown {
  if (!(error instanceof DownloadError)) return error;
  const hint =
    error.code === 'DOWNLOAD_INTERRUPTED' ? 'What came is kept: run this again to go on from there.' : undefined;
  return new DownloadError(error.code, error.message, { hint, mayRetry: error.exitCode === 5, cause: error });
}
