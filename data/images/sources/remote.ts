import { posix } from '#platform';
import { publicUrl, shown } from '../../../base/index.js';
import { FileError, type RandomAccess, RandomAccessFile } from '../../../files/index.js';
import { DataError } from '../../data-error.js';
import { PathPattern } from './glob.js';
import { compareKeys, type ImageHandle, type ImagePin } from './listing.js';

/** Reads files that are not on this machine; `pipeline` gives it. */
export interface RemoteFiles {
  /** Makes sure that files of this kind can be read at all. @throws CodedError */
  ready(url: string): Promise<void>;
  /**
   * @param namedBy URL of the table that names the file: it may not name private addresses but its own
   * @throws CodedError; exit code 4: there is no such file, 5: it may be tried again
   */
  read(url: string, namedBy?: string): Promise<Uint8Array>;
  /** A file that is read by offset. @throws as `read` */
  open(url: string): Promise<RandomAccess>;
  /** The files whose names begin as an `s3://` URL does, as their names go on from there. @throws CodedError */
  list(url: string): Promise<readonly RemoteName[]>;
  names(url: string): AsyncIterable<readonly RemoteName[]>;
}

export interface RemoteName {
  key: string;
  /** Milliseconds since 1970; null where the server does not say. */
  modified: number | null;
  stamp: string | null;
  /** Null where the server does not say. */
  bytes: number | null;
}

const URL_SCHEME = /^(https?|s3):\/\//i;
const S3 = /^s3:\/\//i;

export function isUrl(text: string): boolean {
  return URL_SCHEME.test(text);
}

/** Whether a URL names all objects under a prefix: a bucket, or what ends with a slash. */
export function isPrefix(url: string): boolean {
  return S3.test(url) && (url.endsWith('/') || !url.replace(S3, '').includes('/'));
}

export function isKeyPattern(url: string): boolean {
  return S3.test(url) && /[*?]/.test(url);
}

/**
 * The objects whose keys fit a pattern, as URLs in the order of their bytes. Names that begin with a dot are met by
 * no `*`.
 * @throws FileError `FILE_NOT_FOUND` where nothing fits; as `RemoteFiles.list`
 */
export async function expandKeyPattern(pattern: string, remote: RemoteFiles | undefined): Promise<string[]> {
  const base = pattern.slice(0, pattern.lastIndexOf('/', pattern.search(/[*?]/)) + 1);
  const path = new PathPattern(pattern.slice(base.length).split('/'));
  const files = remoteOf(pattern, remote);
  await files.ready(base);
  const keys = (await files.list(base)).map(({ key }) => key).filter((key) => path.fits(key) && !isHidden(key));
  if (keys.length === 0) throw new FileError('FILE_NOT_FOUND', `${pattern}: nothing fits this pattern`);
  return keys.sort(compareKeys).map((key) => base + key);
}

/** Whether a file, or a folder that it lies in, has a name that begins with a dot. */
function isHidden(key: string): boolean {
  return key.split('/').some((part) => part.startsWith('.') && part !== '..');
}

/** Whether an object under a prefix is as a visible file in a folder: names that end with a slash stand for folders. */
export function isVisibleFile({ key }: RemoteName): boolean {
  return key !== '' && !key.endsWith('/') && !isHidden(key);
}

export function mayBePrefix(url: string): boolean {
  return S3.test(url);
}

/** A path, or a URL without its query and fragment, to take a name from. The keys of S3 have neither. */
export function pathOf(input: string): string {
  return isUrl(input) && !S3.test(input) ? input.replace(/[?#].*$/s, '') : input;
}

/** @throws DataError `IMAGE_URL` where nothing reads URLs */
export function remoteOf(url: string, remote: RemoteFiles | undefined): RemoteFiles {
  if (remote !== undefined) return remote;
  throw new DataError('IMAGE_URL', `${publicUrl(url)}: files at URLs are not read here`);
}

/** Makes sure, before the first image, that URLs of each kind can be read. @throws as `RemoteFiles.ready` */
export async function readyFor(texts: Iterable<unknown>, remote: RemoteFiles | undefined): Promise<void> {
  const kinds = new Map<boolean, string>();
  for (const text of texts) if (typeof text === 'string' && isUrl(text)) kinds.set(S3.test(text), text);
  for (const url of kinds.values()) await remote?.ready(url);
}

/** A file of this machine or at a URL. @throws FileError; as `RemoteFiles.open` */
export async function openAnywhere(path: string, remote: RemoteFiles | undefined): Promise<RandomAccess> {
  return isUrl(path) ? remoteOf(path, remote).open(path) : RandomAccessFile.open(path);
}

/** The image at a URL. @param table the table that names it */
export function remoteImage(url: string, remote: RemoteFiles | undefined, table?: string): ImageHandle {
  const namedBy = table !== undefined && isUrl(table) ? table : undefined;
  const read = async () => remoteOf(url, remote).read(url, namedBy);
  return { read, modified: async () => null, stamp: async () => null, pin: async () => pinnedUrl(url) };
}

/** What a server says of a file, only asking for it would tell. One with a password or a signature is found by nobody else. */
function pinnedUrl(url: string): ImagePin | null {
  return publicUrl(url) === url ? { file: url, member: null, bytes: null, stamp: null, modified: null } : null;
}

/**
 * Where the path in a table at a URL leads: beside the table, or on its server.
 * @throws DataError `IMAGE_PATH` where it leads out of a bucket
 */
export function besideUrl(table: string, path: string): string {
  if (!S3.test(table)) {
    const escaped = posix.normalize(path).split('/').map(encodeURIComponent).join('/');
    return new URL(escaped, table).href;
  }
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/(.*)$/is.exec(table) ?? [];
  const beside = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(key), path);
  if (!beside.startsWith('../')) return `s3://${bucket}/${beside}`;
  throw new DataError('IMAGE_PATH', `${table}: ${shown(path)} leads out of the bucket`);
}
