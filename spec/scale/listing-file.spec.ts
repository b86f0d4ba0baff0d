/** Images of a plan as rows of its listing, and back. */
import { DataError } from '../../data/index.js';
import { fromRow, LISTING_COLUMNS, type PlannedImage, toRow } from '../../scale/index.js';
import { assert, test } from '../support/test.js';

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
