import type { ImageListing } from '../../data/index.js';

/** All that a listing says, so that two are compared. It is closed. */
export async function told(listing: ImageListing) {
  const { where, name, count, labels, columns, origin, notices } = listing;
  const entries: unknown[] = [];
  for await (const { key, label, values, modified, stamp, pin } of listing.entries()) {
    const pinned = await pin();
    const time = await modified().catch((error: Error) => error.message);
    entries.push([key, label, values, time, await stamp(), pinned instanceof Error ? pinned.message : pinned]);
  }
  const later: string[] = [];
  for await (const { key } of listing.entries(2)) later.push(key);
  await listing.close();
  return { where, name, count, labels, columns, origin, notices, entries, later };
}
