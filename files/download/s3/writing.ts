/** Names of objects, what the SDK throws as our errors, and writing objects: one request each, without another try. */
import { CodedError, shown } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';
import { connectionError, Interruption, refusedStatus } from '../request-file.js';
import type { Ask, Calls, ObjectPlace } from './sdk.js';

/** `s3://BUCKET/KEY`. The key is taken as it is: it may have spaces, `%`, `?` and `#`, which stand for themselves. */
const S3 = /^s3:\/\//i;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

interface Location {
  bucket: string;
  /** Empty for the bucket itself. */
  key: string;
}

export function isS3Url(url: string): boolean {
  return S3.test(url);
}

/** @throws DownloadError `DOWNLOAD_URL` */
export function s3Location(url: string): Location {
  const [bucket = '', ...parts] = url.replace(S3, '').split('/');
  if (BUCKET.test(bucket)) return { bucket, key: parts.join('/') };
  throw new DownloadError('DOWNLOAD_URL', `${shown(url)}: has no name of a bucket, s3://BUCKET/KEY is needed`);
}

/** The same as the SDK has it. @throws as `s3Location` */
export function placeOf(url: string): ObjectPlace {
  const { bucket, key } = s3Location(url);
  return { Bucket: bucket, Key: key };
}

interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
}

/** Codes of answers that another try may not get. */
const PASSING: readonly string[] = ['SlowDown', 'RequestTimeTooSkewed', 'RequestTimeout', 'InternalError'];
const WITHOUT_ANSWER = 0;

/** The HTTP status of an answer; 0 where there was none. */
export function statusOf(error: unknown): number {
  return (error as SdkError).$metadata?.httpStatusCode ?? WITHOUT_ANSWER;
}

/** @param from first byte that was asked for */
export function s3Error(error: unknown, url: string, from: number): Error {
  if (error instanceof CodedError) return error;
  const { name, message, $response } = error as SdkError;
  const status = statusOf(error);
  const says = `${name}: ${shown(message)}`;
  if (name === 'CredentialsProviderError') {
    return new DownloadError('S3_CREDENTIALS', `${url}: ${says}`, { mayRetry: true, cause: error });
  }
  if (status === WITHOUT_ANSWER) return connectionError(error, url);
  if (PASSING.includes(name)) return new Interruption(`the server answers ${says}`, null, { cause: error });
  if (name === 'NoSuchBucket') {
    return new DownloadError('S3_NO_BUCKET', `${url}: there is no bucket ${shown(s3Location(url).bucket)}`, {
      hint: 'The bucket may be on another server (AWS_ENDPOINT_URL).',
      cause: error,
    });
  }
  if (status === 401 || status === 403) {
    return new DownloadError('DOWNLOAD_REFUSED', `${url}: the server answers ${status}, ${says}`, {
      hint: 'The credentials may be wrong or expired, or may not do this (s3:ListBucket, s3:GetObject; for a run s3:PutObject, s3:DeleteObject, too).',
      mayRetry: true,
      cause: error,
    });
  }
  return refusedStatus(url, status, name, from, $response?.headers?.['retry-after'] ?? null);
}

/** `taken`: there is one of that key. `again`: somebody writes it now. `unknown`: this server has no such condition. */
export type Written = 'made' | 'taken' | 'again' | 'unknown';

export interface Upload {
  url: string;
  id: string;
}

export type BucketWriting = ReturnType<typeof bucketWriting>;

export function bucketWriting(ask: Ask) {
  const sent = <T>(url: string, request: Promise<T>): Promise<T> =>
    request.catch((error: unknown) => {
      throw s3Error(error, url, 0);
    });
  return {
    /** @param isNew whether it may not replace another. @throws as `Buckets.get` */
    put: (url: string, Body: Uint8Array, isNew: boolean) =>
      sent(url, written(ask('PutObject', { ...placeOf(url), Body, ...condition(isNew) }), isNew)),
    remove: (url: string) => sent(url, ask('DeleteObject', placeOf(url))),
    async begin(url: string): Promise<Upload> {
      const { UploadId = '' } = await sent(url, ask('CreateMultipartUpload', placeOf(url)));
      return { url, id: UploadId };
    },
    /** @returns what `finish` needs @throws DownloadError `DOWNLOAD_NOT_FOUND` for an upload that was ended */
    async part(upload: Upload, number: number, Body: Uint8Array): Promise<string | undefined> {
      const input = { ...uploadPlace(upload), PartNumber: number, Body };
      return (await sent(upload.url, ask('UploadPart', input))).ETag;
    },
    /** @param parts what `part` returned, in order. @throws as `part` */
    finish(upload: Upload, parts: readonly (string | undefined)[], isNew: boolean) {
      const Parts = parts.map((ETag, i) => ({ PartNumber: i + 1, ETag }));
      const input = { ...uploadPlace(upload), MultipartUpload: { Parts }, ...condition(isNew) };
      return sent(upload.url, written(ask('CompleteMultipartUpload', input), isNew));
    },
    abort: (upload: Upload) => sent(upload.url, ask('AbortMultipartUpload', uploadPlace(upload))),
    /** Uploads under way, or left behind, to keys that begin as the URL does. */
    uploads: (url: string) => sent(url, uploadsUnder(ask, url)),
  };
}

function uploadPlace({ url, id }: Upload) {
  return { ...placeOf(url), UploadId: id };
}

function condition(isNew: boolean): { IfNoneMatch?: '*' } {
  return isNew ? { IfNoneMatch: '*' } : {};
}

/** @param isNew whether the request had a condition */
async function written(request: Promise<unknown>, isNew: boolean): Promise<Written> {
  try {
    await request;
    return 'made';
  } catch (error) {
    const status = statusOf(error);
    if (status === 412) return 'taken';
    if (status === 409) return 'again';
    if (isNew && status === 501) return 'unknown';
    throw error;
  }
}

async function uploadsUnder(ask: Ask, url: string): Promise<Upload[]> {
  const { bucket, key: prefix } = s3Location(url);
  const found: Upload[] = [];
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
  while (next !== null) {
    const page: Calls['ListMultipartUploads'][1] = await ask('ListMultipartUploads', {
      ...{ Bucket: bucket, Prefix: prefix, ...next },
    });
    for (const { Key = '', UploadId = '' } of page.Uploads ?? []) {
      if (Key.startsWith(prefix)) found.push({ url: `s3://${bucket}/${Key}`, id: UploadId });
    }
    const goesOn = page.IsTruncated === true && page.NextKeyMarker !== undefined;
    next = goesOn ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
  }
  return found;
}
