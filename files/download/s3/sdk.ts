/**
 * The part of `@aws-sdk/client-s3` that is used here, which programs install beside this package if their images or runs
 * are in buckets. Its types are not there where it is not installed.
 */
import type { Readable } from 'node:stream';
import { shown } from '../../../base/index.js';
import { requireOptional } from '../../index.js';
import { DownloadError } from '../download-error.js';
import type { HttpHandler } from './http-handler.js';

export interface Sdk {
  S3Client: new (config: ClientConfig) => S3Client;
  GetObjectCommand: new (input: GetObjectInput) => Command<GetObjectOutput>;
  ListObjectsV2Command: new (input: ListObjectsInput) => Command<ListObjectsOutput>;
  PutObjectCommand: new (input: PutObjectInput) => Command<unknown>;
  DeleteObjectCommand: new (input: ObjectPlace) => Command<unknown>;
  CreateMultipartUploadCommand: new (input: ObjectPlace) => Command<{ UploadId?: string }>;
  UploadPartCommand: new (input: UploadPartInput) => Command<{ ETag?: string }>;
  CompleteMultipartUploadCommand: new (input: CompleteUploadInput) => Command<unknown>;
  AbortMultipartUploadCommand: new (input: UploadPlace) => Command<unknown>;
  ListMultipartUploadsCommand: new (input: ListUploadsInput) => Command<ListUploadsOutput>;
}

export interface ClientConfig {
  region?: string;
  forcePathStyle: boolean;
  followRegionRedirects: boolean;
  maxAttempts: number;
  responseChecksumValidation: 'WHEN_REQUIRED';
  requestChecksumCalculation: 'WHEN_REQUIRED';
  requestHandler: HttpHandler;
}

export interface S3Client {
  config: { region(): Promise<string>; credentials(): Promise<unknown> };
  send<O>(command: Command<O>, options?: { abortSignal?: AbortSignal | undefined }): Promise<O>;
}

/** A request that is not sent yet; `O` is what it answers. */
export interface Command<O> {
  readonly answer?: O;
}

export interface ObjectPlace {
  Bucket: string;
  Key: string;
}

export interface UploadPlace extends ObjectPlace {
  UploadId: string;
}

export interface PutObjectInput extends ObjectPlace {
  Body: Uint8Array;
  IfNoneMatch?: '*' | undefined;
}

export interface UploadPartInput extends UploadPlace {
  /** From 1. */
  PartNumber: number;
  Body: Uint8Array;
}

export interface CompleteUploadInput extends UploadPlace {
  MultipartUpload: { Parts: { PartNumber: number; ETag: string | undefined }[] };
  IfNoneMatch?: '*' | undefined;
}

export interface ListUploadsInput {
  Bucket: string;
  Prefix: string;
  KeyMarker?: string | undefined;
  UploadIdMarker?: string | undefined;
}

export interface ListUploadsOutput {
  Uploads?: { Key?: string; UploadId?: string }[];
  IsTruncated?: boolean;
  NextKeyMarker?: string;
  NextUploadIdMarker?: string;
}

export interface GetObjectInput extends ObjectPlace {
  Range?: string | undefined;
  IfNoneMatch?: string | undefined;
}

export interface GetObjectOutput {
  Body?: Readable;
  ETag?: string;
  ContentLength?: number;
  /** `bytes 0-9/100`. */
  ContentRange?: string;
}

export interface ListObjectsInput {
  Bucket: string;
  Prefix: string;
  ContinuationToken?: string | undefined;
  MaxKeys?: number | undefined;
  EncodingType: 'url';
}

export interface ListObjectsOutput {
  Contents?: { Key?: string; LastModified?: Date; ETag?: string; Size?: number }[];
  NextContinuationToken?: string;
  EncodingType?: string;
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
