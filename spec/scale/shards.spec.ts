import { Random } from '../../base/index.js';
import { DataError } from '../../data/index.js';
import {
  chooseShards,
  fromRow,
  Ledger,
  LISTING_COLUMNS,
  type PlannedImage,
  parseShards,
  shardsText,
  TASK_VARIABLES,
  taskIndex,
  toRow,
} from '../../scale/index.js';
import { assert, refusal, test } from '../support/test.js';

/** Images of so many bytes each, in no archive. */
function ledgerOf(sizes: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const bytes of sizes) ledger.add(bytes, null);
  return ledger;
}

test('shards are contiguous, none is empty, and they are as large as whole images allow', () => {
  const random = new Random(1);
  for (let round = 0; round < 200; round++) {
    const sizes = Array.from({ length: 1 + random.below(60) }, () => random.below(1000));
    const count = 1 + random.below(sizes.length);
    const { shards, areWholeArchives } = ledgerOf(sizes).cut(count);
    assert.is(areWholeArchives, false);
    assert.is(shards.length, count);
    let next = 0;
    for (const { first, images, bytes } of shards) {
      assert.is(first, next);
      assert.ok(images >= 1);
      const wantedBytes = sizes.slice(first, first + images).reduce((a, b) => a + b, 0);
      assert.is(bytes, wantedBytes);
      next += images;
    }
    assert.is(next, sizes.length);
  }
});

test('equal images are cut into equal shards', () => {
  const ledger = ledgerOf(new Array<number>(1000).fill(7));
  assert.equal(new Set(ledger.cut(8).shards.map(({ images }) => images)), new Set([125]));
});

test('one large image does not take small ones with it', () => {
  const ledger = ledgerOf([1, 1, 1000, 1, 1]);
  const ofFive = ledger.cut(5).shards.map(({ images }) => images);
  assert.equal(ofFive, [1, 1, 1, 1, 1]);
});

test('tars stay whole where there are enough of them and they follow each other', () => {
  const ledger = new Ledger();
  for (const [tar, images] of [3, 5, 2, 6].entries()) {
    for (let i = 0; i < images; i++) ledger.add(10, `${tar}.tar`);
  }
  const whole = ledger.cut(2);
  assert.is(whole.areWholeArchives, true);
  const ofTwo = whole.shards.map(({ images }) => images);
  assert.equal(ofTwo, [8, 8]);
  const ofFour = ledger.cut(4).shards.map(({ images }) => images);
  assert.equal(ofFour, [3, 5, 2, 6]);
  assert.is(ledger.cut(5).areWholeArchives, false);
});

test('tars whose images are mixed by their keys are cut like files', () => {
  const ledger = new Ledger();
  for (let i = 0; i < 12; i++) ledger.add(10, `${i % 3}.tar`);
  assert.is(ledger.cut(2).areWholeArchives, false);
  const beside = new Ledger();
  beside.add(1, '0.tar');
  beside.add(1, null);
  assert.is(beside.cut(1).areWholeArchives, false);
});

test('an image that can never be read leaves its tar whole', () => {
  const ledger = new Ledger();
  ledger.add(5, '0.tar');
  ledger.add(0, undefined);
  ledger.add(5, '1.tar');
  assert.equal(ledger.cut(2), {
    shards: [
      { first: 0, images: 2, bytes: 5 },
      { first: 2, images: 1, bytes: 5 },
    ],
    areWholeArchives: true,
  });
});

test('with more images than steps, cuts fall between steps', () => {
  const ledger = new Ledger(16);
  for (let i = 0; i < 1000; i++) ledger.add(1, null);
  const { shards } = ledger.cut(4);
  const imagesInAll = shards.reduce((sum, { images }) => sum + images, 0);
  assert.is(imagesInAll, 1000);
  const bytesInAll = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  assert.is(bytesInAll, 1000);
  for (const { images } of shards) assert.ok(Math.abs(images - 250) <= 64, `${images} images`);
  // 16 steps hold 1,000 images where each has 64.
  const offsets = shards.map(({ first }) => first % 64);
  assert.equal(offsets, [0, 0, 0, 0]);
});

// Which shards a task computes: by the scheduler's index, by name, several at once.

const alone = { perTask: 1 };

test('every scheduler’s index is the number of the task from 0', () => {
  for (const { name, from } of TASK_VARIABLES) assert.is(taskIndex({ [name]: String(7 + from) }), 7, name);
  assert.is(taskIndex({ SGE_TASK_ID: 'undefined', RANK: '2' }), 2);
  assert.is(taskIndex({ SLURM_ARRAY_TASK_ID: '3', RANK: '0' }), 3);
});

