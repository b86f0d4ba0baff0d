/** A run in a bucket, by a stand-in for the AWS SDK: one commit whatever comes at once or is lost. `ci/s3-run.sh` has a server. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ObjectStore } from '../../files/download/index.js';
import { BucketPlace } from '../../scale/index.js';
import { answered, type StandFault, type StandOptions, s3Stand } from '../support/s3-stand.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const RUN = 's3://bucket/runs/one';
const PART = 'parts/00000.parquet';
const KEY = `bucket/runs/one/${PART}`;
/** One request, and three parts. */
const [SMALL, LARGE] = [1000, 12 * 2 ** 20];

function placeOf(options: StandOptions = {}) {
  const stand = s3Stand(options);
  const store = () => new ObjectStore({ most: 2 ** 30, sdk: stand.sdk, sleep: async () => {} });
  return { ...stand, place: new BucketPlace(`${RUN}/`, store()), another: () => new BucketPlace(RUN, store()) };
}

function made(bytes: number): { path: string; content: Buffer } {
  const content = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i += 997) content[i] = i % 251;
  const path = join(temporaryFolder(), 'made');
  writeFileSync(path, content);
  return { path, content };
}

/** The fault, for the command's first `times` times. */
function first(times: number, command: string, fault: StandFault): NonNullable<StandOptions['fault']> {
  let left = times;
  return (name) => (name === command && left-- > 0 ? fault : null);
}

const LOST: StandFault = { isDone: true, error: answered('socket hang up') };
const SLOW_DOWN: StandFault = { isDone: false, error: answered('SlowDown', 503) };
const CONFLICT: StandFault = { isDone: false, error: answered('ConditionalRequestConflict', 409) };
const UNKNOWN: StandFault = { isDone: false, error: answered('NotImplemented', 501) };

test('eight at once on one part: one commit, in one request or in parts, and no upload stays', async () => {
  for (const size of [SMALL, LARGE]) {
    // Each sees that there is no object yet: one that comes later than the first object would send nothing.
    const { another, objects, uploads, commands } = placeOf({ together: { command: 'ListObjectsV2', times: 8 } });
    const { path, content } = made(size);
    const created = await Promise.all(Array.from({ length: 8 }, () => another().create(PART, path)));
    assert.is(created.filter(Boolean).length, 1);
    const last = size === SMALL ? 'PutObject' : 'CompleteMultipartUpload';
    assert.is(commands.filter((name) => name === last).length, 8, 'all came to the end');
    assert.ok(content.equals(objects.get(KEY)!));
    assert.is(uploads.size, 0);
  }
});

test('503, 409 and a lost answer are tried again; what was made by a lost try is there', async () => {
  const writes = {
    [SMALL]: ['PutObject'],
    [LARGE]: ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'],
  };
  for (const [size, commands] of Object.entries(writes)) {
    const { path, content } = made(Number(size));
    for (const command of commands) {
      const isLast = command !== 'CreateMultipartUpload' && command !== 'UploadPart';
      for (const fault of [SLOW_DOWN, LOST, ...(isLast ? [CONFLICT] : [])]) {
        const { place, objects } = placeOf({ fault: first(2, command, fault) });
        // Whether an object is one's own is not known after a lost answer: whoever made it, its bytes are compared.
        assert.is(await place.create(PART, path), !(isLast && fault === LOST), `${command} ${fault.error.message}`);
        assert.ok(content.equals(objects.get(KEY)!));
      }
    }
  }
});

test('a server without the condition: what is there stays, and is made without it where it is refused', async () => {
  for (const options of [
    { hasConditions: false },
    { fault: (_: string, { IfNoneMatch }: Record<string, unknown>) => (IfNoneMatch === undefined ? null : UNKNOWN) },
  ]) {
    for (const size of [SMALL, LARGE]) {
      const { place, objects, uploads } = placeOf(options);
      const { path, content } = made(size);
      assert.is(await place.create(PART, path), true);
      assert.is(await place.create(PART, made(7).path), false);
      assert.ok(content.equals(objects.get(KEY)!));
      assert.is(uploads.size, 0);
    }
  }
});

