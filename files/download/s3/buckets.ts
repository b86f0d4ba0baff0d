/**
 * Objects in S3 and in what speaks its protocol. Region, endpoint and credentials are found by the SDK as by all
 * programs that use it: in the environment (`AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_PROFILE`, …), in `~/.aws`, from
 * the machine.
 */
import type { Dispatcher } from 'undici';
import { isOffline, refuseConnection } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';
import { chunksOf, type FileReply, noBytes, type PartRequest, versionStamp } from '../request-file.js';
import {
  type Ask,
  asking,
  type Calls,
  type ClientConfig,
  httpHandler,
  loadSdk,
  type S3Client,
  type Sdk,
} from './sdk.js';
import { bucketWriting, placeOf, s3Error, s3Location, statusOf } from './writing.js';

export { isS3Url } from './writing.js';

export interface ObjectName {
  key: string;
  modified: number | null;
  /** Another text when the object has changed; null where the server does not say. */
  stamp: string | null;
  bytes: number;
}

export type Buckets = Awaited<ReturnType<typeof openBuckets>>;

/** Where no region is said. The SDK follows a bucket into another one. */
const DEFAULT_REGION = 'us-east-1';

const VERSION_WARNING = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** @throws DownloadError `S3_NOT_INSTALLED`, `S3_CREDENTIALS`; OfflineError */
export async function openBuckets(dispatcher: Dispatcher, sdk: Sdk = loadSdk()) {
  const ask = asking(sdk, await openClient(sdk, dispatcher));
  return {
    get: (request: PartRequest) => getObject(ask, request),
    page: (url: string, token: string | undefined) => listPage(ask, url, token),
    /** Bytes of an object; null where there is none of that key. @throws as `get` */
    size: (url: string) => sizeOf(ask, url),
    writing: bucketWriting(ask),
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
    ...(isOffline() && withoutTheCloud()),
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

/**
 * Offline, the SDK may not look for credentials, region and defaults itself: it asks the cloud's services past our handler.
 * @throws OfflineError
 */
function withoutTheCloud(): Pick<ClientConfig, 'credentials' | 'region' | 'defaultsMode'> {
  const { AWS_REGION: region = DEFAULT_REGION } = process.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN } = process.env;
  if (!accessKeyId || !secretAccessKey) {
    const hint = 'With --offline they come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY alone.';
    refuseConnection('a service that gives out AWS credentials', hint);
  }
  const session = AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN };
  return { credentials: { accessKeyId, secretAccessKey, ...session }, region, defaultsMode: 'legacy' };
}

async function getObject(ask: Ask, request: PartRequest): Promise<FileReply> {
  const { url, from, to, unless, signal } = request;
  const isPart = from > 0 || to !== undefined || request.isPart;
  const input = {
    ...placeOf(url),
    ...(isPart && { Range: `bytes=${from}-${to === undefined ? '' : to - 1}` }),
    ...(unless && { IfNoneMatch: unless }),
  };
  try {
    const { Body, ETag = null, ContentLength = null, ContentRange } = await ask('GetObject', input, signal);
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(ContentRange ?? '') ?? [];
    return {
      start: Number(start ?? 0),
      total: total === undefined ? ContentLength : Number(total),
      ...{ etag: ETag, version: ETag, isPart: start !== undefined, isUnchanged: false },
      body: chunksOf(Body!),
    };
  } catch (error) {
    signal?.throwIfAborted();
    const none = { start: 0, etag: null, body: noBytes(), isPart: false };
    if (statusOf(error) === 304) return { ...none, total: null, version: unless ?? null, isUnchanged: true };
    // There are no first bytes of an object without any.
    if (statusOf(error) === 416 && from === 0) return { ...none, total: 0, version: null, isUnchanged: false };
    throw s3Error(error, url, from);
  }
}

async function listPage(ask: Ask, url: string, token: string | undefined) {
  const { key: prefix } = s3Location(url);
  const page = await listed(ask, url, { ContinuationToken: token });
  return { names: namesOf(page, prefix), next: page.NextContinuationToken };
}

/** By a list, which says why where it is refused; an answer to HEAD has no words. */
async function sizeOf(ask: Ask, url: string): Promise<number | null> {
  // The first of all keys that begin with a key is that key.
  const [first] = namesOf(await listed(ask, url, { MaxKeys: 1 }), s3Location(url).key);
  return first?.key === '' ? first.bytes : null;
}

async function listed(ask: Ask, url: string, how: { ContinuationToken?: string | undefined; MaxKeys?: number }) {
  const { Bucket, Key } = placeOf(url);
  // XML cannot hold every character that a key can.
  return ask('ListObjectsV2', { Bucket, Prefix: Key, EncodingType: 'url', ...how }).catch((error: unknown) => {
    throw s3Error(error, url, 0);
  });
}

function namesOf({ Contents = [], EncodingType }: Calls['ListObjectsV2'][1], prefix: string): ObjectName[] {
  return Contents.map(({ Key = '', LastModified, ETag = null, Size = 0 }) => {
    const key = EncodingType === 'url' ? decodeURIComponent(Key.replaceAll('+', ' ')) : Key;
    const modified = LastModified?.getTime() ?? null;
    return { key: key.slice(prefix.length), modified, stamp: versionStamp(Size, ETag), bytes: Size };
  });
}
