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

/** Where files come from. */
interface Source {
  /** Its revision is the commit. */
  name: HubName;
  cache: HubCache;
  settings: HubSettings;
  /** Null: only the cache is read. */
  connections: Connections | null;
  options: SnapshotOptions;
}

export class Snapshot {
  /** Bytes received over the network. */
  received = 0;
  readonly #source: Source;
  readonly #asked = new Map<string, HubAnswer>();

  constructor(source: Source) {
    this.#source = source;
  }

  get folder(): string {
    return this.#source.cache.snapshot(this.#source.name.revision);
  }

  /** What the Hub has already said of a file. */
  remember(file: string, answer: HubAnswer): void {
    this.#asked.set(file, answer);
  }

  /** Path of a file in the cache; null where the repository has none, or where it cannot be asked. */
  async get(file: string): Promise<string | null> {
    const { cache, connections, name } = this.#source;
    const commit = name.revision;
    const cached = await cache.find(commit, file);
    if (cached !== null || connections === null) return cached;
    if (await cache.isKnownAbsent(commit, file)) return null;
    const { content } = await this.#answerFor(file, connections);
    if (content === null) {
      await cache.setAbsent(commit, file);
      return null;
    }
    if (!(await cache.hasBlob(content.etag, content.bytes))) await this.#download(file, content);
    return cache.link(commit, file, content.etag);
  }

  async #answerFor(file: string, connections: Connections): Promise<HubAnswer> {
    const { name, settings, options } = this.#source;
    const { endpoint, token } = settings;
    const question = { name: { ...name, file }, endpoint, token, connections, pause: options.pause };
    return this.#asked.get(file) ?? askHub(question);
  }

  async #download(file: string, { bytes, etag, checksum }: HubContent): Promise<void> {
    const { cache, settings, options } = this.#source;
    const { onProgress, onNotice, silenceMs, pause } = options;
    const name = shownName({ ...this.#source.name, file });
    const url = hubUrl(settings.endpoint, this.#source.name, file);
    const fetchIt = () =>
      download({ url, bytes, headers: hubHeaders(settings.token), ...checksum }, cache.blob(etag), {
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
        if (waits === 0) this.#source.options.onNotice?.(`${error.message}: waiting for it`);
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