test('an upload that comes to nothing is aborted, and one that was left behind, too', async () => {
  const refused: StandFault = { isDone: false, error: answered('AccessDenied', 403) };
  const { place, uploads } = placeOf({ fault: first(1, 'UploadPart', refused) });
  await refusal('DOWNLOAD_REFUSED', () => place.create(PART, made(LARGE).path));
  assert.is(uploads.size, 0);
  const left = placeOf();
  for (const name of ['parts/00000.parquet', 'parts/00001.parquet', 'rejected/00000.jsonl']) {
    left.uploads.set(name, { key: `bucket/runs/one/${name}`, parts: new Map() });
  }
  left.uploads.set('other', { key: 'bucket/runs/other/parts/00000.parquet', parts: new Map() });
  await left.place.removeAttempts('00000');
  assert.equal([...left.uploads.keys()], ['parts/00001.parquet', 'other']);
  await left.place.removeAttempts();
  assert.equal([...left.uploads.keys()], ['other']);
});

test('an upload that somebody ends: the part is sent again, or is there', async () => {
  for (const isThere of [true, false]) {
    const { content, path } = made(LARGE);
    const { place, objects, uploads } = placeOf({
      fault: (name) => {
        if (name !== 'UploadPart' || ended) return null;
        ended = true;
        uploads.clear();
        if (isThere) objects.set(KEY, content);
        return null;
      },
    });
    let ended = false;
    assert.is(await place.create(PART, path), !isThere);
    assert.ok(content.equals(objects.get(KEY)!));
    assert.is(uploads.size, 0);
  }
});

test('small files: made once, replaced, read, removed; a plan whose first answer was lost is its own', async () => {
  const { place, objects } = placeOf({ fault: first(1, 'PutObject', LOST) });
  assert.is(await place.createText('plan.json', 'a'), true);
  assert.is(await place.createText('plan.json', 'b'), false);
  assert.is(Buffer.from((await place.read('plan.json', 9))!).toString(), 'a');
  await refusal('RUN_FILE_TOO_LARGE', () => place.read('plan.json', 0));
  await place.writeText('plan.json', 'other');
  assert.is(await place.size('plan.json'), 5);
  assert.equal([await place.size('plan'), await place.read('plan', 9)], [null, null]);
  await place.remove('plan.json');
  await place.remove('plan.json');
  assert.is(objects.size, 0);
});

test('a folder is listed page by page, without what lies below it or is hidden', async () => {
  const { place, objects } = placeOf({ page: 3 });
  for (let i = 0; i < 10; i++) objects.set(`bucket/runs/one/parts/${i}.parquet`, Buffer.alloc(i));
  for (const other of ['.x', 'deep/1.parquet', '']) objects.set(`bucket/runs/one/parts/${other}`, Buffer.alloc(1));
  objects.set('bucket/runs/one/parts2/1.parquet', Buffer.alloc(1));
  const listed = await place.list('parts');
  const expectedList = Array.from({ length: 10 }, (_, i) => [`${i}.parquet`, i]);
  assert.equal([...listed], expectedList);
  assert.is((await place.list('none')).size, 0);
});

test('an attempt is told of while it is under way', async () => {
  const { place, objects } = placeOf();
  const [one, two] = [await place.begin('00003'), await place.begin('00003')];
  assert.equal(
    (await place.attempts()).map(({ name, began }) => [name, began]),
    [
      ['00003', 1000],
      ['00003', 1000],
    ],
  );
  await one.end();
  assert.is(objects.size, 1);
  await place.removeAttempts('00004');
  assert.is(objects.size, 1);
  await place.removeAttempts('00003');
  assert.is(objects.size, 0);
  await two.end();
});
