/** Where images are cut into shards. */
import { Random } from '../../base/index.js';
import { Ledger } from '../../scale/index.js';
import { assert, test } from '../support/test.js';

test('shards are contiguous, none is empty, and they are as large as whole images allow', () => {
  const random = new Random(1);
  for (let round = 0; round < 200; round++) {
    const sizes = Array.from({ length: 1 + random.below(60) }, () => random.below(1000));
    const count = 1 + random.below(sizes.length);
    const ledger = new Ledger();
    for (const size of sizes) ledger.add(size, null);
    const { shards, areWholeArchives } = ledger.cut(count);
    assert.is(areWholeArchives, false);
    assert.is(shards.length, count);
    let next = 0;
    for (const { first, images, bytes } of shards) {
      assert.is(first, next);
      assert.ok(images >= 1);
      assert.is(
        bytes,
        sizes.slice(first, first + images).reduce((a, b) => a + b, 0),
      );
      next += images;
    }
    assert.is(next, sizes.length);
  }
});

test('equal images are cut into equal shards', () => {
  const ledger = new Ledger();
  for (let i = 0; i < 1000; i++) ledger.add(7, null);
  assert.equal(new Set(ledger.cut(8).shards.map(({ images }) => images)), new Set([125]));
});

test('one large image does not take small ones with it', () => {
  const ledger = new Ledger();
  for (const bytes of [1, 1, 1000, 1, 1]) ledger.add(bytes, null);
  assert.equal(
    ledger.cut(5).shards.map(({ images }) => images),
    [1, 1, 1, 1, 1],
  );
});

test('tars stay whole where there are enough of them and they follow each other', () => {
  const ledger = new Ledger();
  for (const [tar, images] of [3, 5, 2, 6].entries()) {
    for (let i = 0; i < images; i++) ledger.add(10, `${tar}.tar`);
  }
  const whole = ledger.cut(2);
  assert.is(whole.areWholeArchives, true);
  assert.equal(
    whole.shards.map(({ images }) => images),
    [8, 8],
  );
  assert.equal(
    ledger.cut(4).shards.map(({ images }) => images),
    [3, 5, 2, 6],
  );
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
  assert.is(
    shards.reduce((sum, { images }) => sum + images, 0),
    1000,
  );
  assert.is(
    shards.reduce((sum, { bytes }) => sum + bytes, 0),
    1000,
  );
  for (const { images } of shards) assert.ok(Math.abs(images - 250) <= 64, `${images} images`);
  // 16 steps hold 1,000 images where each has 64.
  assert.equal(
    shards.map(({ first }) => first % 64),
    [0, 0, 0, 0],
  );
});
