/** The images of one shard, as the plan has them: a part of the listing, read from the files beside the plan. */
import { createHash } from 'node:crypto';
import { CodedError } from '../../base/index.js';
import { type ImageEntry, type ImageListing, openTableIn, PinnedImages, type RemoteFiles } from '../../data/index.js';
import {
  fromRow,
  type KnownPlan,
  LISTING_COLUMNS,
  type Plan,
  type PlannedImage,
  type RunPlace,
  ScaleError,
} from '../../scale/index.js';
import { fullOrigin, listingOrigin } from './runs.js';

/** A file of the listing holds as many images. */
export const LISTING_ROWS = 65_536;
/** The longest file of as many keys, of as many characters as anyone has. */
const MAX_LISTING_BYTES = 2 ** 30;

export type Remote = RemoteFiles & { close(): Promise<void> };

/** @param remote is closed with the listing */
export function pinnedListing(place: RunPlace, { plan }: KnownPlan, shard: number, remote: Remote): ImageListing {
  const { first, images } = plan.shards[shard]!;
  const { where, labels, columns } = plan.source;
  const pinned = new PinnedImages(remote, plan.source.inputs);
  return {
    where,
    name: plan.dataset,
    count: images,
    labels,
    columns,
    origin: listingOrigin(fullOrigin(plan)),
    notices: [],
    async *entries(from = 0) {
      for await (const image of plannedImages(place, plan, first + from, first + images)) yield toEntry(image, pinned);
    },
    async close() {
      await pinned.close();
      await remote.close();
    },
  };
}

/** Images from number `from` up to `to` of the whole listing. @throws ScaleError `LISTING_CHANGED`, `LISTING_MISSING` */
export async function* plannedImages(
  place: RunPlace,
  { listing }: Plan,
  from: number,
  to: number,
): AsyncGenerator<PlannedImage, void, undefined> {
  if (listing === null) return;
  const names = LISTING_COLUMNS.map(({ name }) => name);
  for (let number = Math.floor(from / listing.rows); number * listing.rows < to; number++) {
    await checkListing(place, listing.files[number]!);
    const table = await openTableIn(await place.open(listing.files[number]!.name), 'parquet');
    try {
      let row = number * listing.rows;
      for await (const { rows, columns } of table.batches()) {
        const values = names.map((name) => columns.get(name) ?? []);
        for (let i = Math.max(0, from - row); i < rows && row + i < to; i++) {
          yield fromRow(values.map((column) => column[i] ?? null));
        }
        row += rows;
        if (row >= to) break;
      }
    } finally {
      await table.close();
    }
  }
}

async function checkListing(
  place: RunPlace,
  { name, sha256 }: NonNullable<Plan['listing']>['files'][number],
): Promise<void> {
  const bytes = await place.read(name, MAX_LISTING_BYTES);
  if (bytes === null) throw new ScaleError('LISTING_MISSING', `${place.pathOf(name)}: is missing, the plan names it`);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found === sha256) return;
  throw new ScaleError(
    'LISTING_CHANGED',
    `${place.pathOf(name)}: has sha256 ${found.slice(0, 12)}, the plan says ${sha256.slice(0, 12)}`,
    { hint: 'It was changed or damaged after the plan was made. Make a new plan.' },
  );
}

function toEntry({ key, pin, label, values }: PlannedImage, pinned: PinnedImages): ImageEntry {
  if (pin instanceof CodedError) {
    const none = async () => null;
    return { key, label, values, read: () => Promise.reject(pin), modified: none, stamp: none, pin: async () => pin };
  }
  return {
    key,
    label,
    values,
    read: () => pinned.read(pin),
    modified: async () => pin.modified,
    stamp: async () => pin.stamp,
    pin: async () => pin,
  };
}
