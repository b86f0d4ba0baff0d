import type { ImageEntry, ImageListing } from '../../data/index.js';

/** All that a listing says, so that two are compared. It is closed. */
export async function told(listing: ImageListing) {
  const { where, name, count, labels, columns, origin, notices } = listing;
  const entries: unknown[] = [];
  for await (const { key, label, values, modified, stamp, pin } of listing.entries()) {
    const time = await modified().catch((error: Error) => error.message);
    entries.push([key, label, values, time, await stamp(), await pinned(pin)]);
  }
  const later: unknown[] = [];
  for await (const { key, pin } of listing.entries(2)) later.push([key, await pinned(pin)]);
  await listing.close();
  return { where, name, count, labels, columns, origin, notices, entries, later };
}

async function pinned(pin: ImageEntry['pin']) {
  const found = await pin();
  return found instanceof Error ? found.message : found;
}