test('an index that is none, and no scheduler, are told', async () => {
  assert.match((await refusal('SHARD_INDEX', () => taskIndex({ SGE_TASK_ID: '0' }))).message, 'SGE_TASK_ID is "0"');
  assert.match((await refusal('SHARD_INDEX', () => taskIndex({ RANK: 'first' }))).message, 'RANK is "first"');
  const none = await refusal('SHARD_INDEX', () => taskIndex({}), 'SLURM_ARRAY_TASK_ID');
  assert.is(none.exitCode, 2);
});

test('the raw index is the shard: --array=3,7 computes 3 and 7', () => {
  const environment = { SLURM_ARRAY_TASK_ID: '7', SLURM_ARRAY_TASK_COUNT: '2', SLURM_ARRAY_TASK_MIN: '3' };
  assert.equal(chooseShards({ ...alone, shard: 'auto' }, 10, environment), [7]);
});

test('task i of --only takes the i-th; several a task; all without --shard', () => {
  const only = '3,7,12-14';
  assert.equal(chooseShards({ ...alone, shard: 'auto', only }, 20, { RANK: '2' }), [12]);
  assert.equal(chooseShards({ shard: '1/3', only, perTask: 2 }, 20, {}), [12, 13]);
  assert.equal(chooseShards({ shard: '2/3', only, perTask: 2 }, 20, {}), [14]);
  assert.equal(chooseShards({ shard: 'auto', perTask: 8 }, 20, { RANK: '2' }), [16, 17, 18, 19]);
  assert.equal(chooseShards({ ...alone, only: '2,1' }, 3, {}), [1, 2]);
  assert.equal(chooseShards(alone, 3, {}), [0, 1, 2]);
});

test('what is beyond the plan is told, with exit code 2', async () => {
  const said = async (choice: Parameters<typeof chooseShards>[0], environment = {}) => {
    const error = await refusal('SHARD_UNKNOWN', () => chooseShards(choice, 20, environment));
    assert.is(error.exitCode, 2);
    return error.message;
  };
  assert.match(await said({ ...alone, shard: 'auto' }, { RANK: '20' }), 'task 20, counted from 0: there are 20 tasks');
  assert.match(await said({ ...alone, shard: '3/100' }), "100 tasks, the plan's shards need 20");
  assert.match(await said({ ...alone, only: '3-20' }), 'the plan has 20 shards, 0 to 19');
  assert.match(await said({ ...alone, only: '7-3' }), '3,7,12-20');
  await refusal('SHARD_INDEX', () => chooseShards({ ...alone, shard: '3' }, 20, {}));
});

test('names of shards read back as what they were', () => {
  for (const shards of [[], [0], [0, 1, 2], [1, 3, 4, 5, 9], [0, 2, 4]]) {
    const text = shardsText(shards);
    assert.equal(text === '' ? [] : parseShards(text, 10), shards, text);
  }
  assert.is(shardsText([3, 7, 12, 13, 14]), '3,7,12-14');
});

// Images of a plan as rows of its listing, and back.

const pin = { file: '/photos/1.tar', member: 'a/ü.png', bytes: 12, stamp: '12 bytes, 3.5', modified: -5 };

function again(image: PlannedImage): PlannedImage {
  const row = toRow(image);
  assert.is(row.length, LISTING_COLUMNS.length);
  return fromRow(row);
}

test('an image reads back as it was, whatever its values are', () => {
  const values = [null, '', 'text', 3, 0.1, -0, Number.POSITIVE_INFINITY, 2n ** 60n, true];
  for (const label of [null, 7, '7', 'cat']) {
    const read = again({ key: 'a/ü.png', pin, label, values });
    assert.equal(read, { key: 'a/ü.png', pin, label, values });
    assert.ok(Object.is(read.values[5], -0));
  }
});

test('what a source does not say stays unknown', () => {
  const bare = { file: 'https://host/1.png', member: null, bytes: null, stamp: null, modified: null };
  assert.equal(again({ key: 'https://host/1.png', pin: bare, label: null, values: [] }).pin, bare);
  const strange = again({ key: 'k', pin: { ...bare, modified: Number.NaN }, label: null, values: [] });
  assert.equal(strange.pin, bare);
});

test('an image that can never be read keeps its reason', () => {
  const problem = new DataError('IMAGE_KEY_TWICE', 'photos: a.png is there twice', { hint: 'Rename it.' });
  const read = again({ key: 'a.png', pin: problem, label: null, values: [] }).pin as DataError;
  assert.equal([read.code, read.message, read.hint], [problem.code, problem.message, problem.hint]);
});
