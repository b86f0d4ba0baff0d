/** A stand-in for the AWS SDK with buckets in memory: conditions, uploads in parts, pages, and faults that are asked for. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Calls, Command, ObjectPlace, S3Client, Sdk } from '../../files/download/s3/sdk.js';

export interface StandFault {
  /** Whether the server does what is asked before it fails: then only its answer is lost. */
  isDone: boolean;
  error: Error;
}

export interface S3Stand {
  sdk: Sdk;
  /** By `BUCKET/KEY`. */
  objects: Map<string, Uint8Array>;
  /** Keys of uploads that have begun and not ended, by their ids. */
  uploads: Map<string, { key: string; parts: Map<number, Uint8Array> }>;
  /** Names of the commands so far. */
  commands: string[];
}

export interface StandOptions {
  /** What becomes of a command; null for nothing unusual. */
  fault?: (command: string, input: Record<string, unknown>) => StandFault | null;
  /** Whether the server knows `If-None-Match` on writing. */
  hasConditions?: boolean;
  /** Keys of one page. */
  page?: number;
  /** The first `times` commands of this name are answered together, once all of them have come. */
  together?: { command: string; times: number };
}

/** An error as the SDK throws it. @param status of the answer; undefined where there was none */
export function answered(name: string, status?: number): Error {
  const metadata = status === undefined ? {} : { httpStatusCode: status };
  return Object.assign(new Error(`said ${name}`), { name, $metadata: metadata });
}

export function s3Stand(options: StandOptions = {}): S3Stand {
  const { fault = () => null, hasConditions = true, page = 1000, together } = options;
  const objects: S3Stand['objects'] = new Map();
  const uploads: S3Stand['uploads'] = new Map();
  const commands: string[] = [];
  let begun = 0;
  const allHaveCome = comeTogether(together?.times ?? 0);
  const nameOf = ({ Bucket, Key }: ObjectPlace) => `${Bucket}/${Key}`;
  const put = (place: ObjectPlace, bytes: Uint8Array, condition: unknown) => {
    if (condition === '*' && hasConditions && objects.has(nameOf(place))) throw answered('PreconditionFailed', 412);
    objects.set(nameOf(place), bytes);
    return {};
  };
  const found = (place: ObjectPlace) => {
    const bytes = objects.get(nameOf(place));
    if (bytes === undefined) throw answered('NoSuchKey', 404);
    return bytes;
  };
  const uploadOf = (id: string) => {
    const upload = uploads.get(id);
    if (upload === undefined) throw answered('NoSuchUpload', 404);
    return upload;
  };
  const answers = {
    GetObject({ Range, ...place }: ObjectPlace & { Range?: string }) {
      const bytes = found(place);
      const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(Range ?? '') ?? [];
      const [first, end] = [Number(from), to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1)];
      if (Range !== undefined && first >= bytes.length) throw answered('InvalidRange', 416);
      const part = bytes.subarray(first, end);
      const range = Range === undefined ? {} : { ContentRange: `bytes ${first}-${end - 1}/${bytes.length}` };
      const ETag = `"${createHash('md5').update(bytes).digest('hex')}"`;
      return { Body: Readable.from([Buffer.from(part)]), ETag, ContentLength: part.length, ...range };
    },
    ListObjectsV2(input: { Bucket: string; Prefix: string; ContinuationToken?: string; MaxKeys?: number }) {
      const { Bucket, Prefix, ContinuationToken: after = '', MaxKeys = page } = input;
      const keys = [...objects.keys()].filter((key) => key.startsWith(`${Bucket}/${Prefix}`) && key > after).sort();
      const some = keys.slice(0, MaxKeys);
      const Contents = some.map((key) => ({
        Key: encodeURIComponent(key.slice(Bucket.length + 1)).replaceAll('%2F', '/'),
        Size: objects.get(key)!.length,
        LastModified: new Date(1000),
      }));
      return {
        Contents,
        EncodingType: 'url',
        NextContinuationToken: keys.length > some.length ? some.at(-1) : undefined,
      };
    },
    PutObject: ({ Body, IfNoneMatch, ...place }: Calls['PutObject'][0]) => put(place, Buffer.from(Body), IfNoneMatch),
    DeleteObject(place: ObjectPlace) {
      objects.delete(nameOf(place));
      return {};
    },
    CreateMultipartUpload(place: ObjectPlace) {
      const UploadId = String(begun++);
      uploads.set(UploadId, { key: nameOf(place), parts: new Map() });
      return { UploadId };
    },
    UploadPart({ UploadId, PartNumber, Body }: { UploadId: string; PartNumber: number; Body: Uint8Array }) {
      uploadOf(UploadId).parts.set(PartNumber, Buffer.from(Body));
      return { ETag: `"${PartNumber}"` };
    },
    CompleteMultipartUpload({
      UploadId,
      IfNoneMatch,
      ...place
    }: ObjectPlace & { UploadId: string; IfNoneMatch?: '*' }) {
      const { parts } = uploadOf(UploadId);
      const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
      put({ Bucket: place.Bucket, Key: place.Key }, Buffer.concat(inOrder), IfNoneMatch);
      uploads.delete(UploadId);
      return {};
    },
    AbortMultipartUpload({ UploadId }: { UploadId: string }) {
      uploadOf(UploadId);
      uploads.delete(UploadId);
      return {};
    },
    ListMultipartUploads({ Bucket, Prefix }: { Bucket: string; Prefix: string }) {
      const meant = [...uploads].filter(([, { key }]) => key.startsWith(`${Bucket}/${Prefix}`));
      return { Uploads: meant.map(([UploadId, { key }]) => ({ UploadId, Key: key.slice(Bucket.length + 1) })) };
    },
  };
  const classes = Object.entries(answers).map(([name, answer]) => {
    class StandCommand {
      readonly name = name;
      constructor(readonly input: Record<string, unknown>) {}
      run = () => (answer as (input: unknown) => object)(this.input);
    }
    return [`${name}Command`, StandCommand] as const;
  });
  class StandClient {
    config = { region: async () => 'eu-west-1', credentials: async () => ({}) };
    send: S3Client['send'] = async <O>(command: Command<O>): Promise<O> => {
      const { name, input, run } = command as unknown as { name: string; input: Record<string, unknown>; run(): O };
      commands.push(name);
      // Two that come at once are answered in turn.
      await new Promise(setImmediate);
      if (name === together?.command) await allHaveCome();
      const failed = fault(name, input);
      if (failed !== null && !failed.isDone) throw failed.error;
      const answer = run();
      if (failed !== null) throw failed.error;
      return answer;
    };
  }
  return {
    sdk: { S3Client: StandClient, ...Object.fromEntries(classes) } as unknown as Sdk,
    objects,
    uploads,
    commands,
  };
}

/** What the function returns resolves at the call number `times`, for the earlier ones too; later ones do not wait. */
function comeTogether(times: number): () => Promise<void> {
  let come = 0;
  let answer = () => {};
  const all = new Promise<void>((resolve) => {
    answer = resolve;
  });
  return () => {
    if (++come >= times) answer();
    return all;
  };
}
