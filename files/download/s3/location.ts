/** `s3://BUCKET/KEY`. The key is taken as it is: it may have spaces, `%`, `?` and `#`, which stand for themselves. */
import { shown } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';

const S3 = /^s3:\/\//i;
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

export interface Location {
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
