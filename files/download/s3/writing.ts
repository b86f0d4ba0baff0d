/**
 * Writing objects, one request each, without another try. Where an object may not replace another, the request says
 * `If-None-Match: *`, and the server decides between two that come at once.
 */
import { placeOf, s3Error, s3Location, statusOf } from './s3-error.js';
import type { Ask, Calls } from './sdk.js';

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
    /**
     * @param number from 1
     * @returns what `finish` needs of it
     * @throws DownloadError `DOWNLOAD_NOT_FOUND` for an upload that was ended
     */
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
