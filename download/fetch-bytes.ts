/** Small files of a web server, into memory: several at once, resumed where the connection was cut. */
import type { Dispatcher } from 'undici';
import { DownloadError } from './download-error.js';
import { type FileReply, Interruption, proxyAwareDispatcher, RangeRefused, requestFile } from './request-file.js';
import { pauseBeforeRetry } from './retry.js';

export interface FetcherOptions {
  /** Bytes of the largest file that is fetched. */
  most: number;
  /** Requests under way at once; default 8. */
  inFlight?: number | undefined;
  /** Milliseconds without a byte after which a request is given up; default 30,000. */
  silenceMs?: number | undefined;
  /** Waits before another try; replaced by specs. */
  sleep?: ((ms: number) => Promise<void>) | undefined;
}

const IN_FLIGHT = 8;
const SILENCE_MS = 30_000;

export class Fetcher {
  readonly #options: FetcherOptions;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #dispatcher: Promise<Dispatcher> | null = null;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /**
   * A whole file. Cut connections, wrong lengths, 408, 429 and 5xx are tried again, with growing pauses.
   * @throws DownloadError `DOWNLOAD_NOT_FOUND`, `DOWNLOAD_TOO_LARGE`, `DOWNLOAD_REFUSED`, `DOWNLOAD_INTERRUPTED`, …
   */
  async fetch(url: string): Promise<Uint8Array> {
    await this.#enter();
    try {
      return await this.#persistently(url);
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }

  async close(): Promise<void> {
    await (await this.#dispatcher)?.destroy();
  }

  async #enter(): Promise<void> {
    if (this.#underWay >= (this.#options.inFlight ?? IN_FLIGHT)) {
      await new Promise<void>((enter) => this.#waiting.push(enter));
    }
    this.#underWay++;
  }

  async #persistently(url: string): Promise<Uint8Array> {
    this.#dispatcher ??= proxyAwareDispatcher(this.#options.silenceMs ?? SILENCE_MS);
    const dispatcher = await this.#dispatcher;
    const { sleep = wait } = this.#options;
    const begun = new Begun();
    for (let tries = 1, fruitless = 1; ; tries++) {
      const before = begun.bytes;
      try {
        await this.#append(begun, url, dispatcher);
        return begun.whole();
      } catch (error) {
        if (!(error instanceof Interruption)) throw withoutHint(error);
        if (error instanceof RangeRefused) begun.restart();
        fruitless = begun.bytes > before ? 0 : fruitless + 1;
        const pause = pauseBeforeRetry(fruitless, tries, error.retryAfterMs);
        if (pause === null) throw givenUp(url, tries, error);
        await sleep(pause);
      }
    }
  }

  async #append(begun: Begun, url: string, dispatcher: Dispatcher): Promise<void> {
    const { most } = this.#options;
    const reply = await requestFile({ url, from: begun.bytes, etag: begun.etag, dispatcher });
    begun.follow(reply);
    for await (const chunk of reply.body) {
      begun.add(chunk);
      if (begun.bytes > most) {
        const limit = most.toLocaleString('en');
        throw new DownloadError('DOWNLOAD_TOO_LARGE', `${url}: more than ${limit} bytes`);
      }
    }
    if (reply.total !== null && begun.bytes !== reply.total) {
      const [got, wanted] = [begun.bytes.toLocaleString('en'), reply.total.toLocaleString('en')];
      throw new Interruption(`${got} of ${wanted} bytes came`);
    }
  }
}

/** The beginning of a file. */
class Begun {
  bytes = 0;
  etag: string | null = null;
  #parts: Uint8Array[] = [];

  restart(): void {
    this.bytes = 0;
    this.etag = null;
    this.#parts = [];
  }

  /** Without a validator nobody knows whether the rest is that of the same file. */
  follow({ start, etag }: FileReply): void {
    if (start !== this.bytes) this.restart();
    this.etag = etag;
  }

  add(chunk: Uint8Array): void {
    this.#parts.push(chunk);
    this.bytes += chunk.byteLength;
  }

  whole(): Uint8Array {
    return Buffer.concat(this.#parts, this.bytes);
  }
}

/** Advice about the files of the quickstart is none about others. */
function withoutHint(error: unknown): unknown {
  if (!(error instanceof DownloadError) || error.code !== 'DOWNLOAD_NOT_FOUND') return error;
  return new DownloadError(error.code, error.message, { cause: error });
}

function givenUp(url: string, tries: number, last: Interruption): DownloadError {
  return new DownloadError('DOWNLOAD_INTERRUPTED', `${url}: given up after ${tries} tries: ${last.message}`, {
    mayRetry: true,
    cause: last,
  });
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
