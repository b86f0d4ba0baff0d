/** The part of `@aws-sdk/client-s3` that is used here. Users install it for buckets; its types may be missing. */

import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { requireOptional } from '#platform';
import { mayConnect, shown } from '../../../base/index.js';
import { DownloadError } from '../download-error.js';

export interface ObjectPlace {
  Bucket: string;
  Key: string;
}

interface UploadPlace extends ObjectPlace {
  UploadId: string;
}

interface Condition {
  IfNoneMatch?: '*' | undefined;
}

export interface Calls {
  GetObject: [
    ObjectPlace & { Range?: string | undefined; IfNoneMatch?: string | undefined },
    // ContentRange: `bytes 0-9/100`.
    { Body?: Readable; ETag?: string; ContentLength?: number; ContentRange?: string },
  ];
  ListObjectsV2: [
    { Bucket: string; Prefix: string; ContinuationToken?: string | undefined; MaxKeys?: number; EncodingType: 'url' },
    { Contents?: ListedObject[]; NextContinuationToken?: string; EncodingType?: string },
  ];
  PutObject: [ObjectPlace & Condition & { Body: Uint8Array }, unknown];
  DeleteObject: [ObjectPlace, unknown];
  CreateMultipartUpload: [ObjectPlace, { UploadId?: string }];
  // PartNumber: from 1.
  UploadPart: [UploadPlace & { PartNumber: number; Body: Uint8Array }, { ETag?: string }];
  CompleteMultipartUpload: [
    UploadPlace & Condition & { MultipartUpload: { Parts: { PartNumber: number; ETag: string | undefined }[] } },
    unknown,
  ];
  AbortMultipartUpload: [UploadPlace, unknown];
  ListMultipartUploads: [
    { Bucket: string; Prefix: string; KeyMarker?: string | undefined; UploadIdMarker?: string | undefined },
    {
      Uploads?: { Key?: string; UploadId?: string }[];
      IsTruncated?: boolean;
      NextKeyMarker?: string;
      NextUploadIdMarker?: string;
    },
  ];
}

interface ListedObject {
  Key?: string;
  LastModified?: Date;
  ETag?: string;
  Size?: number;
}

export type Sdk = { S3Client: new (config: ClientConfig) => S3Client } & {
  [N in keyof Calls as `${N}Command`]: new (
    input: Calls[N][0],
  ) => Command<Calls[N][1]>;
};

export interface ClientConfig {
  region?: string;
  forcePathStyle: boolean;
  followRegionRedirects: boolean;
  maxAttempts: number;
  responseChecksumValidation: 'WHEN_REQUIRED';
  requestChecksumCalculation: 'WHEN_REQUIRED';
  requestHandler: HttpHandler;
  credentials?: Credentials;
  defaultsMode?: 'legacy';
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
}

export interface S3Client {
  config: { region(): Promise<string>; credentials(): Promise<unknown> };
  send<O>(command: Command<O>, options?: { abortSignal?: AbortSignal | undefined }): Promise<O>;
}

export interface Command<O> {
  readonly answer?: O;
}

export type Ask = <N extends keyof Calls>(name: N, input: Calls[N][0], signal?: AbortSignal) => Promise<Calls[N][1]>;

export function asking(sdk: Sdk, client: S3Client): Ask {
  return <N extends keyof Calls>(name: N, input: Calls[N][0], signal?: AbortSignal) => {
    const Command = sdk[`${name}Command`] as unknown as new (input: Calls[N][0]) => Command<Calls[N][1]>;
    return client.send(new Command(input), { abortSignal: signal });
  };
}

const PACKAGE = '@aws-sdk/client-s3';
const INSTALL = `Install it beside image-drift: npm install ${PACKAGE}`;

/** @throws DownloadError `S3_NOT_INSTALLED` */
export function loadSdk(): Sdk {
  let sdk: Sdk | null;
  try {
    sdk = requireOptional<Sdk>(PACKAGE);
  } catch (error) {
    const reason = shown((error as Error).message.trim().split('\n')[0]!);
    throw new DownloadError('S3_NOT_INSTALLED', `s3:// needs the package ${PACKAGE}; it does not load: ${reason}`, {
      hint: INSTALL,
      cause: error,
    });
  }
  if (sdk !== null) return sdk;
  throw new DownloadError('S3_NOT_INSTALLED', `s3:// needs the package ${PACKAGE}; it is not installed`, {
    hint: INSTALL,
  });
}

interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  /** Escaped. */
  path: string;
  query: Record<string, string | readonly string[] | null>;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}

interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: Readable;
}

interface HttpHandler {
  metadata: { handlerProtocol: string };
  handle(request: HttpRequest, options?: { abortSignal?: AbortSignal }): Promise<{ response: HttpResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/** The dispatcher is closed by whoever made it. */
export function httpHandler(dispatcher: Dispatcher): HttpHandler {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal } = {}) {
      const { protocol, hostname, port, method, headers, body } = request;
      const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
      const origin = `${protocol}//${host}${port === undefined ? '' : `:${port}`}`;
      mayConnect(origin);
      const { statusCode, ...reply } = await dispatcher.request({
        origin,
        path: request.path + queryOf(request),
        method: method as Dispatcher.HttpMethod,
        headers: withoutExpect(headers),
        body: body ?? null,
        signal: abortSignal ?? null,
      });
      const flat = Object.entries(reply.headers).map(([name, value]) => [name, [value].flat().join(', ')]);
      return { response: { statusCode, headers: Object.fromEntries(flat), body: reply.body } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  };
}

/** The SDK asks to wait for a `100 Continue` before a long body, which undici does not know. It is not signed. */
function withoutExpect(headers: HttpRequest['headers']): HttpRequest['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'expect'));
}

function queryOf({ query }: HttpRequest): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().map((value) => encoded(name) + (value === null ? '' : `=${encoded(value)}`)),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

/** As AWS signs it: RFC 3986, which leaves fewer characters than `encodeURIComponent` does. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
