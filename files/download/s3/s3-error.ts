/** What the AWS SDK throws, as our errors. */
import { shown } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';
import { connectionError, Interruption, refusedStatus } from '../request-file.js';
import type { ObjectPlace } from './sdk.js';

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
  if (error instanceof DownloadError) return error;
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
