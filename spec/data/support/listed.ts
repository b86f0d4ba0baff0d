import { type ImageEntry, type ListingOptions, openListing } from '../../../data/index.js';
import { assert, collect } from '../../support/test.js';

/** What a listing gives, from any image on. `rows` have key, label, the text of the bytes or the code of an error, and values. */
export async function listed(inputs: string | readonly string[], options: ListingOptions = {}) {
  const listing = await openListing([inputs].flat(), options);
  const entries = await collect(listing.entries());
  const { name, columns, notices, count } = listing;
  assert.is(count, entries.length);
  const keys = entries.map(({ key }) => key);
  for (const first of [1, count - 1, count]) {
    const later = (await collect(listing.entries(first))).map(({ key }) => key);
    assert.equal(later, keys.slice(first), `from image ${first} on`);
  }
  const texts = await Promise.all(entries.map(textOf));
  const labels = listing.labels === null ? null : entries.map(({ label }) => label);
  const rows = entries.map(({ key, label, values }, i) => [key, label, texts[i], ...values]);
  await listing.close();
  return { name, columns, notices, keys, texts, labels, rows };
}

async function textOf({ read }: ImageEntry): Promise<string> {
  return new TextDecoder().decode(await read().catch((error) => Buffer.from(error.code)));
}
