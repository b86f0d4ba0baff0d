/**
 * Writing objects, one request each, without another try. Where an object may not replace another, the request says
 * `If-None-Match: *`, and the server decides between two that come at once.
 */
import { s3Error, s3Location, statusOf } from './s3-error.js';
import type { S3Client, Sdk, UploadPlace } from './sdk.js';

/** `taken`: there is one of that key. `again`: somebody writes it now. `unknown`: this server has no such condition. */
export type Written = 'made' | 'taken' | 'again' | 'unknown';

export interface Upload {
  url: string;
  id: string;
}

export interface BucketWriting {
  /** @param isNew whether it may not replace another. @throws as `Buckets.get` */
  put(url: string, body: Uint8Array, isNew: boolean): Promise<Written>;
  remove(url: string): Promise<void>;
  begin(url: string): Promise<Upload>;
  /** @param number from 1. @returns what `finish` needs of it. @throws DownloadError `DOWNLOAD_NOT_FOUND` for an upload that was ended */
  part(upload: Upload, number: number, body: Uint8Array): Promise<string | undefined>;
  /** @param parts what `part` returned, in order. @throws as `part` */
  finish(upload: Upload, parts: readonly (string | undefined)[], isNew: boolean): Promise<Written>;
  abort(upload: Upload): Promise<void>;
  /** Uploads under way, or left behind, to keys that begin as the URL does. */
  uploads(url: string): Promise<Upload[]>;
}

export function bucketWriting(sdk: Sdk, client: S3Client): BucketWriting {
  const sent = <T>(url: string, request: Promise<T>): Promise<T> =>
    request.catch((error: unknown) => {
      throw s3Error(error, url, 0);
    });
  return {
    put(url, Body, isNew) {
      const command = new sdk.PutObjectCommand({ ...placeOf(url), Body, ...condition(isNew) });
      return sent(url, written(client.send(command), isNew));
    },
    async remove(url) {
      await sent(url, client.send(new sdk.DeleteObjectCommand(placeOf(url))));
    },
    async begin(url) {
      const { UploadId = '' } = await sent(url, client.send(new sdk.CreateMultipartUploadCommand(placeOf(url))));
      return { url, id: UploadId };
    },
    async part(upload, PartNumber, Body) {
      const command = new sdk.UploadPartCommand({ ...uploadPlace(upload), PartNumber, Body });
      return (await sent(upload.url, client.send(command))).ETag;
    },
    finish(upload, parts, isNew) {
      const Parts = parts.map((ETag, i) => ({ PartNumber: i + 1, ETag }));
      const command = new sdk.CompleteMultipartUploadCommand({
        ...uploadPlace(upload),
        MultipartUpload: { Parts },
        ...condition(isNew),
      });
      return sent(upload.url, written(client.send(command), isNew));
    },
    async abort(upload) {
      await sent(upload.url, client.send(new sdk.AbortMultipartUploadCommand(uploadPlace(upload))));
    },
    uploads: (url) => sent(url, uploadsUnder(sdk, client, url)),
  };
}

function placeOf(url: string) {
  const { bucket, key } = s3Location(url);
  return { Bucket: bucket, Key: key };
}

function uploadPlace({ url, id }: Upload): UploadPlace {
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

async function uploadsUnder(sdk: Sdk, client: S3Client, url: string): Promise<Upload[]> {
  const { bucket, key: prefix } = s3Location(url);
  const found: Upload[] = [];
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
  while (next !== null) {
    const command = new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...next });
    const page = await client.send(command);
    for (const { Key = '', UploadId = '' } of page.Uploads ?? []) {
      if (Key.startsWith(prefix)) found.push({ url: `s3://${bucket}/${Key}`, id: UploadId });
    }
    const goesOn = page.IsTruncated === true && page.NextKeyMarker !== undefined;
    next = goesOn ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
  }
  return found;
}
