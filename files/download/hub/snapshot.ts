/**
 * Files of one commit, from the cache or the Hub. The cache has huggingface_hub's layout
 * (huggingface.co/docs/huggingface_hub/guides/manage-cache), so that both share it: `refs/REVISION` holds a commit,
 * `snapshots/COMMIT/FILE` is a relative link to `blobs/ETAG`, and an empty `.no_exist/COMMIT/FILE` says that the
 * repository has no such file.
 */
import { copyFile, mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileError, isThere, toFileError, writeFileAtomically } from '../../index.js';
import type { Connections } from '../connections.js';
import { type DownloadOptions, download } from '../download.js';
import { DownloadError } from '../download-error.js';
import { askHub, type HubAnswer, type HubContent, hubHeaders, hubUrl } from './ask-hub.js';
import type { HubSettings } from './hub-name.js';
import { type HubName, isCommit, shownName } from './hub-name.js';

export interface SnapshotOptions extends Pick<DownloadOptions, 'silenceMs'> {
  pause?: ((ms: number) => Promise<void>) | undefined;
  /** Bytes of a file on disk so far. */
  onProgress?: ((file: string, done: number, total: number) => void) | undefined;
  /** What happens, as one sentence: a try again, a wait for another process. */
  onNotice?: ((text: string) => void) | undefined;
}

/** While another process downloads the same file. */
const LOOK_AGAIN_MS = 500;

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
  received = 0;
  readonly #source: Source;
  readonly #asked = new Map<string, HubAnswer>();

  constructor(source: Source) {
    this.#source = source;
  }

  get folder(): string {
    return this.#source.cache.snapshot(this.#source.name.revision);
  }

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

/** Errors of a cache that can be read but not written, such as one that is shared between users. */
const READ_ONLY: readonly unknown[] = ['EROFS', 'EACCES', 'EPERM'];
/** Errors of a file system that has no links. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];
/** sha256 or the id of Git: what the Hub gives as etag. */
const ETAG = /^(?:[0-9a-f]{64}|[0-9a-f]{40})$/;

export class HubCache {
  readonly folder: string;

  constructor(cache: string, { org, name }: Pick<HubName, 'org' | 'name'>) {
    this.folder = join(cache, `models--${org}--${name}`);
  }

  /** The commit that a revision had when it was last asked for; null where it never was. */
  async commitOf(revision: string): Promise<string | null> {
    if (isCommit(revision)) return revision;
    const text = await readFile(join(this.folder, 'refs', ...revision.split('/')), 'utf8').catch(() => '');
    return isCommit(text.trim()) ? text.trim() : null;
  }

  /** Best effort: a cache that cannot be written to still serves what it has. */
  async setCommit(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.commitOf(revision)) === commit) return;
    const path = join(this.folder, 'refs', ...revision.split('/'));
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomically(path, (file) => file.write(new TextEncoder().encode(commit)));
    } catch (error) {
      if (!isReadOnly(error)) throw fileError(path, error);
    }
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Path of a file of a commit; null where it has not been downloaded. */
  async find(commit: string, file: string): Promise<string | null> {
    const path = join(this.snapshot(commit), ...file.split('/'));
    return (await isThere(path)) ? path : null;
  }

  /** Whether the Hub has said that this commit has no such file. */
  isKnownAbsent(commit: string, file: string): Promise<boolean> {
    return isThere(join(this.folder, '.no_exist', commit, ...file.split('/')));
  }

  async setAbsent(commit: string, file: string): Promise<void> {
    const path = join(this.folder, '.no_exist', commit, ...file.split('/'));
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '');
    } catch (error) {
      if (!isReadOnly(error)) throw fileError(path, error);
    }
  }

  /** Where the content with this etag lies, or is to be downloaded to. */
  blob(etag: string): string {
    return join(this.folder, 'blobs', etag);
  }

  /** Whether that content is there; checked by its length, since it got its name after its hash was checked. */
  async hasBlob(etag: string, bytes: number): Promise<boolean> {
    const found = await stat(this.blob(etag)).catch(() => null);
    return found?.isFile() === true && found.size === bytes;
  }

  /** Makes a downloaded blob a file of a commit. @returns the path of the file @throws FileError */
  async link(commit: string, file: string, etag: string): Promise<string> {
    const path = join(this.snapshot(commit), ...file.split('/'));
    const blob = this.blob(etag);
    try {
      await mkdir(dirname(path), { recursive: true });
      // A link to a blob that someone has deleted.
      if (!(await isThere(path))) await rm(path, { force: true });
      await symlink(relative(dirname(path), blob), path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (NO_LINKS.includes(code)) await copyBlob(blob, path);
      else if (code !== 'EEXIST') throw fileError(path, error);
    }
    return path;
  }
}

/** The etag of a file in the cache; null for a file that is not a link to a blob. */
export async function blobOf(path: string): Promise<string | null> {
  const target = await readlink(path).catch(() => null);
  if (target === null || basename(dirname(target)) !== 'blobs') return null;
  return ETAG.test(basename(target)) ? basename(target) : null;
}

async function copyBlob(blob: string, path: string): Promise<void> {
  await copyFile(blob, path).catch(toFileError(path));
}

function isReadOnly(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return READ_ONLY.includes(code) || (code as unknown) === 'FILE_NOT_PERMITTED';
}
