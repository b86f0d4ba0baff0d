/**
 * Objects in S3 and in what speaks its protocol. Region, endpoint and credentials are found by the SDK as by all programs
 * that use it: in the environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_PROFILE`, …), in `~/.aws`, from the machine.
 */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { DownloadError } from '../download-error.js';
import { type FileReply, Interruption, type PartRequest, reasonOf, versionStamp } from '../request-file.js';
import { s3Error, s3Location, statusOf } from './s3-error.js';
import { httpHandler, type ListObjectsOutput, loadSdk, type S3Client, type Sdk } from './sdk.js';
import { type BucketWriting, bucketWriting } from './writing.js';

export { isS3Url } from './s3-error.js';

/** An object by what its key has after the prefix that was listed. */
export interface ObjectName {
  key: string;
  /** Milliseconds since 1970; null where the server does not say. */
  modified: number | null;
  /** Another text when the object has changed; null where the server does not say. */
  stamp: string | null;
  bytes: number;
}

export interface Buckets {
  /** One GET of an object or of a part of it. @throws as `requestFile` */
  get(request: PartRequest): Promise<FileReply>;
  /** One page of objects whose keys begin as the URL does. @throws as `get` */
  page(url: string, token: string | undefined): Promise<{ names: ObjectName[]; next: string | undefined }>;
  /** Bytes of an object; null where there is none of that key. @throws as `get` */
  size(url: string): Promise<number | null>;
  readonly writing: BucketWriting;
}

/** Where no region is said. The SDK follows a bucket into another one. */
const DEFAULT_REGION = 'us-east-1';

const VERSION_WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** @throws DownloadError `S3_NOT_INSTALLED`, `S3_CREDENTIALS` */
export async function openBuckets(dispatcher: Dispatcher, sdk: Sdk = loadSdk()): Promise<Buckets> {
  const client = await openClient(sdk, dispatcher);
  return {
    get: (request) => getObject(sdk, client, request),
    page: (url, token) => listPage(sdk, client, url, token),
    size: (url) => sizeOf(sdk, client, url),
    writing: bucketWriting(sdk, client),
  };
}

async function openClient({ S3Client: Client }: Sdk, dispatcher: Dispatcher): Promise<S3Client> {
  // Which Node the SDK's next version needs is said in docs/images.md; a command prints nothing that it did not write.
  process.env[VERSION_WARNING] ??= 'true';
  const { AWS_ENDPOINT_URL: any, AWS_ENDPOINT_URL_S3: own } = process.env;
  const config = {
    // Other servers than Amazon's rarely have a name for each bucket.
    forcePathStyle: Boolean(any || own),
    followRegionRedirects: true,
    // Tries again what is tried again here; `pauseBeforeRetry` has the policy for all.
    maxAttempts: 1,
    // Lengths are checked here. Servers other than Amazon's do not all have checksums.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The signature has a sum of what is sent.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: httpHandler(dispatcher),
  } as const;
  const client = new Client(config);
  const hasRegion = await client.config.region().then(Boolean, () => false);
  const usable = hasRegion ? client : new Client({ ...config, region: DEFAULT_REGION });
  await usable.config.credentials().catch((error: unknown) => {
    throw new DownloadError('S3_CREDENTIALS', `s3:// needs credentials: ${(error as Error).message}`, {
      hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. Public objects have an https:// address, too.',
      cause: error,
    });
  });
  return usable;
}

async function getObject(sdk: Sdk, client: S3Client, request: PartRequest): Promise<FileReply> {
  const { url, from, to, unless, signal } = request;
  const { bucket, key } = s3Location(url);
  const isPart = from > 0 || to !== undefined || request.isPart;
  const command = new sdk.GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ...(isPart && { Range: `bytes=${from}-${to === undefined ? '' : to - 1}` }),
    ...(unless && { IfNoneMatch: unless }),
  });
  try {
    const {
      Body,
      ETag = null,
      ContentLength = null,
      ContentRange,
    } = await client.send(command, { abortSignal: signal });
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? [];
    return {
      start: Number(start ?? 0),
      total: total === undefined ? ContentLength : Number(total),
      etag: ETag,
      version: ETag,
      isPart: start !== undefined,
      isUnchanged: false,
      body: chunks(Body!),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const none = { start: 0, etag: null, body: nothing(), isPart: false };
    if (statusOf(error) === 304) return { ...none, total: null, version: unless ?? null, isUnchanged: true };
    // There are no first bytes of an object without any.
    if (statusOf(error) === 416 && from === 0) return { ...none, total: 0, version: null, isUnchanged: false };
    throw s3Error(error, url, from);
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function* chunks(body: Readable): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw new Interruption(reasonOf(error), null, { cause: error });
  }
}

async function listPage(sdk: Sdk, client: S3Client, url: string, token: string | undefined) {
  const { bucket, key: prefix } = s3Location(url);
  const command = new sdk.ListObjectsV2Command({
    Bucket: bucket,
    Prefix: prefix,
    ContinuationToken: token,
    // XML cannot hold every character that a key can.
    EncodingType: 'url',
  });
  const page = await client.send(command).catch((error: unknown) => {
    throw s3Error(error, url, 0);
  });
  return { names: namesOf(page, prefix), next: page.NextContinuationToken };
}

/** By a list, which says why where it is refused; an answer to HEAD has no words. */
async function sizeOf(sdk: Sdk, client: S3Client, url: string): Promise<number | null> {
  const { bucket, key } = s3Location(url);
  // The first of all keys that begin with a key is that key.
  const command = new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: key, MaxKeys: 1, EncodingType: 'url' });
  const page = await client.send(command).catch((error: unknown) => {
    throw s3Error(error, url, 0);
  });
  const [first] = namesOf(page, key);
  return first?.key === '' ? first.bytes : null;
}

function namesOf({ Contents = [], EncodingType }: ListObjectsOutput, prefix: string): ObjectName[] {
  return Contents.map(({ Key = '', LastModified, ETag = null, Size = 0 }) => {
    const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
    const modified = LastModified?.getTime() ?? null;
    return { key: key.slice(prefix.length), modified, stamp: versionStamp(Size, ETag), bytes: Size };
  });
}
