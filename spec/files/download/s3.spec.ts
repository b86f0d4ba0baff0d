/** Objects in buckets, by a stand-in for the AWS SDK: what is asked for, and what its errors mean. `ci/s3.sh` has the real one. */
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import { MemorySink, receive } from '../../../files/download/receive.js';
import { Interruption } from '../../../files/download/request-file.js';
import { type Buckets, openBuckets } from '../../../files/download/s3/buckets.js';
import type { ClientConfig, Sdk } from '../../../files/download/s3/sdk.js';
import { s3Location } from '../../../files/download/s3/writing.js';
import { assert, refusal, test } from '../../support/test.js';

const URL = 's3://bucket/a b/ü?#%41.png';

interface Stand {
  answer?: object;
  fails?: { name: string; message?: string; status?: number; headers?: Record<string, string> };
  region?: string | null;
  credentials?: Error;
}

async function stand({ answer = {}, fails, region = 'eu-west-1', credentials }: Stand) {
  const inputs: object[] = [];
  const configs: ClientConfig[] = [];
  class Command {
    constructor(readonly input: object) {}
  }
  class S3Client {
    config: object;
    constructor(config: ClientConfig) {
      configs.push(config);
      const found = config.region ?? region;
      this.config = {
        region: async () => found ?? Promise.reject(new Error('Region is missing')),
        credentials: async () => (credentials ? Promise.reject(credentials) : {}),
      };
    }
    async send({ input }: Command): Promise<object> {
      inputs.push(input);
      if (fails === undefined) return answer;
      const { name, message = 'said so', status, headers = {} } = fails;
      const metadata = status === undefined ? {} : { httpStatusCode: status };
      throw Object.assign(new Error(message), { name, $metadata: metadata, $response: { headers } });
    }
  }
  const sdk = { S3Client, GetObjectCommand: Command, ListObjectsV2Command: Command } as unknown as Sdk;
  return { buckets: await openBuckets(new Agent(), sdk), inputs, configs };
}

async function whole({ body }: Awaited<ReturnType<Buckets['get']>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('a key is what stands after the bucket, to the letter', async () => {
  assert.equal(s3Location(URL), { bucket: 'bucket', key: 'a b/ü?#%41.png' });
  assert.equal(s3Location('S3://b/'), { bucket: 'b', key: '' });
  assert.equal(s3Location('s3://b'), { bucket: 'b', key: '' });
  for (const url of ['s3://', 's3:///key', 's3://b@d/key', 's3://-b/key'])
    await refusal('DOWNLOAD_URL', async () => s3Location(url));
});

test('a part of an object, of the version that it has', async () => {
  const answer = {
    Body: Readable.from([Buffer.from('part')]),
    ETag: '"1"',
    ContentLength: 4,
    ContentRange: 'bytes 6-9/10',
  };
  const { buckets, inputs } = await stand({ answer });
  const reply = await buckets.get({ url: URL, from: 6, to: 10 });
  assert.equal(inputs, [{ Bucket: 'bucket', Key: 'a b/ü?#%41.png', Range: 'bytes=6-9' }]);
  assert.equal([reply.start, reply.total, reply.version, reply.isPart, reply.isUnchanged], [6, 10, '"1"', true, false]);
  assert.is(await whole(reply), 'part');
});

test('an object that has not changed, and one without a byte', async () => {
  const same = await stand({ fails: { name: '304', status: 304 } });
  const reply = await same.buckets.get({ url: URL, from: 0, unless: '"1"' });
  assert.equal([reply.isUnchanged, reply.version], [true, '"1"']);
  const received = await receive(same.buckets.get, URL, new MemorySink(), { most: 9, unless: '"1"' });
  assert.is(received.isUnchanged, true);
  assert.is((same.inputs[0] as { IfNoneMatch?: string }).IfNoneMatch, '"1"');
  const empty = await stand({ fails: { name: 'InvalidRange', status: 416 } });
  const nothing = await empty.buckets.get({ url: URL, from: 0, to: 9 });
  assert.equal([nothing.total, await whole(nothing)], [0, '']);
});

test('errors: for good, for later, and of the answer itself', async () => {
  const cases: [Stand['fails'], string, number][] = [
    [{ name: 'NoSuchKey', status: 404 }, 'DOWNLOAD_NOT_FOUND', 4],
    [{ name: 'NoSuchBucket', status: 404 }, 'S3_NO_BUCKET', 4],
    [{ name: 'AccessDenied', status: 403 }, 'DOWNLOAD_REFUSED', 5],
    [{ name: 'ExpiredToken', status: 400 }, 'DOWNLOAD_REFUSED', 5],
    [{ name: 'CredentialsProviderError' }, 'S3_CREDENTIALS', 5],
  ];
  for (const [fails, code, exitCode] of cases) {
    const { buckets } = await stand({ fails: fails! });
    const error = await refusal(code, () => buckets.get({ url: URL, from: 0 }));
    assert.is(error.exitCode, exitCode);
    assert.match(error.message, 'a b/ü');
  }
  for (const fails of [
    { name: 'SlowDown', status: 503, headers: { 'retry-after': '3' } },
    { name: 'RequestTimeTooSkewed', status: 403 },
    { name: 'InternalError', status: 500 },
    { name: 'Error', message: 'socket hang up' },
  ]) {
    const { buckets } = await stand({ fails });
    const error: unknown = await buckets.get({ url: URL, from: 0 }).catch((thrown: unknown) => thrown);
    assert.instance(error, Interruption);
  }
});

test('a page of a list, whose keys are escaped or not', async () => {
  const Contents = [{ Key: 'p/a+b%20%C3%BC.png', LastModified: new Date(7), ETag: '"e"', Size: 3 }, { Key: 'p/' }];
  const escaped = await stand({ answer: { Contents, EncodingType: 'url', NextContinuationToken: 't' } });
  assert.equal(await escaped.buckets.page('s3://bucket/p/', undefined), {
    names: [
      { key: 'a b ü.png', modified: 7, stamp: '3 bytes, "e"', bytes: 3 },
      { key: '', modified: null, stamp: null, bytes: 0 },
    ],
    next: 't',
  });
  const plain = await stand({ answer: { Contents } });
  assert.is((await plain.buckets.page('s3://bucket/p/', 't')).names[0]?.key, 'a+b%20%C3%BC.png');
  assert.equal(await (await stand({})).buckets.page('s3://bucket/p/', undefined), { names: [], next: undefined });
});

test('without a region the first one is asked; without credentials nothing is', async () => {
  const { configs } = await stand({ region: null });
  assert.is(configs.at(-1)?.region, 'us-east-1');
  const credentials = new Error('Could not load credentials from any providers');
  await refusal('S3_CREDENTIALS', () => stand({ credentials }), { exitCode: 4, hint: 'AWS_PROFILE' });
});
