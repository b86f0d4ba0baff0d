/**
 * A repository in the cache of huggingface_hub, in its own layout, so that either side finds what the other has
 * downloaded: `refs/REVISION` holds a commit, `snapshots/COMMIT/FILE` is a relative link to `blobs/ETAG`, and an empty
 * file `.no_exist/COMMIT/FILE` says that the repository has no such file.
 *
 * Described in huggingface.co/docs/huggingface_hub/guides/manage-cache.
 */
import { copyFile, mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileError, isThere, writeFileAtomically } from '../../index.js';
import { type HubName, isCommit } from './hub-name.js';

/** Errors of a cache that can be read but not written, such as one that is shared between users. */
const READ_ONLY: readonly unknown[] = ['EROFS', 'EACCES', 'EPERM'];
/** Errors of a file system that has no links. */
const NO_LINKS: readonly unknown[] = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];
/** sha256 or the id of Git: what the Hub gives as etag. */
const ETAG = /^(?:[0-9a-f]{64}|[0-9a-f]{40})$/;

export class HubCache {
  /** The folder of the repository. */
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

  /** Where the files of a commit lie. */
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

/**
 * The etag of a file in such a cache, which says what the file contains; null for a file that is not a link to a blob.
 */
export async function blobOf(path: string): Promise<string | null> {
  const target = await readlink(path).catch(() => null);
  if (target === null || basename(dirname(target)) !== 'blobs') return null;
  return ETAG.test(basename(target)) ? basename(target) : null;
}

async function copyBlob(blob: string, path: string): Promise<void> {
  await copyFile(blob, path).catch((error: unknown) => {
    throw fileError(path, error);
  });
}

function isReadOnly(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return READ_ONLY.includes(code) || (code as unknown) === 'FILE_NOT_PERMITTED';
}
